import { describeCause } from "espalier";
import type { Observation, Observed } from "../scenario/observation.ts";
import type { Checker, Property } from "../scenario/property.ts";
import {
  actorOf,
  describeHeartbeat,
  describePid,
  heartbeatKey,
  Interval,
  nodeWith,
  type ObservedHeartbeat,
} from "./looking.ts";

/**
 * What has ended stays ended (P1). For `always`.
 *
 * - A heartbeat that its home has ended is never reset there, ended once more or shown as live, in that life of the home.
 * - A process whose home has said `exit` does nothing on that node any more, and does not end again.
 *
 * It goes by events, and looks at the heartbeats in the views once in a second. It cannot see that a node elsewhere still takes an ended
 * heartbeat for live: it may, until it is told (P12, `everySupervisorTold`).
 */
export const absorbing: Property = { name: "absorbing (P1)", begin: (cluster) => new Absorbing(cluster) };

class Absorbing implements Checker {
  readonly #cluster: Observation;
  readonly #heartbeats = new Map<string, string>();
  readonly #processes = new Map<string, string>();
  readonly #look = new Interval(1_000);
  #wrong: string | null = null;

  constructor(cluster: Observation) {
    this.#cluster = cluster;
  }

  event({ event, node }: Observed): void {
    switch (event.type) {
      case "heartbeat.ended":
        if (event.decidedHere && this.#isHome(node, event.heartbeat)) this.#ended(event.heartbeat, event.cause);
        return;
      case "heartbeat.created":
        this.#lives(event.heartbeat, "it was created again");
        return;
      case "heartbeat.reset":
        if (event.outcome === "accepted") this.#lives(event.heartbeat, "a reset was accepted");
        return;
      case "exit": {
        const { key } = event.pid;
        const before = this.#processes.get(key);
        if (before !== undefined) {
          const what = `it had ended with ${before}, and ended again with ${describeCause(event.cause)}`;
          this.#wrong ??= `${event.label}, ${describePid(this.#cluster, event.pid)}: ${what}`;
        }
        this.#processes.set(key, describeCause(event.cause));
        return;
      }
      default: {
        const actor = actorOf(event);
        if (actor === null) return;
        const before = this.#processes.get(actor.key);
        if (before === undefined || this.#cluster.node(node).ref.id !== actor.address.id) return;
        this.#wrong ??= `${describePid(this.#cluster, actor)} had ended with ${before}, and then did: ${event.type}`;
      }
    }
  }

  check(): string | null {
    if (this.#wrong === null && this.#heartbeats.size > 0 && this.#look.isDue(this.#cluster.nowMs)) this.#lookAtViews();
    return this.#wrong;
  }

  #ended(heartbeat: ObservedHeartbeat, cause: Parameters<typeof describeCause>[0] | null): void {
    if (cause === null) return;
    const key = heartbeatKey(heartbeat);
    this.#lives(heartbeat, `it ended again with ${describeCause(cause)}`);
    this.#heartbeats.set(key, describeCause(cause));
  }

  #lives(heartbeat: ObservedHeartbeat, how: string): void {
    const before = this.#heartbeats.get(heartbeatKey(heartbeat));
    if (before === undefined) return;
    this.#wrong ??= `${describeHeartbeat(this.#cluster, heartbeat)} had ended with ${before}; expected nothing more, but ${how}`;
  }

  #lookAtViews(): void {
    for (const { name, view } of this.#cluster.nodes) {
      for (const { heartbeat, decidedHere, status } of view?.heartbeats ?? []) {
        if (decidedHere && status.state === "live" && this.#isHome(name, heartbeat)) {
          this.#lives(heartbeat, `${name} shows it as live`);
        }
      }
    }
  }

  /** Of a composite whose home is lost each node judges for itself. */
  #isHome(node: string, heartbeat: ObservedHeartbeat): boolean {
    return "serial" in heartbeat && nodeWith(this.#cluster, heartbeat.home)?.name === node;
  }
}
