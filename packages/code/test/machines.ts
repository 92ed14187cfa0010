import { type Moving, Operation } from "@espalier/heartbeat";
import { type Frame, type FrameState, NotMovableError, RemoteOperation } from "@espalier/runtime";
import { builtin, codeFunctions, codeTravels, createCodeStore, type Store } from "../src/index.ts";
import { Copy } from "./copy.ts";

// A cluster small enough to be read: three machines in one program, each with its own store of code, and a stack of frames that goes
// from one to another. The scheduler, the wire and the codec of the real thing are other packages' business.

class Transfer extends Operation<void, Moving> {
  readonly type = "test.transfer";
  readonly to: string;
  constructor(to: string) {
    super();
    this.to = to;
  }
}
class Here extends Operation<string> {
  readonly type = "test.here";
}
class Log extends Operation<void> {
  readonly type = "test.log";
  readonly text: string;
  constructor(text: string) {
    super();
    this.text = text;
  }
}
class Fork extends Operation<void> {
  readonly type = "test.fork";
  readonly body: () => unknown;
  constructor(body: () => unknown) {
    super();
    this.body = body;
  }
}
class Fail extends Operation<never> {
  readonly type = "test.fail";
  readonly error: Error;
  constructor(error: Error) {
    super();
    this.error = error;
  }
}

export const transfer = (to: string): Transfer => new Transfer(to);
export const here = (): Here => new Here();
export const log = (text: string): Log => new Log(text);
export const fork = (body: () => unknown): Fork => new Fork(body);
export const fail = (error: Error): Fail => new Fail(error);
for (const [name, value] of Object.entries({ transfer, here, log, fork, fail })) builtin(name, value);

export interface Outcome {
  readonly value: unknown;
  readonly hops: readonly string[];
  readonly logs: readonly string[];
  /** How many definitions each hop had to send. */
  readonly sent: readonly number[];
}

export class Machines {
  readonly stores: ReadonlyMap<string, Store> = new Map(
    ["home", "alice", "bob"].map((name) => [name, createCodeStore()]),
  );
  readonly #hops: string[] = [];
  readonly #logs: string[] = [];
  readonly #sent: number[] = [];

  /** Runs a computation that begins on the machine "home". */
  run(computation: RemoteOperation<unknown>): Outcome {
    const value = this.#drive([computation.enter()], "home");
    return { value, hops: this.#hops, logs: this.#logs, sent: this.#sent };
  }

  #drive(start: readonly Frame[], startAt: string): unknown {
    let stack = [...start];
    let at = startAt;
    let value: unknown;
    let thrown = false;
    while (stack.length > 0) {
      const frame = stack.at(-1) as Frame;
      let step: IteratorResult<unknown, unknown>;
      try {
        step = thrown ? frame.throw(value) : frame.next(value);
        thrown = false;
      } catch (error) {
        stack.pop();
        [value, thrown] = [error, true];
        continue;
      }
      const operation = step.value;
      if (step.done === true) stack.pop();
      if (step.done === true || !(operation instanceof Operation)) {
        value = step.done === true ? step.value : new TypeError("not an operation");
        thrown = step.done !== true;
      } else if (operation instanceof RemoteOperation) {
        stack.push(operation.enter());
        value = undefined;
      } else if (operation instanceof Transfer) {
        try {
          stack = this.#move(stack, at, operation.to);
          at = operation.to;
          value = undefined;
        } catch (error) {
          [value, thrown] = [error, true];
        }
      } else {
        [value, thrown] = this.#perform(operation, at);
      }
    }
    if (thrown) throw value;
    return value;
  }

  #perform(operation: Operation<unknown, unknown>, at: string): readonly [value: unknown, thrown: boolean] {
    if (operation instanceof Here) return [at, false];
    if (operation instanceof Log) this.#logs.push(`${at}:${operation.text}`);
    if (operation instanceof Fork) {
      const hops = this.#hops.length;
      this.#drive([(operation.body() as RemoteOperation<unknown>).enter()], at);
      this.#hops.length = hops;
    }
    return operation instanceof Fail ? [operation.error, true] : [undefined, false];
  }

  /** Capture, send, ask for what is missing, admit, restore: as two machines would. */
  #move(stack: readonly Frame[], from: string, to: string): Frame[] {
    const source = this.stores.get(from) as Store;
    const target = this.stores.get(to) as Store;
    const copy = new Copy(codeTravels(source), codeTravels(target), codeFunctions);
    const states = stack.map((frame) => {
      if (frame.capture === undefined) throw new NotMovableError("a native frame cannot travel");
      return frame.capture((value, describe) => copy.check(value, describe));
    });
    const missing = target.missing(source.closure([...states.map(({ hash }) => hash), ...copy.hashes]));
    target.admit(structuredClone(source.pack(missing)));
    this.#sent.push(missing.length);
    this.#hops.push(to);
    const frames = copy.copy(states) as FrameState[];
    return frames.map((state) => target.restore(state));
  }
}

/** Runs a computation on fresh machines. */
export function run(computation: RemoteOperation<unknown>): Outcome {
  return new Machines().run(computation);
}
