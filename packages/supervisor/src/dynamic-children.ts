import { shutdown, type Cause } from "@espalier/heartbeat";
import { assert } from "./assert.ts";
import { addAttempt, type Attempts, type Intensity } from "./intensity.ts";
import { decideRestart, type Restart } from "./restart.ts";
import { isShutdownError, type Shutdown } from "./shutdown.ts";
import type { SupervisorReport } from "./state.ts";
import type { SupervisorPhase } from "./supervisor.machine.ts";

/** What all children of a dynamic supervisor have in common. */
export interface DynamicTemplate {
  /** Names the kind of child in reports. */
  readonly id: string;
  readonly restart: Restart;
  readonly shutdown: Shutdown;
  /** Children that run or wait for their restart (R-1003); `Infinity` for no limit. */
  readonly childrenMax: number;
  readonly intensity: Intensity;
}

/** What happens to a dynamic supervisor. */
export type DynamicEvent<Pid> =
  | { readonly type: "start-child"; readonly args: readonly unknown[] }
  | { readonly type: "terminate-child"; readonly pid: Pid }
  | { readonly type: "exited"; readonly pid: Pid; readonly cause: Cause }
  /** `pid` is the process that ended: a child that waits for its restart keeps that name (R-1005). */
  | { readonly type: "retry"; readonly pid: Pid }
  | { readonly type: "stop"; readonly cause: Cause }
  | DynamicStepResult<Pid>;

/** What became of the `start` or the `stop` that was asked for last. */
export type DynamicStepResult<Pid> = StartResult<Pid> | { readonly type: "stopped"; readonly causes: readonly Cause[] };

type StartResult<Pid> =
  | { readonly type: "started"; readonly pid: Pid; readonly info?: unknown }
  | { readonly type: "ignored" }
  | { readonly type: "failed"; readonly cause: Cause };

/** What a dynamic supervisor does about it, in this order. At most the last is a `start` or `stop`, whose result is then awaited. */
export type DynamicAction<Pid> =
  | { readonly type: "start"; readonly args: readonly unknown[] }
  /** Stop all of them at once (R-1006); the causes come back in the same order. */
  | { readonly type: "stop"; readonly pids: readonly Pid[] }
  | { readonly type: "retry"; readonly pid: Pid }
  | { readonly type: "reply"; readonly reply: StartDynamicReply<Pid> | TerminateDynamicReply }
  | { readonly type: "report"; readonly report: SupervisorReport<Pid> }
  | { readonly type: "end"; readonly cause: Cause };

export type StartDynamicReply<Pid> =
  | { readonly type: "started"; readonly pid: Pid; readonly info?: unknown }
  | { readonly type: "ignored" }
  | { readonly type: "failed"; readonly cause: Cause }
  | { readonly type: "max-children" }
  | { readonly type: "invalid"; readonly problem: string };

export type TerminateDynamicReply = { readonly type: "ok" } | { readonly type: "not-found" };

interface Child<Pid> {
  /** The process, or the one that ended while the child waits for its restart. */
  readonly pid: Pid;
  readonly args: readonly unknown[];
  readonly restarting: boolean;
}

type Work<Pid> =
  | { readonly type: "start-child"; readonly args: readonly unknown[] }
  | { readonly type: "restart"; readonly args: readonly unknown[]; readonly old: Pid }
  | { readonly type: "terminate-child"; readonly pids: readonly Pid[] }
  | { readonly type: "end"; readonly pids: readonly Pid[]; readonly cause: Cause };

/**
 * The children of a dynamic supervisor, and what it decides about them (R-1001 to R-1006): many, without names and without an order,
 * each started from the same template with its own arguments.
 *
 * It is a bookkeeping object rather than a value like the static supervisor's state because there can be a great many children, and a
 * copy for every change would make each change cost as much as there are. It is as free of side effects in every other respect.
 */
export class DynamicChildren<Pid> {
  readonly #template: DynamicTemplate;
  readonly #keyOf: (pid: Pid) => unknown;
  /** By the key of {@link Child.pid}, oldest first. */
  readonly #children = new Map<unknown, Child<Pid>>();
  #restartingCount = 0;
  #attempts: readonly Attempts[] = [];
  /** What was asked for with a `start` or a `stop`, while its result is awaited. */
  #work: Work<Pid> | null = null;

