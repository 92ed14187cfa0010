import { describe, type Operation } from "@espalier/heartbeat";
import type { Ringable } from "../timers/alarms.ts";
import { AgainWaiting, againKind } from "../again.ts";
import type { Cell } from "../cell.ts";
import { NotMovableError, type Check } from "../frame.ts";
import type { Kernel } from "../kernel.ts";
import { Receive, Receiving, receivingAny } from "../mailbox/receive.ts";
import { Ref } from "../addresses/ref.ts";
import { AwaitResponse, RequestId, ResponseWaiting } from "../servers/request.ts";
import { toMove } from "../stack.ts";
import { AskTask, Task, TaskWaiting, TaskWatch } from "../tasks/task.ts";
import { Sleeping } from "../timers/timer.ts";
import type { CapturedWait, Retrying, Waiting } from "../waiting.ts";

/** How one kind of wait is taken up again elsewhere. */
export interface WaitKind<T> {
  /** @throws TypeError when it is not what {@link Waiting.captureWait} gives. */
  parse(data: unknown): T;
  /**
   * Waits again; the watches of the process are back already. What this returns looks first whether what it waits for is there, if it can
   * ({@link Retrying}).
   *
   * @param limited whether it has a limit, which is set by whoever calls this.
   */
  wait(kernel: Kernel, cell: Cell, data: T, limited: boolean): Waiting;
}

/** How a process goes on where it arrives: with the outcome of its last operation, or waiting. */
export type Resumption =
  | { readonly type: "value"; readonly value: unknown }
  /** `fresh`: the runtime made the error, and its stack is to become the process's. */
  | { readonly type: "error"; readonly error: unknown; readonly fresh: boolean }
  /** `remainingMs` null: without a limit. */
  | { readonly type: "wait"; readonly wait: CapturedWait; readonly remainingMs: number | null };

type ReceiveData = Pick<Receive<unknown>, "match" | "otherwise">;

const receiveKind: WaitKind<ReceiveData> = {
  parse(data) {
    const { match, otherwise } = record(data, "receive");
    if (match !== null && typeof match !== "function") throw unexpected("receive", "a function or nothing", match);
    return { match: match as ReceiveData["match"], otherwise: otherwiseOf(otherwise, "receive") };
  },
  wait: (_kernel, cell, { match, otherwise }, limited) =>
    match === null && !limited ? receivingAny : new Receiving(new Receive(match, Infinity, otherwise), cell),
};

const sleepKind: WaitKind<null> = {
  parse: () => null,
  wait: (_kernel, cell) => new Sleeping(cell),
};

/** A wait that is one of the process's watches: a call. */
const watchKind: WaitKind<number> = {
  parse(data) {
    if (typeof data === "number" && Number.isSafeInteger(data)) return data;
    throw unexpected("watch", "a serial", data);
  },
  wait(kernel, cell, serial) {
    const watch = kernel.watchOf(cell, new Ref(cell.pid, serial)) as (Waiting & object) | null;
    if (watch !== null && "what" in watch) return watch;
    throw new TypeError("wait: expected a watch of the process that it can wait for");
  },
};

type TaskData = Pick<AskTask<unknown>, "task" | "asking" | "otherwise">;

const taskKind: WaitKind<TaskData> = {
  parse(data) {
    const { task, asking, otherwise } = record(data, "task");
    if (!(task instanceof Task)) throw unexpected("task", "a task", task);
    if (asking !== "await" && asking !== "yield" && asking !== "shutdown" && asking !== "kill") {
      throw unexpected("task", "await, yield, shutdown or kill", asking);
    }
    return { task, asking, otherwise: otherwiseOf(otherwise, "task") };
  },
  wait(kernel, cell, { task, asking, otherwise }) {
    const watch = kernel.watchOf(cell, task.ref);
    if (!(watch instanceof TaskWatch)) throw new TypeError("wait: expected a task that the process has not awaited");
    return new TaskWaiting(cell, watch, new AskTask(task, asking, Infinity, otherwise));
  },
};

type ResponseData = Pick<AwaitResponse, "requests" | "abandon" | "single">;

const responseKind: WaitKind<ResponseData> = {
  parse(data) {
    const { requests, abandon, single } = record(data, "response");
    if (!Array.isArray(requests)) throw unexpected("response", "a list of requests", requests);
    for (const request of requests)
      if (!(request instanceof RequestId)) throw unexpected("response", "a request", request);
    return { requests: requests as RequestId<unknown>[], abandon: abandon === true, single: single === true };
  },
  wait: (_kernel, cell, { requests, abandon, single }) =>
    new ResponseWaiting(cell, new AwaitResponse(requests, abandon, single, Infinity, Infinity)),
};

/** Of whoever has sent, and was to wait until more could be: there is nothing to wait for here. */
const sentKind: WaitKind<null> = {
  parse: () => null,
  wait: () => sent,
};

const sent: Retrying = { what: "send", retry: () => undefined, cancel() {} };

