import type { Operation } from "@espalier/heartbeat";
import { type Check, type Frame, type FrameState, NotMovableError } from "@espalier/runtime";
import { EntryCursor, ForeignCursor } from "./cursor.ts";
import type { Callee } from "./remote-call.ts";
import { type Origin, placeIn } from "./origin.ts";
import { abi, type UnitShape } from "./transform/compile.ts";

type Result = IteratorResult<Operation<any, any>, unknown>;
type UnitGenerator = Generator<Operation<any, any>, unknown, unknown>;

/** One compiled generator function: `frame` is null to begin, or position and slots to go on with. */
export type UnitFunction = (frame: readonly unknown[] | null, ...values: readonly unknown[]) => UnitGenerator;

/** What the frames of a unit have in common. */
export interface UnitCode {
  readonly definition: Callee;
  readonly unit: number;
  readonly shape: UnitShape;
  readonly start: UnitFunction;
  /** Where the definition's text begins; null when nobody knows. */
  readonly origin: Origin | null;
  /** A better reason for why a value cannot travel; null when there is none. */
  explain(value: unknown): string | null;
}

/** Sent to a compiled generator in place of an answer, it gets the frame and leaves the generator where it is. */
export const question: { frame: readonly unknown[] | null } = { frame: null };

/** Thrown into a compiled generator, it runs the open `finally` blocks and no `catch`. */
export const endOrder: object = Object.freeze({ order: "end" });

/** A frame of compiled code: it can say where it stands, and another machine can go on from there. */
export class CompiledFrame implements Frame {
  readonly #code: UnitCode;
  readonly #generator: UnitGenerator;
  /** Captures and arguments, until it begins. */
  #initial: readonly unknown[] | null;
  /** What it is to return once its `finally` blocks have run. */
  #ending: { readonly value: unknown } | null = null;

  private constructor(code: UnitCode, generator: UnitGenerator, initial: readonly unknown[] | null) {
    this.#code = code;
    this.#generator = generator;
    this.#initial = initial;
  }

  /** A frame that has not begun. `values` are the unit's captures, then its arguments. */
  static begin(code: UnitCode, values: readonly unknown[]): CompiledFrame {
    return new CompiledFrame(code, code.start(null, ...values), values);
  }

  /** The frame to go on with at `position`, as {@link CompiledFrame.capture} told it. The caller has validated both. */
  static resume(code: UnitCode, position: number, slots: readonly unknown[]): CompiledFrame {
    for (const value of slots) if (value instanceof EntryCursor) value.settle();
    const generator = code.start([position, ...slots]);
    generator.next();
    return new CompiledFrame(code, generator, null);
  }

  next(value: unknown): Result {
    this.#initial = null;
    return this.#ending === null ? this.#generator.next(value) : this.#end("next", value);
  }

  throw(error: unknown): Result {
    this.#initial = null;
    return this.#ending === null ? this.#generator.throw(error) : this.#end("throw", error);
  }

  return(value: unknown): Result {
    this.#initial = null;
    this.#ending = { value };
    return this.#end("throw", endOrder);
  }

  capture(check: Check): FrameState {
    const { definition, unit, shape } = this.#code;
    const { name } = definition;
    if (this.#ending !== null) throw new NotMovableError(`${name} cannot travel: it is ending`);
    const position = this.#initial === null ? this.#ask() : 0;
    const slots = this.#initial ?? (question.frame as readonly unknown[]).slice(1);
    question.frame = null;
    slots.forEach((value, index) => {
      const describe = (): string => describeSlot(name, shape, position, index);
      if (value instanceof ForeignCursor) {
        throw new NotMovableError(
          `${describe()} cannot travel: only its own code knows where it stands; loop over an array of it, [...it]`,
        );
      }
      this.#check(value, describe, check);
    });
    return { hash: definition.hash, unit, abi, position, slots };
  }

  where(): string | null {
    const { definition, shape, origin } = this.#code;
    if (this.#initial !== null) return placeIn(definition.name, origin, undefined);
    question.frame = null;
    const step = this.#generator.next(question);
    const [position] = (question.frame as readonly unknown[] | null) ?? [];
    question.frame = null;
    if (step.done === true || typeof position !== "number") return null;
    return placeIn(definition.name, origin, shape.positions[position - 1]);
  }

  #check(value: unknown, describe: () => string, check: Check): void {
    try {
      check(value, describe);
    } catch (error) {
      if (!(error instanceof NotMovableError)) throw error;
      const why = this.#code.explain(value);
      if (why !== null) throw new NotMovableError(`${describe()} cannot travel: ${why}`);
      // What a part of it says of itself does not know whose part it is.
      if (!error.message.startsWith(describe()))
        throw new NotMovableError(`${describe()} cannot travel: ${error.message}`);
      throw error;
    }
  }

  /** Asks the generator for its frame and returns the position. */
  #ask(): number {
    question.frame = null;
    this.#generator.next(question);
    const [position] = (question.frame as readonly unknown[] | null) ?? [];
    if (typeof position !== "number")
      throw new NotMovableError(`${this.#code.definition.name} cannot travel: it has ended`);
    return position;
  }

  #end(how: "next" | "throw", value: unknown): Result {
    try {
      return this.#generator[how](value);
    } catch (error) {
      if (error === endOrder && this.#ending !== null) return { done: true, value: this.#ending.value };
      throw error;
    }
  }
}

function describeSlot(name: string, shape: UnitShape, position: number, index: number): string {
  const at = shape.positions[position - 1];
  if (at !== undefined) {
    const set = setOn(at.set[index] ?? []);
    return `${at.slots[index]} of ${name} (${set}alive across line ${at.line})`;
  }
  return index < shape.captures
    ? `\`${shape.captured[index]}\`, which a function* in ${name} captured,`
    : `argument ${index - shape.captures + 1} of ${name}`;
}

/** Where the value may come from: "set on lines 3, 5 and 8, ". */
function setOn(lines: readonly number[]): string {
  if (lines.length === 0) return "";
  if (lines.length === 1) return `set on line ${lines[0]}, `;
  return `set on lines ${lines.slice(0, -1).join(", ")} and ${lines.at(-1)}, `;
}
