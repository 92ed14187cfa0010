import { shutdown, type Cause } from "@espalier/heartbeat";
import { assert } from "./assert.ts";
import { backoffOf, isUnreachable, waitAfter, type Backoff, type Wait } from "./backoff.ts";
import { addAttempt, giveBack, secondOf, type Attempts, type Intensity } from "./intensity.ts";
import { decideRestart } from "./restart.ts";
import { isShutdownError } from "./shutdown.ts";
import type { ChildSpec } from "./spec.ts";
import type { SupervisorReport } from "./state.ts";
import type { Stop } from "./stop-children.ts";
import type { SupervisorPhase } from "./supervisor.machine.ts";

/** What a dynamic supervisor allows all its children together. */
export interface DynamicLimits {
  /** Children that run or wait for their restart (R-1003); `Infinity` for no limit. */
  readonly childrenMax: number;
  readonly intensity: Intensity;
}

/** What happens to a dynamic supervisor. */
export type DynamicEvent<Pid> =
  /** `args` are those of this child, in place of those of `spec`, which may be shared with others. */
  | { readonly type: "start-child"; readonly spec: ChildSpec; readonly args: readonly unknown[] }
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
  | { readonly type: "start"; readonly spec: ChildSpec; readonly args: readonly unknown[] }
  /** Stop all of them at once (R-1006); the causes come back in the same order. */
  | { readonly type: "stop"; readonly stops: readonly Stop<Pid>[] }
  /** Send yourself the event `retry`, after a wait unless that is null. */
  | { readonly type: "retry"; readonly pid: Pid; readonly wait: Wait | null }
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
  readonly spec: ChildSpec;
  /** What it is started with again; a temporary child's are not kept. */
  readonly args: readonly unknown[];
  readonly restarting: boolean;
  /** How often in a row it failed, for its back-off. */
  readonly failures: number;
  /** When it was started last, in milliseconds of the monotonic clock. */
  readonly startedMs: number;
  /** In which second the attempt was counted that started it; null: it was not counted. */
  readonly countedIn: number | null;
}

type Work<Pid> =
  | { readonly type: "start-child"; readonly spec: ChildSpec; readonly args: readonly unknown[] }
  | { readonly type: "restart"; readonly old: Pid; readonly countedIn: number }
  | { readonly type: "terminate-child"; readonly children: readonly Child<Pid>[] }
  | { readonly type: "end"; readonly children: readonly Child<Pid>[]; readonly cause: Cause };

const noArguments: readonly unknown[] = [];

/**
 * The children of a dynamic supervisor, and what it decides about them (R-1001 to R-1006): many, without names and without an order.
 *
 * It is a bookkeeping object rather than a value like the static supervisor's state because there can be a great many children, and a
 * copy for every change would make each change cost as much as there are. It is as free of side effects in every other respect.
 */
export class DynamicChildren<Pid> {
  readonly #limits: DynamicLimits;
  readonly #keyOf: (pid: Pid) => unknown;
  /** By the key of {@link Child.pid}, oldest first. */
  readonly #children = new Map<unknown, Child<Pid>>();
  #restartingCount = 0;
  #attempts: readonly Attempts[] = [];
  /** What was asked for with a `start` or a `stop`, while its result is awaited. */
  #work: Work<Pid> | null = null;

