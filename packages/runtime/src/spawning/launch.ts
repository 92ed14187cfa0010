import { Operation, type Performable } from "@espalier/heartbeat";
import { AsyncFrame } from "./async-body.ts";
import type { Cell } from "../cell.ts";
import { isFrame, type Frame } from "../frame.ts";
import type { Kernel } from "../kernel.ts";
import { frameOf } from "../performing.ts";
import { Remote } from "../moving/remote.ts";
import { Self } from "../self.ts";

/** Whatever can be a process's body; `Process.spawn` says how, with types. */
export type AnyBody = ((self: Self<any>, ...parameters: any[]) => unknown) | Performable<unknown, any>;

/**
 * The frame of a process that has not begun: its first step calls the body, so that nothing of it runs in whoever spawned it, and what
 * goes wrong there is the new process's error.
 */
export class Launch implements Frame {
  readonly body: AnyBody;
  readonly parameters: readonly unknown[];
  readonly #kernel: Kernel;

  constructor(kernel: Kernel, body: AnyBody, parameters: readonly unknown[]) {
    this.#kernel = kernel;
    this.body = body;
    this.parameters = parameters;
  }

  next(): ReturnType<Frame["next"]> {
    const cell = this.#kernel.scheduler.current as Cell;
    const frame = begin(cell, this.body, this.parameters);
    cell.frame = frame;
    return frame.next(undefined);
  }

  throw(error: unknown): never {
    throw error;
  }

  return(value: unknown): IteratorReturnResult<unknown> {
    return { done: true, value };
  }
}

function begin(cell: Cell, body: AnyBody, parameters: readonly unknown[]): Frame {
  if (typeof body !== "function") return frameOf(body, "body");
  const self = new Self(cell.pid);
  const started = body(self, ...parameters);
  if (started instanceof Operation) return frameOf(started, "body");
  if (isFrame(started)) return started;
  if (isPromise(started)) return new AsyncFrame(cell, self.asyncBody, started);
  throw new TypeError(
    `body ${JSON.stringify(cell.label)}: expected a generator function, an async function or a Remote, got a function that returns ${describeType(started)}`,
  );
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

function describeType(value: unknown): string {
  return value === null ? "null" : typeof value;
}

/** What people call a process with this body. */
export function labelOf(body: AnyBody): string {
  if (typeof body === "function") return body.name || "process";
  if (body instanceof Remote) return body.label;
  return body instanceof Operation ? body.type : "process";
}
