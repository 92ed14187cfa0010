import { RemoteCall, type Store } from "@espalier/code";
import { Operation } from "@espalier/heartbeat";
import { type Codec, type Frame, isFrame, NotMovableError, RemoteOperation } from "@espalier/runtime";
import { mayWait } from "../operations.ts";
import { type Answer, encodeAnswer, type Order, readOrder, type State } from "../protocol.ts";
import { operationData } from "./operation-data.ts";

type Step = Extract<Order, { type: "step" }>;

/** What a guest needs of the place that it runs in. */
export interface GuestOptions {
  readonly codec: Codec;
  /** The definitions that the node has sent; their evaluator is the compartment's. */
  readonly store: Store;
  /** Called around whatever runs of the author's code: what that allocates is counted. */
  readonly during: <T>(run: () => T) => T;
}

/** How often code may answer a refusal by yielding something else that is no operation, before its frame is given up. */
const refusalsMax = 100;

/** The inside of a sandbox: it steps frames as it is told to, one step at a time. */
export class Guest {
  readonly #codec: Codec;
  readonly #store: Store;
  readonly #during: GuestOptions["during"];
  readonly #frames = new Map<number, Frame>();
  /** Generators that no node began have numbers below 0. */
  #entered = 0;

  constructor({ codec, store, during }: GuestOptions) {
    this.#codec = codec;
    this.#store = store;
    this.#during = during;
  }

  /** Does what a message of the node says. @returns the answer, where there is one. */
  obey(bytes: Uint8Array): Uint8Array | null {
    const order = readOrder(this.#codec, bytes);
    switch (order.type) {
      case "admit":
        this.#store.admit(order.definitions, "trusted");
        return null;
      case "drop":
        this.#frames.delete(order.frame);
        return null;
      case "step":
        return encodeAnswer(
          this.#codec,
          this.#during(() => this.#step(order)),
        );
    }
  }

  #step(step: Step): Answer {
    const { frame: number, start, how } = step;
    let frame = this.#frames.get(number);
    try {
      let value: unknown;
      try {
        if (frame === undefined && start !== null) {
          frame = this.#begin(start);
          this.#frames.set(number, frame);
        }
        if (frame === undefined) throw new TypeError("the frame is not in this sandbox");
        value = this.#codec.decode(step.value);
      } catch (error) {
        if (frame === undefined) throw error;
        return this.#go(number, frame, "throw", error);
      }
      return how === "return" ? this.#unwind(number, frame) : this.#go(number, frame, how, value);
    } catch (error) {
      this.#frames.delete(number);
      return { type: "throw", frame: number, value: this.#encodeError(error) };
    }
  }

  #begin(start: NonNullable<Step["start"]>): Frame {
    const { hash, unit, position } = start;
    const slots = this.#codec.decode(start.slots) as readonly unknown[];
    const definition = this.#store.definition(hash);
    const { evaluator } = definition;
    return position === 0
      ? evaluator.begin(definition, unit, slots)
      : evaluator.resume(definition, unit, position, slots);
  }

  #go(number: number, frame: Frame, how: "next" | "throw", input: unknown): Answer {
    let result = frame[how](input);
    for (let refusals = 0; ; refusals += 1) {
      if (result.done === true) {
        this.#frames.delete(number);
        return { type: "return", frame: number, value: this.#encode(result.value) };
      }
      try {
        return this.#ask(number, frame, result.value);
      } catch (error) {
        if (refusals === refusalsMax) throw error;
        result = frame.throw(error);
      }
    }
  }

  /** What the frame yields, as the node understands it. */
  #ask(number: number, frame: Frame, asked: unknown): Answer {
    if (asked instanceof RemoteCall && this.#store.missing([asked.definition.hash]).length > 0) {
      // Of the runtime's own, such as the call of a private function: the node need not know how that is done.
      return { type: "enter", frame: number, entered: this.#enter(asked.enter()) };
    }
    if (asked instanceof Operation) {
      const operation = this.#encode(operationData(asked, (entered) => this.#enter(entered)));
      return { type: "yield", frame: number, operation, state: this.#stateOf(frame, asked) };
    }
    if (isFrame(asked)) return { type: "enter", frame: number, entered: this.#enter(asked) };
    throw new TypeError(`yield: expected an operation (write \`yield*\` before it), got ${typeof asked}`);
  }

  #enter(frame: Frame): number {
    this.#entered -= 1;
    this.#frames.set(this.#entered, frame);
    return this.#entered;
  }

  /** Where the frame stands, for an operation in the middle of which its process may be taken elsewhere. */
  #stateOf(frame: Frame, asked: Operation<any, any>): State {
    if (!(asked instanceof RemoteOperation || mayWait(asked.type))) return null;
    if (frame.capture === undefined) return "a generator that is no remote is executing";
    try {
      const { position, slots } = frame.capture((value, describe) => this.#codec.check(value, describe));
      return { position, slots: this.#encode(slots) };
    } catch (error) {
      if (error instanceof Error) return error.message;
      throw error;
    }
  }

  /** Runs the open `finally` blocks, with every operation refused. */
  #unwind(number: number, frame: Frame): Answer {
    let result = frame.return(undefined);
    for (let refusals = 0; result.done !== true; refusals += 1) {
      if (refusals === refusalsMax) throw new Error("the computation is being cancelled, and does not end");
      result = frame.throw(new NotAllowedNow());
    }
    this.#frames.delete(number);
    return { type: "return", frame: number, value: this.#encode(undefined) };
  }

  #encode(value: unknown): Uint8Array {
    return this.#codec.encode(value).bytes;
  }

  /** Anything can be thrown, and what it is made of may object to being looked at. */
  #encodeError(error: unknown): Uint8Array {
    try {
      return this.#encode(error);
    } catch (problem) {
      const why = problem instanceof NotMovableError ? problem.message : "it objects to being read";
      return this.#encode(new Error(`what the code threw stays in its sandbox: ${textOf(error) ?? why}`));
    }
  }
}

/** An operation was asked for while a computation cleans up. */
class NotAllowedNow extends Error {
  constructor() {
    super("the computation is being cancelled, and may only clean up");
    this.name = "OperationRefusedError";
  }
}

function textOf(error: unknown): string | null {
  try {
    const message: unknown = error instanceof Error ? error.message : null;
    return typeof message === "string" ? message.slice(0, 1_000) : null;
  } catch {
    return null; // Its message is a getter that throws.
  }
}