  /** @param keyOf a key for maps: equal for two pids exactly when they name the same process. */
  constructor(limits: DynamicLimits, keyOf: (pid: Pid) => unknown) {
    this.#limits = limits;
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
  *[Symbol.iterator](): Generator<
    { readonly child: Pid | "restarting"; readonly spec: ChildSpec; readonly args: readonly unknown[] },
    void,
    undefined
  > {
    for (const { pid, restarting, spec, args } of this.#children.values()) {
      yield { child: restarting ? "restarting" : pid, spec, args };
    }
  }

  /** @param nowMs the monotonic clock, in milliseconds. */
  take(event: DynamicEvent<Pid>, nowMs: number): readonly DynamicAction<Pid>[] {
    switch (event.type) {
      case "started":
      case "ignored":
      case "failed":
        return this.#startDone(event, nowMs);
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
        if (this.#children.size >= this.#limits.childrenMax)
          return [{ type: "reply", reply: { type: "max-children" } }];
        this.#work = event;
        return [{ type: "start", spec: event.spec, args: event.args }];
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
    this.#work = { type: "terminate-child", children: [child] };
    return [stopAll([child])];
  }

  #exited(pid: Pid, cause: Cause, nowMs: number): readonly DynamicAction<Pid>[] {
    const child = this.#children.get(this.#keyOf(pid));
    // Not a child, or no more.
    if (child === undefined || child.restarting) return [];
    const { id, restart } = child.spec;
    const ended = { type: "child-ended", id, pid, cause } as const;
    if (decideRestart(restart, cause) !== "restart") {
      // Without a name nobody could restart it by hand: a transient child's specification goes as well.
      this.#forget(child);
      return [{ type: "report", report: { ...ended, decision: "remove" } }];
    }
    const backoff = backoffOf(child.spec, cause);
    if (backoff !== null) {
      const unreachable = isUnreachable(child.spec, cause);
      if (unreachable) this.#notItsFault(child.countedIn);
      const inARow = !unreachable && nowMs - child.startedMs >= backoff.resetAfterMs ? 0 : child.failures;
      const report = { ...ended, decision: "restart" } as const;
      return [{ type: "report", report }, ...this.#backOff(child, backoff, inARow)];
    }
    const { allowed, actions } = this.#attemptRestart(child, nowMs);
    const decision = allowed ? "restart" : "give-up";
    return [{ type: "report", report: { ...ended, decision } }, ...actions];
  }

  #backOff(child: Child<Pid>, backoff: Backoff, failures: number): readonly DynamicAction<Pid>[] {
    const wait = waitAfter(backoff, failures);
    this.#keep({ ...child, restarting: true, failures: failures + 1 });
    return [
      { type: "report", report: { type: "backing-off", id: child.spec.id, delayMs: wait.delayMs } },
      { type: "retry", pid: child.pid, wait },
    ];
  }

  /** An attempt at a node that cannot be reached says nothing about the child. */
  #notItsFault(countedIn: number | null): void {
    if (countedIn !== null) this.#attempts = giveBack(this.#attempts, countedIn);
  }

  #attemptRestart(child: Child<Pid>, nowMs: number): { allowed: boolean; actions: readonly DynamicAction<Pid>[] } {
    const { intensity } = this.#limits;
    const { spec, args, pid: old } = child;
    const { id } = spec;
    const { allowed, count, attempts } = addAttempt(intensity, this.#attempts, nowMs);
    this.#attempts = attempts;
    if (!allowed) {
      this.#forget(child);
      const gaveUp = { type: "gave-up", id, attempts: count, intensity, nowMs } as const;
      return { allowed, actions: [{ type: "report", report: gaveUp }, ...this.#end(shutdown)] };
    }
    this.#work = { type: "restart", old, countedIn: secondOf(nowMs) };
    const restarting = { type: "restarting", id, attempts: count, intensity, nowMs } as const;
    return {
      allowed,
      actions: [
        { type: "report", report: restarting },
        { type: "start", spec, args },
      ],
    };
  }

  #end(cause: Cause): readonly DynamicAction<Pid>[] {
    const children = [...this.#children.values()].filter(({ restarting }) => !restarting);
    this.#children.clear();
    this.#restartingCount = 0;
    if (children.length === 0) return [{ type: "end", cause }];
    this.#work = { type: "end", children, cause };
    return [stopAll(children)];
  }

  #startDone(result: StartResult<Pid>, nowMs: number): readonly DynamicAction<Pid>[] {
    const work = this.#work;
    assert(work?.type === "start-child" || work?.type === "restart", "a start's result answers a start");
    this.#work = null;
    if (work.type === "start-child") return this.#startedFirst(result, work, nowMs);
    const child = this.#children.get(this.#keyOf(work.old));
    assert(child !== undefined, "a child stays while it is restarted");
    return this.#restarted(result, child, work.countedIn, nowMs);
  }

  #startedFirst(
    result: StartResult<Pid>,
    { spec, args }: { readonly spec: ChildSpec; readonly args: readonly unknown[] },
    nowMs: number,
  ): readonly DynamicAction<Pid>[] {
    const { id, restart } = spec;
    const reply = { type: "reply", reply: result } as const;
    switch (result.type) {
      case "started": {
        const { pid } = result;
        const kept = restart === "temporary" ? noArguments : args;
        const child = { pid, spec, args: kept, restarting: false, failures: 0, startedMs: nowMs, countedIn: null };
        this.#keep(child);
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

  #restarted(
    result: StartResult<Pid>,
    child: Child<Pid>,
    countedIn: number,
    nowMs: number,
  ): readonly DynamicAction<Pid>[] {
    const { spec, pid: old, failures } = child;
    const { id } = spec;
    switch (result.type) {
      case "started": {
        const { pid } = result;
        this.#forget(child);
        this.#keep({ ...child, pid, restarting: false, startedMs: nowMs, countedIn });
        return [{ type: "report", report: { type: "child-started", id, pid, added: false } }];
      }
      case "ignored":
        // R-1004: it chose not to run any more.
        this.#forget(child);
        return [];
      case "failed": {
        const { cause } = result;
        const report = { type: "report", report: { type: "start-failed", id, cause, decision: "retry" } } as const;
        if (isUnreachable(spec, cause)) this.#notItsFault(countedIn);
        const backoff = backoffOf(spec, cause);
        if (backoff !== null) return [report, ...this.#backOff(child, backoff, failures)];
        this.#keep({ ...child, restarting: true });
        return [report, { type: "retry", pid: old, wait: null }];
      }
    }
  }

  #stopDone(causes: readonly Cause[]): readonly DynamicAction<Pid>[] {
    const work = this.#work;
    assert(work?.type === "terminate-child" || work?.type === "end", "a stop's result answers a stop");
    assert(causes.length === work.children.length, "every stopped child has a cause");
    this.#work = null;
    const actions = work.children.flatMap((child, index) => reportShutdown(child, causes[index]!));
    if (work.type === "end") return [...actions, { type: "end", cause: work.cause }];
    for (const child of work.children) this.#forget(child);
    return [...actions, { type: "reply", reply: { type: "ok" } }];
  }

  /** Notes a child under its pid, in place of what was noted there. */
  #keep(child: Child<Pid>): void {
    const key = this.#keyOf(child.pid);
    const before = this.#children.get(key)?.restarting === true ? 1 : 0;
    this.#children.set(key, child);
    this.#restartingCount += (child.restarting ? 1 : 0) - before;
  }

  #forget({ pid }: Child<Pid>): void {
    const key = this.#keyOf(pid);
    if (this.#children.get(key)?.restarting === true) this.#restartingCount -= 1;
    this.#children.delete(key);
  }
}

type MailboxType = "start-child" | "terminate-child" | "exited" | "retry" | "stop";

function stopAll<Pid>(children: readonly Child<Pid>[]): DynamicAction<Pid> {
  return { type: "stop", stops: children.map(({ pid, spec }) => ({ pid, shutdown: spec.shutdown })) };
}

function reportShutdown<Pid>({ pid, spec }: Child<Pid>, cause: Cause): readonly DynamicAction<Pid>[] {
  const { id, restart, shutdown: how } = spec;
  if (!isShutdownError(how, restart, cause)) return [];
  return [{ type: "report", report: { type: "shutdown-error", id, pid, cause } }];
}
