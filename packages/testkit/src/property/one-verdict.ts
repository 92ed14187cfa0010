import type { NodeEvent, Pid } from "@espalier/runtime";
import { describeCause } from "espalier";
import type { Observation, Observed } from "../scenario/observation.ts";
import type { Checker, Property } from "../scenario/property.ts";
import { describeHeartbeat, describePid, heartbeatKey, homesOf, nameOf, type ObservedHeartbeat } from "./looking.ts";

type Cause = Extract<NodeEvent, { readonly type: "exit" }>["cause"];

/**
 * Everybody is told the same (P2, P10): of two causes that are reported for one heartbeat, or for the end of one process, by any nodes, at any
 * times, both are equal. For `always`.
 *
 * Not compared is what is no cause of the end: `noconnection` (the link to the process is gone) and `noproc` (it was over before somebody
 * asked); `forgotten`; and `unresponsive` with the home of the heartbeat itself, said elsewhere: whoever has given up a home cannot know
 * what that recorded (H31). Composites with a leaf of such a home, and those about which a second node decides because it has given up the
 * first, or the next life of the first, are left out from then on. Causes are equal when their one-line descriptions are, so stacks do not count.
 */
export const oneVerdict: Property = { name: "oneVerdict (P2, P10)", begin: (cluster) => new OneVerdict(cluster) };

class OneVerdict implements Checker {
  readonly #cluster: Observation;
  readonly #reported = new Map<string, { readonly cause: string; readonly by: string }>();
  /** Homes that somebody has given up, by id. */
  readonly #givenUp = new Set<string>();
  /**
   * In which life of which node it was decided about a composite, by its key; null once it was in two: whoever has given up its home evaluates it
   * for itself (H31), and so does the next life of its home, which knows nothing of the former one's.
   */
  readonly #deciders = new Map<string, string | null>();
  #wrong: string | null = null;

  constructor(cluster: Observation) {
    this.#cluster = cluster;
  }

  event({ event, node, life }: Observed): void {
    switch (event.type) {
      case "heartbeat.ended":
        if (event.decidedHere && !("serial" in event.heartbeat))
          this.#decided(heartbeatKey(event.heartbeat), `${node} ${life}`);
        if (event.cause !== null) this.#heartbeat(event.heartbeat, event.cause, node);
        return;
      case "heartbeat.told":
        if (event.cause !== null) this.#heartbeat(event.heartbeat, event.cause, node);
        return;
      case "exit":
        this.#process(event.pid, event.cause, node);
        return;
      case "down":
        if (typeof event.process !== "string") this.#process(event.process, event.cause, node);
        return;
      default:
    }
  }

  check(): string | null {
    return this.#wrong;
  }

  #heartbeat(heartbeat: ObservedHeartbeat, cause: Cause, node: string): void {
    const homes = homesOf(heartbeat);
    if (cause.type === "unresponsive" && homes.includes(cause.node) && nameOf(this.#cluster, cause.node) !== node) {
      this.#givenUp.add(cause.node);
      return;
    }
    if (!("serial" in heartbeat) && homes.some((home) => this.#givenUp.has(home))) return;
    const key = heartbeatKey(heartbeat);
    if (this.#deciders.get(key) === null) return;
    this.#compare(`heartbeat ${key}`, cause, node, () => describeHeartbeat(this.#cluster, heartbeat));
  }

  #decided(key: string, life: string): void {
    const before = this.#deciders.get(key);
    this.#deciders.set(key, before === undefined || before === life ? life : null);
  }

  #process(pid: Pid, cause: Cause, node: string): void {
    if (cause.type === "noconnection" || cause.type === "noproc") return;
    this.#compare(`process ${pid.key}`, cause, node, () => describePid(this.#cluster, pid));
  }

  #compare(key: string, cause: Cause, by: string, describe: () => string): void {
    const text = describeCause(cause);
    const before = this.#reported.get(key);
    if (before === undefined) this.#reported.set(key, { cause: text, by });
    else if (before.cause !== text) {
      this.#wrong ??= `${describe()}: ${before.by} reported ${before.cause}, ${by} reported ${text}; expected one cause`;
    }
  }
}
