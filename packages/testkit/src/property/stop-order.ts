import type { NodeEvent } from "@espalier/runtime";
import type { Observation, Observed } from "../scenario/observation.ts";
import type { Checker, Property } from "../scenario/property.ts";
import { describePid } from "./looking.ts";

type SupervisorEvent = Extract<NodeEvent, { readonly type: "supervisor" }>;

/**
 * A static supervisor stops its children one at a time, in the reverse of the order in which they were first started (P23, R-960, R-966). For
 * `always`.
 *
 * Of children that are told to end with nothing started in between, and not by hand, each was started before the one that was told before
 * it, and is told only once that one has ended. A child that ends by itself meanwhile, or is restarted, keeps its place. It goes by what
 * supervisors say (`child-started`, `child-stopping`) and by the `exit` of processes; children of dynamic supervisors have no order.
 */
export const stopOrder: Property = { name: "stopOrder (P23)", begin: (cluster) => new StopOrder(cluster) };

interface Family {
  /** The ids in start order. */
  order: string[];
  /** What was told to end last, with nothing started since; and whether it has. */
  stopping: { readonly id: string; readonly pid: string; readonly who: string } | null;
}

class StopOrder implements Checker {
  readonly #cluster: Observation;
  readonly #families = new Map<string, Family>();
  /** Processes that were spawned and have not ended, by pid. */
  readonly #alive = new Set<string>();
  #wrong: string | null = null;

  constructor(cluster: Observation) {
    this.#cluster = cluster;
  }

  event({ event }: Observed): void {
    if (event.type === "supervisor") this.#reported(event);
    else if (event.type === "spawn") this.#alive.add(event.pid.key);
    else if (event.type === "exit") {
      this.#alive.delete(event.pid.key);
      this.#families.delete(event.pid.key);
    }
  }

  check(): string | null {
    return this.#wrong;
  }

  #reported({ supervisor, report }: SupervisorEvent): void {
    if (report.type !== "child-started" && report.type !== "child-stopping") return;
    const family = this.#families.get(supervisor.key) ?? { order: [], stopping: null };
    this.#families.set(supervisor.key, family);
    const { id, pid } = report;
    if (report.type === "child-started") {
      family.stopping = null;
      // Added anew it comes last, whatever was there under its name before.
      if (report.added) family.order = [...family.order.filter((other) => other !== id), id];
      return;
    }
    const before = family.stopping;
    const whose = `supervisor ${describePid(this.#cluster, supervisor)}`;
    if (before !== null && this.#alive.has(before.pid)) {
      this.#wrong ??= `${whose}: ${id} is told to end while ${before.id} (${before.who}) has not ended; expected one at a time`;
    } else if (before !== null && family.order.indexOf(id) > family.order.indexOf(before.id)) {
      const order = family.order.join(", ");
      this.#wrong ??= `${whose}: ${id} is told to end after ${before.id}; expected the reverse of the start order ${order}`;
    }
    // By hand any child is stopped, in any order.
    family.stopping = report.byHand ? null : { id, pid: pid.key, who: describePid(this.#cluster, pid) };
  }
}
