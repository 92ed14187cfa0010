import type { ProcessView } from "@espalier/runtime";
import type { Observation } from "../scenario/observation.ts";
import type { Checker, Property } from "../scenario/property.ts";
import { describeProcess, Interval } from "./looking.ts";

export interface NoDeadlockOptions {
  /** How long an obligation may stay open while nothing happens about it. Default: 30 s; calls end after 5 s unless they say otherwise. */
  readonly patienceMs?: number;
}

/**
 * Nothing waits for what cannot come. For `always`.
 *
 * - No ring: processes that wait for each other's answer, each in a call, a start or the await of a task, are stuck from the moment on
 *   when the last of them waits, even if a time limit frees them later.
 * - No obligation stays open for `patienceMs` while all nodes run and nothing happens about it: a call, a start or an await while neither side
 *   computes; a transfer under way; a supervisor that is starting, restarting or stopping.
 *
 * It looks at the views after one event in as many as there are processes, and at least once in a second in which something happens: what comes
 * and goes in between it does not see, and in a cluster that falls silent it may miss the last step. It cannot see who holds back a deferred
 * reply: give a scenario that waits for long on purpose more patience.
 */
export function noDeadlock({ patienceMs = 30_000 }: NoDeadlockOptions = {}): Property {
  return { name: "noDeadlock", begin: (cluster) => new NoDeadlock(cluster, patienceMs) };
}

/** Something that has to end, and how far it has come: while `progress` is equal nothing happened about it. */
interface Obligation {
  readonly key: string;
  readonly what: string;
  readonly progress: string;
}

class NoDeadlock implements Checker {
  readonly #cluster: Observation;
  readonly #patienceMs: number;
  readonly #look = new Interval(1_000);
  #open = new Map<string, Obligation & { readonly sinceMs: number }>();
  /** Events to come that are not worth a look, which costs in proportion to the processes. */
  #skip = 0;
  #wrong: string | null = null;

  constructor(cluster: Observation, patienceMs: number) {
    this.#cluster = cluster;
    this.#patienceMs = patienceMs;
  }

  check(): string | null {
    const { nowMs } = this.#cluster;
    this.#skip -= 1;
    if (this.#wrong !== null || (!this.#look.isDue(nowMs) && this.#skip > 0)) return this.#wrong;
    const processes = this.#processes();
    this.#skip = processes.size;
    this.#wrong = this.#ring(processes) ?? this.#stuck(processes, nowMs);
    return this.#wrong;
  }

  /** By pid; of a process that is away the guest, which is what waits. */
  #processes(): ReadonlyMap<string, ProcessView> {
    const processes = new Map<string, ProcessView>();
    for (const { view } of this.#cluster.nodes) {
      for (const process of view?.processes ?? []) {
        if (process.place !== "away") processes.set(process.pid.key, process);
      }
    }
    return processes;
  }

  #ring(processes: ReadonlyMap<string, ProcessView>): string | null {
    const cleared = new Set<string>();
    for (const [start, first] of processes) {
      const path = new Map<string, ProcessView>();
      let key = start;
      for (let process: ProcessView | undefined = first; process?.waitingOn != null && !cleared.has(key);) {
        if (path.has(key)) {
          const members = [...path.keys()];
          const ring = members.slice(members.indexOf(key)).map((member) => path.get(member) as ProcessView);
          const waits = ring.map((member) => `${describeProcess(this.#cluster, member)} in ${member.waitingFor}`);
          return `processes wait for each other: ${waits.join("; ")}`;
        }
        path.set(key, process);
        key = process.waitingOn.key;
        process = processes.get(key);
      }
      for (const member of path.keys()) cleared.add(member);
    }
    return null;
  }

  #stuck(processes: ReadonlyMap<string, ProcessView>, nowMs: number): string | null {
    const before = this.#open;
    this.#open = new Map();
    // Somebody may be waiting for a node that does not run now.
    if (this.#cluster.nodes.some(({ state }) => state !== "running" && state !== "gone")) return null;
    for (const obligation of this.#obligations(processes)) {
      const known = before.get(obligation.key);
      const sinceMs = known?.progress === obligation.progress ? known.sinceMs : nowMs;
      this.#open.set(obligation.key, { ...obligation, sinceMs });
      const { what } = obligation;
      if (nowMs - sinceMs >= this.#patienceMs)
        return `${what}, and nothing has happened about it for ${nowMs - sinceMs} ms`;
    }
    return null;
  }

  *#obligations(processes: ReadonlyMap<string, ProcessView>): Generator<Obligation> {
    for (const [key, process] of processes) {
      const who = describeProcess(this.#cluster, process);
      const { waitingFor, waitingOn, reductions, details } = process;
      if (waitingOn !== null) {
        const progress = `${waitingFor} ${reductions} ${processes.get(waitingOn.key)?.reductions}`;
        yield { key, what: `${who} waits: ${waitingFor}`, progress };
      }
      if (details?.type === "supervisor" && details.phase !== "running") {
        yield { key: `${key} phase`, what: `${who} is ${details.phase}`, progress: `${details.phase} ${reductions}` };
      }
    }
    for (const { name, view } of this.#cluster.nodes) {
      if (view === null || view.moving.leavers === 0) continue;
      const parked = view.processes.filter(({ status }) => status === "parked" || status === "away");
      const progress = parked.map(({ pid, host }) => `${pid.key} ${host}`).join();
      const what = `${name} has ${view.moving.leavers} transfers under way`;
      yield { key: `${name} leavers`, what, progress: `${view.moving.leavers} ${progress}` };
    }
  }
}
