import { driving, type Local, Operation, toYield } from "@espalier/heartbeat";
import { type Frame, type FrameState, NotMovableError, RemoteOperation } from "@espalier/runtime";
import {
  builtin,
  codeFunctions,
  codeTravels,
  createCodeStore,
  DefinitionError,
  remote,
  type RemoteBody,
  type Store,
} from "../../src/index.ts";
import { Copy } from "../copy.ts";

/** What happens to a frame at each of its yields: "answer" moves it too, but answers every second operation in place. */
export type Mode = "run" | "peek" | "move" | "answer";

/** What one run of a program did, as text: all that an observer can tell. */
export interface Observed {
  readonly trace: readonly string[];
  readonly result: string;
  readonly moves: number;
}

/** A program was not run to its end, for a reason that is no difference. */
export class Skipped extends Error {}

const operationsMax = 400;

class Step extends Operation<unknown> {
  readonly type = "fuzz.step";
  readonly name: string;
  readonly value: unknown;
  constructor(name: string, value: unknown) {
    super();
    this.name = name;
    this.value = value;
  }
}

let trace: string[] = [];
const vocabulary = {
  v: (value: unknown) => new Step("v", value),
  log: (value: unknown) => new Step("log", value),
  bad: (value: unknown) => new Step("bad", value),
  add: (x: number, y: number, z: number) => {
    trace.push("add");
    return x + 2 * y - z;
  },
};
/** The same under one name: what is called by its own name alone is yielded without asking whether there is an answer. */
const operations = { v: vocabulary.v, log: vocabulary.log, bad: vocabulary.bad };
builtin("operations", operations);
for (const [name, value] of Object.entries(vocabulary)) builtin(name, value);

/** The function as JavaScript has it. */
function load(text: string): (...args: number[]) => Generator<Local, unknown, any> {
  const make = (0, eval)(
    `(function (operations, ${Object.keys(vocabulary).join(", ")}) { "use strict"; return ${text}\n})`,
  ) as (...values: unknown[]) => (...args: number[]) => Generator<Local, unknown, any>;
  return make(operations, ...Object.values(vocabulary));
}

/** Runs the function with JavaScript's own generators; at the operation numbered `endAt` it is ended from outside. */
export function runNative(text: string, endAt: number): Observed {
  return observe(load(text)(3, 2) as unknown as Frame, endAt, "run");
}

/** The function as a definition, to be run as often as one likes. @param asking whether it asks for answers before it yields. */
export function define(text: string, asking = false): () => RemoteOperation<unknown> {
  const written = asking ? text.replaceAll(/(?<![.\w$])(?:v|log|bad)\(/g, "operations.$&") : text;
  const definition = remote(load(written) as RemoteBody<number[], unknown>);
  return () => definition(3, 2);
}

/** Runs it compiled. */
export function runCompiled(computation: RemoteOperation<unknown>, endAt: number, mode: Mode): Observed {
  return observe(computation.enter(), endAt, mode);
}

function observe(start: Frame, endAt: number, mode: Mode): Observed {
  trace = [];
  const machine = new Machine(start, endAt, mode);
  try {
    const value = machine.run();
    // There is no JSON of undefined, nor of a function.
    return { trace, result: JSON.stringify(value) ?? typeof value, moves: machine.moves };
  } catch (error) {
    if (error instanceof Skipped || error instanceof NotMovableError || error instanceof DefinitionError) throw error;
    return { trace, result: `threw ${String(error)}`, moves: machine.moves };
  }
}

function neverAsked(): never {
  throw new Error("compiled code delegates to no operation");
}

/** Drives a stack of frames; it behaves as `yield*` between native generators does, ending included. */
class Machine {
  moves = 0;
  #stack: Frame[];
  readonly #endAt: number;
  readonly #mode: Mode;
  #performed = 0;
  #ended = false;
  #stores: readonly [Store, Store] = [createCodeStore(), createCodeStore()];

  constructor(start: Frame, endAt: number, mode: Mode) {
    this.#stack = [start];
    this.#endAt = endAt;
    this.#mode = mode;
  }

  run(): unknown {
    let how: "next" | "throw" | "return" = "next";
    let value: unknown;
    for (;;) {
      const frame = this.#stack.at(-1);
      if (frame === undefined) {
        if (how === "throw") throw value;
        return value;
      }
      let step: IteratorResult<unknown, unknown>;
      try {
        step = this.#step(frame, how, value);
      } catch (error) {
        this.#stack.pop();
        [how, value] = ["throw", error];
        continue;
      }
      if (step.done === true) {
        this.#stack.pop();
        // A frame that was ended hands the order on; one that returned of its own accord goes on.
        [how, value] = [how === "return" && step.value === value ? "return" : "next", step.value];
        if (this.#stack.length === 0) return value;
      } else if (step.value instanceof RemoteOperation) {
        this.#stack.push(step.value.enter());
        [how, value] = ["next", undefined];
      } else {
        [how, value] = this.#perform(step.value as Step);
        if (how !== "return" && !this.#ended) this.#disturb();
      }
    }
  }

  #step(frame: Frame, how: "next" | "throw" | "return", value: unknown): IteratorResult<unknown, unknown> {
    if (this.#mode !== "answer") return frame[how](value);
    const answering = (operation: unknown): unknown => this.#answer(operation);
    driving.iterator = { of: neverAsked, ask: answering };
    try {
      return frame[how](value);
    } finally {
      driving.iterator = null;
    }
  }

  #answer(operation: unknown): unknown {
    const next = this.#performed + 1;
    const isPlain = operation instanceof Step && operation.name !== "bad";
    if (!isPlain || this.#ended || next % 2 === 0 || next === this.#endAt || next > operationsMax)
      return toYield(operation);
    return this.#perform(operation)[1];
  }

  #perform({ name, value }: Step): ["next" | "throw" | "return", unknown] {
    if (++this.#performed > operationsMax) throw new Skipped("too many operations");
    if (this.#ended) return ["throw", new Error("refused")];
    trace.push(`${name} ${JSON.stringify(value)}`);
    if (this.#performed === this.#endAt) {
      this.#ended = true;
      return ["return", "ended"];
    }
    return name === "bad"
      ? ["throw", new RangeError(`bad ${String(value)}`)]
      : ["next", name === "v" ? value : undefined];
  }

  #disturb(): void {
    if (this.#mode === "run") return;
    const [from, to] = this.#stores;
    const copy = new Copy(codeTravels(from), codeTravels(to), codeFunctions);
    const states = this.#stack.map((frame) =>
      (frame.capture as NonNullable<Frame["capture"]>)((value, describe) => copy.check(value, describe)),
    );
    if (this.#mode === "peek") return;
    to.admit(from.pack(to.missing(from.closure([...states.map(({ hash }) => hash), ...copy.hashes]))));
    this.#stack = (copy.copy(states) as FrameState[]).map((state) => to.restore(state));
    this.#stores = [to, from];
    this.moves++;
  }
}