  /** @param keyOf a key for maps: equal for two pids exactly when they name the same process. */
  constructor(template: DynamicTemplate, keyOf: (pid: Pid) => unknown) {
    this.#template = template;
    this.#keyOf = keyOf;
  }

  /** Children that run or wait for their restart. */
  get count(): number {
    return this.#children.size;
  }

  /** Children that run. */
  get activeCount(): number {
    return this.#children.size - this.#restartingCount;
  }

  /** Whether a result is awaited. */
  get busy(): boolean {
    return this.#work !== null;
  }

  /** What it is doing, in the words of the static supervisor. */
  get phase(): SupervisorPhase {
    switch (this.#work?.type) {
      case undefined:
        return "running";
      case "restart":
        return "restarting";
      case "start-child":
      case "terminate-child":
        return "managing";
      case "end":
        return "stopping";
    }
  }

  /** How many restarts in its window it counted last. */
  get restarts(): number {
    return this.#attempts.reduce((sum, { count }) => sum + count, 0);
  }

  /** The children, oldest first: a pid, or `"restarting"`. */
  *[Symbol.iterator](): Generator<Pid | "restarting", void, undefined> {
    for (const { pid, restarting } of this.#children.values()) yield restarting ? "restarting" : pid;
  }

  /** @param nowMs the monotonic clock, in milliseconds: read only by events that may restart something. */
  take(event: DynamicEvent<Pid>, nowMs: number): readonly DynamicAction<Pid>[] {
    switch (event.type) {
      case "started":
      case "ignored":
      case "failed":
        return this.#startDone(event);
      case "stopped":
        return this.#stopDone(event.causes);
      default:
        assert(this.#work === null, "while a supervisor has work in hand its mailbox waits");
        return this.#takeFromMailbox(event, nowMs);
    }
  }

  #takeFromMailbox(event: DynamicEvent<Pid> & { type: MailboxType }, nowMs: number): readonly DynamicAction<Pid>[] {
    switch (event.type) {
      case "start-child":
        if (this.#children.size >= this.#template.childrenMax)
          return [{ type: "reply", reply: { type: "max-children" } }];
        this.#work = event;
        return [{ type: "start", args: event.args }];
      case "terminate-child":
        return this.#terminate(event.pid);
      case "exited":
        return this.#exited(event.pid, event.cause, nowMs);
      case "retry": {
        const child = this.#children.get(this.#keyOf(event.pid));
        // It may have been terminated meanwhile. If it is there it still waits: a process that runs has another pid.
        return child === undefined ? [] : this.#attemptRestart(child, nowMs).actions;
      }
      case "stop":
        return this.#end(event.cause);
    }
  }

  #terminate(pid: Pid): readonly DynamicAction<Pid>[] {
    const child = this.#children.get(this.#keyOf(pid));
    if (child === undefined) return [{ type: "reply", reply: { type: "not-found" } }];
    if (child.restarting) {
      this.#forget(child);
      return [{ type: "reply", reply: { type: "ok" } }];
    }
    const pids = [child.pid];
    this.#work = { type: "terminate-child", pids };
    return [{ type: "stop", pids }];
  }

  #exited(pid: Pid, cause: Cause, nowMs: number): readonly DynamicAction<Pid>[] {
    const child = this.#children.get(this.#keyOf(pid));
    // Not a child, or no more.
    if (child === undefined || child.restarting) return [];
    const { id, restart } = this.#template;
    const ended = { type: "child-ended", id, pid, cause } as const;
    if (decideRestart(restart, cause) !== "restart") {
      // Without a name nobody could restart it by hand: a transient child's specification goes as well.
      this.#forget(child);
      return [{ type: "report", report: { ...ended, decision: "remove" } }];
    }
    const { allowed, actions } = this.#attemptRestart(child, nowMs);
    const decision = allowed ? "restart" : "give-up";
    return [{ type: "report", report: { ...ended, decision } }, ...actions];
  }

