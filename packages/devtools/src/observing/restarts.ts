import { causeText, type Kernel, type Pid, type RecordedNodeEvent } from "@espalier/runtime";
import type { SupervisorNodeEvent } from "@espalier/supervisor";
import { childKey } from "./supervisors.ts";

/** How many children and supervisors are remembered that were restarted, or restarted some: those whose last restart is longest ago give way. */
const rememberedMax = 10_000;
/** Restarts that are remembered of each child. */
const lastMax = 8;

export interface ChildRestart {
  readonly atMs: number;
  readonly cause: string;
  /** The process that ended. */
  readonly pid: string;
}

export interface RestartedChild {
  /** The process that it is now, or was last; of a supervisor's own count the supervisor. */
  pid: Pid;
  count: number;
  /** When it was restarted last, or restarted something, on the node's monotonic clock. */
  lastMs: number;
  /** Why what was restarted last had ended; null: not known. */
  cause: string | null;
  /** Of a child: the newest first. */
  last: readonly ChildRestart[];
}

/**
 * How often children were started again, and why: from what supervisors have told the flight recorder since the last look. What the recorder
 * has forgotten meanwhile is not counted.
 */
export class Restarts {
  readonly #kernel: Kernel;
  /** By {@link childKey}. */
  readonly #children: Map<string, RestartedChild> = new Map();
  /** Of each supervisor, by the pid's key: how often it has restarted children. */
  readonly #supervisors: Map<string, RestartedChild> = new Map();
  #after = 0;
  /** How many there were in all. */
  count = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Reads on, and returns what it has read. */
  follow(): readonly RecordedNodeEvent[] {
    const entries = this.#kernel.recorder.seldom(this.#after);
    for (const { event, atMs } of entries) if (event.type === "supervisor") this.#supervisor(event, atMs);
    this.#after = this.#kernel.recorder.count;
    return entries;
  }

  ofChild(supervisor: Pid, id: string): RestartedChild | undefined {
    return this.#children.get(childKey(supervisor, id));
  }

  /** How often a supervisor has started children again. */
  by(supervisor: Pid): number {
    return this.#supervisors.get(supervisor.key)?.count ?? 0;
  }

  /** The supervisors that have restarted something, those that did it last at the end. */
  get supervisors(): Iterable<RestartedChild> {
    return this.#supervisors.values();
  }

  /** Children that were restarted. */
  get children(): ReadonlyMap<string, RestartedChild> {
    return this.#children;
  }

  #supervisor({ supervisor, report }: SupervisorNodeEvent, atMs: number): void {
    if (report.type === "child-ended" && report.decision === "restart") {
      const child = entryOf(this.#children, childKey(supervisor, report.id), report.pid);
      const cause = causeText(report.cause);
      child.cause = cause;
      child.last = [{ atMs, cause, pid: report.pid.key }, ...child.last].slice(0, lastMax);
    } else if (report.type === "child-started" && !report.added) {
      const child = entryOf(this.#children, childKey(supervisor, report.id), report.pid);
      child.count += 1;
      child.pid = report.pid;
      child.lastMs = atMs;
      const own = entryOf(this.#supervisors, supervisor.key, supervisor);
      own.count += 1;
      own.lastMs = atMs;
      own.cause = child.cause;
      this.count += 1;
    }
  }
}

function entryOf(entries: Map<string, RestartedChild>, key: string, pid: Pid): RestartedChild {
  const entry = entries.get(key) ?? { pid, count: 0, lastMs: 0, cause: null, last: [] };
  entries.delete(key);
  if (entries.size === rememberedMax) entries.delete(entries.keys().next().value as string);
  entries.set(key, entry);
  return entry;
}