/** The kinds of waits that travel; other layers add theirs. */
export const waitKinds: readonly (readonly [kind: string, how: WaitKind<any>])[] = [
  ["receive", receiveKind],
  ["sleep", sleepKind],
  ["watch", watchKind],
  ["task", taskKind],
  ["response", responseKind],
  ["again", againKind],
  ["sent", sentKind],
];

/** Whether the process can move as it stands; otherwise once it is done with what it waits for. */
export function canMoveNow({ status, waiting, interrupt }: Cell): boolean {
  // A scope that it is in has ended: first it leaves that, and never sees a result of what it waited for.
  if (interrupt !== null && interrupt !== toMove) return false;
  return (status === "runnable" || status === "waiting") && (waiting === null || waiting.captureWait !== undefined);
}

/**
 * How a process that is not executing is to go on elsewhere. Changes nothing.
 *
 * @throws NotMovableError naming what cannot travel.
 */
export function captureResumption(kernel: Kernel, cell: Cell, check: Check): Resumption {
  const { waiting, resumption, label } = cell;
  if (waiting !== null) {
    if (waiting.captureWait === undefined)
      throw new NotMovableError(`cannot move ${label} while it waits: ${waiting.what}`);
    const wait = waiting.captureWait();
    check(wait.data, () => `the ${waiting.what} that ${label} waits in`);
    const { alarm = null } = waiting;
    return { type: "wait", wait, remainingMs: alarm === null ? null : kernel.alarms.remainingMs(alarm) };
  }
  const input = resumption === "message" ? cell.handling : cell.input;
  if (resumption === "value" || resumption === "message") {
    check(input, () => `what ${label} got last`);
    return { type: "value", value: input };
  }
  check(input, () => `the error that ${label} is to get`);
  return { type: "error", error: input, fresh: resumption === "failure" };
}

/** A process that was held goes on. */
export function goOn(kernel: Kernel, cell: Cell, resumption: Resumption): void {
  switch (resumption.type) {
    case "value":
      return kernel.resume(cell, resumption.value);
    case "error":
      return kernel.throwInto(cell, resumption.error, resumption.fresh ? "failure" : "error");
    case "wait": {
      const { wait, remainingMs } = resumption;
      const { kind, data } = wait;
      const how = kernel.waitKinds.get(kind);
      if (how === undefined) throw new TypeError(`wait: this node does not know ${JSON.stringify(kind)}`);
      return takeUp(kernel, cell, how.wait(kernel, cell, how.parse(data), remainingMs !== null), remainingMs);
    }
  }
}

/** How a process stood that is on its way out. */
export interface Held {
  /** Null for a process that was about to be stepped. */
  readonly waiting: Waiting | null;
  readonly deadlineMs: number | null;
}

/** Nothing that a process waits for reaches it from now on, and its time stands still. Its resumption was captured before. */
export function hold(kernel: Kernel, cell: Cell): Held {
  const { waiting } = cell;
  if (waiting === null) return { waiting: null, deadlineMs: null };
  const { alarm = null } = waiting;
  if (alarm !== null) kernel.alarms.cancel(alarm);
  cell.waiting = null;
  // Whoever asks again has left in the meantime; the others stay where they wait, and are not told anything.
  const wait = waiting.captureWait?.();
  if (wait?.kind !== "again") return { waiting, deadlineMs: alarm === null ? null : alarm.deadlineMs };
  waiting.cancel(kernel);
  return { waiting: new AgainWaiting(wait.data as Operation<unknown>), deadlineMs: null };
}

/** The process stays here after all, parked: it stands as it stood. */
export function letGoOn(kernel: Kernel, cell: Cell, { waiting, deadlineMs }: Held): void {
  cell.waiting = null;
  if (waiting === null) {
    cell.status = "runnable";
    kernel.scheduler.enqueue(cell);
    return;
  }
  takeUp(kernel, cell, waiting, deadlineMs === null ? null : Math.max(0, deadlineMs - kernel.host.clock.monotonic()));
}

function takeUp(kernel: Kernel, cell: Cell, waiting: Waiting, remainingMs: number | null): void {
  cell.waiting = waiting;
  cell.status = "waiting";
  kernel.columns.settle(cell);
  cell.resumption = "value";
  if (remainingMs !== null) waiting.alarm = kernel.alarms.set(remainingMs, waiting as Waiting & Ringable);
  if (cell.interrupt !== null && cell.interrupt !== toMove) {
    // A scope around it has ended in the meantime.
    waiting.cancel(kernel);
    kernel.resume(cell, undefined);
  } else if ("retry" in waiting) {
    kernel.retry(cell);
  }
}

/** What a wait with a limit returns when the time is over. */
export function otherwiseOf(value: unknown, name: string): { readonly value: unknown } | null {
  if (value === null) return null;
  if (typeof value === "object" && value !== null && "value" in value) return { value: value.value };
  throw unexpected(name, "what to return when the time is over, or nothing", value);
}

export function record(data: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof data === "object" && data !== null) return data as Record<string, unknown>;
  throw unexpected(name, "an object", data);
}

export function unexpected(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name} that a process waits for: expected ${expected}, got ${describe(value)}`);
}