  #attemptRestart(child: Child<Pid>, nowMs: number): { allowed: boolean; actions: readonly DynamicAction<Pid>[] } {
    const { id, intensity } = this.#template;
    const { allowed, count, attempts } = addAttempt(intensity, this.#attempts, nowMs);
    this.#attempts = attempts;
    if (!allowed) {
      this.#forget(child);
      const gaveUp = { type: "gave-up", id, attempts: count, intensity, nowMs } as const;
      return { allowed, actions: [{ type: "report", report: gaveUp }, ...this.#end(shutdown)] };
    }
    const { args, pid: old } = child;
    this.#work = { type: "restart", args, old };
    const restarting = { type: "restarting", id, attempts: count, intensity, nowMs } as const;
    return {
      allowed,
      actions: [
        { type: "report", report: restarting },
        { type: "start", args },
      ],
    };
  }

  #end(cause: Cause): readonly DynamicAction<Pid>[] {
    const pids: Pid[] = [];
    for (const { pid, restarting } of this.#children.values()) if (!restarting) pids.push(pid);
    this.#children.clear();
    this.#restartingCount = 0;
    if (pids.length === 0) return [{ type: "end", cause }];
    this.#work = { type: "end", pids, cause };
    return [{ type: "stop", pids }];
  }

  #startDone(result: StartResult<Pid>): readonly DynamicAction<Pid>[] {
    const work = this.#work;
    assert(work?.type === "start-child" || work?.type === "restart", "a start's result answers a start");
    this.#work = null;
    if (work.type === "start-child") return this.#startedFirst(result, work.args);
    const child = this.#children.get(this.#keyOf(work.old));
    assert(child !== undefined, "a child stays while it is restarted");
    return this.#restarted(result, child);
  }

  #startedFirst(result: StartResult<Pid>, args: readonly unknown[]): readonly DynamicAction<Pid>[] {
    const { id } = this.#template;
    const reply = { type: "reply", reply: result } as const;
    switch (result.type) {
      case "started": {
        const { pid } = result;
        this.#children.set(this.#keyOf(pid), { pid, args, restarting: false });
        return [{ type: "report", report: { type: "child-started", id, pid, added: true } }, reply];
      }
      case "ignored":
        return [reply];
      case "failed": {
        const report = { type: "start-failed", id, cause: result.cause, decision: "remove" } as const;
        return [{ type: "report", report }, reply];
      }
    }
  }

  #restarted(result: StartResult<Pid>, child: Child<Pid>): readonly DynamicAction<Pid>[] {
    const { id } = this.#template;
    const { pid: old, args } = child;
    this.#forget(child);
    switch (result.type) {
      case "started": {
        const { pid } = result;
        this.#children.set(this.#keyOf(pid), { pid, args, restarting: false });
        return [{ type: "report", report: { type: "child-started", id, pid, added: false } }];
      }
      case "ignored":
        // R-1004: it chose not to run any more.
        return [];
      case "failed": {
        this.#children.set(this.#keyOf(old), { pid: old, args, restarting: true });
        this.#restartingCount += 1;
        const report = { type: "start-failed", id, cause: result.cause, decision: "retry" } as const;
        return [
          { type: "report", report },
          { type: "retry", pid: old },
        ];
      }
    }
  }

  #stopDone(causes: readonly Cause[]): readonly DynamicAction<Pid>[] {
    const work = this.#work;
    assert(work?.type === "terminate-child" || work?.type === "end", "a stop's result answers a stop");
    assert(causes.length === work.pids.length, "every stopped child has a cause");
    this.#work = null;
    const actions = work.pids.flatMap((pid, index) => this.#reportShutdown(pid, causes[index]!));
    if (work.type === "end") return [...actions, { type: "end", cause: work.cause }];
    for (const pid of work.pids) this.#children.delete(this.#keyOf(pid));
    return [...actions, { type: "reply", reply: { type: "ok" } }];
  }

  #reportShutdown(pid: Pid, cause: Cause): readonly DynamicAction<Pid>[] {
    const { id, restart, shutdown } = this.#template;
    if (!isShutdownError(shutdown, restart, cause)) return [];
    return [{ type: "report", report: { type: "shutdown-error", id, pid, cause } }];
  }

  #forget({ pid, restarting }: Child<Pid>): void {
    this.#children.delete(this.#keyOf(pid));
    if (restarting) this.#restartingCount -= 1;
  }
}

type MailboxType = "start-child" | "terminate-child" | "exited" | "retry" | "stop";
