import type { NodeEvent, Pid } from "@espalier/runtime";
import type { Observation, Observed } from "../scenario/observation.ts";
import type { Checker, Property } from "../scenario/property.ts";
import { describePid, isAlive } from "./looking.ts";

type Report = Extract<NodeEvent, { readonly type: "supervisor" }>["report"];

/**
 * A supervisor restarts no more often than it may, and then ends (P23, R-930 to R-933). For `always`.
 *
 * It counts the attempts of each supervisor itself, in whole seconds of the clock of its node as R-930 has it, and compares: no more
 * attempts in any window than are allowed, and none fewer when it gives up; after that it starts nothing, and ends with `shutdown`. A group
 * that is restarted together is one attempt, and one that fails at its start counts.
 *
 * It goes by what supervisors say they do. A restart that is not said to be one is seen as a process beside the children by `childrenRunning`.
 */
export const restartIntensity: Property = {
  name: "restartIntensity (P23)",
  begin: (cluster) => new RestartIntensity(cluster),
};

interface Supervisor {
  readonly pid: Pid;
  readonly node: string;
  readonly life: number;
  /** The seconds of its attempts. */
  seconds: number[];
  gaveUp: boolean;
}

class RestartIntensity implements Checker {
  readonly #cluster: Observation;
  readonly #supervisors = new Map<string, Supervisor>();
  #wrong: string | null = null;

  constructor(cluster: Observation) {
    this.#cluster = cluster;
  }

  event({ event, node, life }: Observed): void {
    if (event.type === "supervisor") return this.#reported(this.#of(event.supervisor, node, life), event.report);
    if (event.type !== "exit") return;
    const supervisor = this.#supervisors.get(event.pid.key);
    this.#supervisors.delete(event.pid.key);
    if (supervisor?.gaveUp !== true || event.cause.type === "shutdown" || event.cause.type === "killed") return;
    this.#fail(supervisor, `it gave up and ended with ${event.cause.type}; expected shutdown`);
  }

  check(): string | null {
    if (this.#wrong !== null || this.#cluster.phase !== "settling") return this.#wrong;
    for (const supervisor of this.#supervisors.values()) {
      if (!supervisor.gaveUp || !isAlive(this.#cluster, supervisor.node, supervisor.life)) continue;
      // It stops its children first, and that may take their time: at rest it is over.
      const view = this.#cluster.node(supervisor.node).view?.processes.find(({ pid }) => pid.equals(supervisor.pid));
      const phase = view?.details?.type === "supervisor" ? view.details.phase : null;
      if (phase === "running") return `${this.#describe(supervisor)}: it gave up, and runs; expected it to end`;
    }
    return null;
  }

  #reported(supervisor: Supervisor, report: Report): void {
    switch (report.type) {
      case "restarting": {
        const { intensity, nowMs, id } = report;
        const count = this.#count(supervisor, nowMs, intensity.withinSeconds);
        const allowed = `${intensity.restarts} in ${intensity.withinSeconds} s`;
        if (supervisor.gaveUp) this.#fail(supervisor, `it restarts ${id} after it gave up`);
        if (count > intensity.restarts) this.#fail(supervisor, `${count} restarts; expected at most ${allowed}`);
        return;
      }
      case "gave-up": {
        const { intensity, nowMs } = report;
        const count = this.#count(supervisor, nowMs, intensity.withinSeconds);
        supervisor.gaveUp = true;
        if (count > intensity.restarts) return;
        const allowed = `${intensity.restarts} restarts in ${intensity.withinSeconds} s are allowed`;
        this.#fail(supervisor, `it gave up at the ${count}. restart, although ${allowed}`);
        return;
      }
      case "child-started":
        if (supervisor.gaveUp) this.#fail(supervisor, `it started ${report.id} after it gave up`);
        return;
      default:
    }
  }

  /** Counts one more attempt, and how many there are in its window. */
  #count(supervisor: Supervisor, nowMs: number, withinSeconds: number): number {
    const second = Math.floor(nowMs / 1_000);
    supervisor.seconds.push(second);
    supervisor.seconds = supervisor.seconds.filter((earlier) => earlier >= second - withinSeconds);
    return supervisor.seconds.length;
  }

  #of(pid: Pid, node: string, life: number): Supervisor {
    const known = this.#supervisors.get(pid.key) ?? { pid, node, life, seconds: [], gaveUp: false };
    this.#supervisors.set(pid.key, known);
    return known;
  }

  #fail(supervisor: Supervisor, what: string): void {
    this.#wrong ??= `${this.#describe(supervisor)}: ${what}`;
  }

  #describe({ pid }: Supervisor): string {
    return `supervisor ${describePid(this.#cluster, pid)}`;
  }
}
