import type { Pid } from "@espalier/runtime";
import type { Observation, Observed } from "../scenario/observation.ts";
import type { Checker, Property } from "../scenario/property.ts";
import { actorOf, describeHeartbeat, describePid, heartbeatKey, lifeKey, nameOf } from "./looking.ts";

/**
 * Nothing acts after it was declared over (P13, P22). For `always`.
 *
 * - Once the home of a process has said `transfer.lost` or `exit`, no node gives it a turn (`guest.acting`), and its home
 *   accepts nothing that it did (`guest.performed`).
 * - Once a scope was cancelled because its heartbeat has ended (`scope.cancelled`), the process spawns, links, monitors, registers and enters
 *   nothing on that node before it has left the scope.
 *
 * It sees turns of guests, and those acts of a process that are events; a send inside a cancelled scope is none. The order is that in
 * which it is told: in real processes as good as their clocks. Machines whose clocks differ by more than `driftMax` may break it rightly.
 */
export const noActAfterVerdict: Property = {
  name: "noActAfterVerdict (P13, P22)",
  begin: (cluster) => new NoActAfterVerdict(cluster),
};

class NoActAfterVerdict implements Checker {
  readonly #cluster: Observation;
  /** Processes that are over, and how that was said. */
  readonly #over = new Map<string, string>();
  /** Processes that have to leave a scope, by the life of the node and their pid. */
  readonly #cancelled = new Map<string, { readonly heartbeat: string; readonly what: string }[]>();
  #wrong: string | null = null;

  constructor(cluster: Observation) {
    this.#cluster = cluster;
  }

  event(observed: Observed): void {
    const { event, node } = observed;
    switch (event.type) {
      case "transfer.lost":
        this.#over.set(event.pid.key, `${node} declared it lost with ${nameOf(this.#cluster, event.node)}`);
        return;
      case "exit":
        if (!this.#over.has(event.pid.key)) this.#over.set(event.pid.key, `${node} said that it has ended`);
        this.#cancelled.delete(placeOf(observed, event.pid));
        return;
      case "guest.acting":
        return this.#mustLive(event.pid, `${node} gave it a turn in epoch ${event.epoch}`);
      case "guest.performed":
        return this.#mustLive(event.pid, `${node} accepted what it did in epoch ${event.epoch}`);
      case "scope.cancelled": {
        const place = placeOf(observed, event.pid);
        const what = describeHeartbeat(this.#cluster, event.heartbeat);
        const heartbeat = heartbeatKey(event.heartbeat);
        this.#cancelled.set(place, [...(this.#cancelled.get(place) ?? []), { heartbeat, what }]);
        return;
      }
      case "scope.left": {
        const place = placeOf(observed, event.pid);
        const cancelled = this.#cancelled.get(place);
        if (cancelled === undefined) return;
        const left = heartbeatKey(event.heartbeat);
        const rest = cancelled.filter(({ heartbeat }) => heartbeat !== left);
        if (rest.length === 0) this.#cancelled.delete(place);
        else this.#cancelled.set(place, rest);
        return;
      }
      default: {
        if (this.#cancelled.size === 0) return;
        const actor = actorOf(event);
        const cancelled = actor === null ? undefined : this.#cancelled.get(placeOf(observed, actor));
        if (actor === null || cancelled === undefined) return;
        const scope = `a scope of ${cancelled[0]?.what}, which has ended`;
        this.#wrong ??= `${describePid(this.#cluster, actor)} did ${event.type} on ${node} in ${scope}; expected it to leave that first`;
      }
    }
  }

  check(): string | null {
    return this.#wrong;
  }

  #mustLive(pid: Pid, what: string): void {
    const over = this.#over.get(pid.key);
    if (over !== undefined) this.#wrong ??= `${describePid(this.#cluster, pid)}: ${over}, and then ${what}`;
  }
}

function placeOf(observed: Observed, pid: Pid): string {
  return `${lifeKey(observed)} ${pid.key}`;
}
