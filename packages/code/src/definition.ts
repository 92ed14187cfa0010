import { type Frame, type Hash, NotMovableError, type PackedDefinition } from "@espalier/runtime";
import { Builtin } from "./builtins.ts";
import { constantValue } from "./constant.ts";
import { CodeRefusedError } from "./errors.ts";
import type { Evaluator } from "./evaluator.ts";
import { ClosureReference, FunctionValues } from "./function-value.ts";
import { hashOfDefinition, type Hashable } from "./hash.ts";
import { authorNames } from "./syntax/names.ts";
import { type Origin, writeOrigin } from "./origin.ts";
import { Printer } from "./syntax/print.ts";
import { type Callee, RemoteCall } from "./remote-call.ts";
import { render } from "./syntax/text.ts";
import { compile, type Compiled, type FunctionShape, type UnitShape } from "./transform/compile.ts";
import type { ClassLiteral, Expression, FunctionLiteral, Place } from "./syntax/tree.ts";

export type Kind = PackedDefinition["kind"];
export type Dependency = Definition | Builtin;

/** A function, class or constant, known by its content. Where it came from is for its subclasses. */
export abstract class Definition implements Hashable, Callee {
  abstract readonly kind: Kind;
  /** What the author calls it: for people. */
  abstract readonly name: string;
  abstract readonly tree: FunctionLiteral | ClassLiteral | Expression;
  /** The names that it uses and does not declare, each with its first place. */
  abstract readonly free: ReadonlyMap<string, Place>;
  /** What its free names stand for, standard globals excepted. */
  abstract readonly dependencies: ReadonlyMap<string, Dependency>;
  /** Where its text begins; null when nobody knows. */
  abstract readonly origin: Origin | null;
  /** Where it runs. */
  abstract readonly evaluator: Evaluator;

  /** By whose word it is used, when that is not trusted: whoever gets it next has to know. */
  get stranger(): string | null {
    return this.evaluator.stranger ?? null;
  }

  #compiled: Compiled | null = null;
  #value: { readonly from: Evaluator; readonly value: unknown } | null = null;
  #evaluating = false;
  readonly #waiting: ((value: unknown) => void)[] = [];

  get hash(): Hash {
    return hashOfDefinition(this);
  }

  /** The definition as it travels: printed from its tree, under the author's names, on the author's lines. */
  pack(): PackedDefinition {
    const dependencies: Record<string, string> = {};
    for (const [name, dependency] of this.dependencies) {
      dependencies[name] = dependency instanceof Builtin ? dependency.reference : dependency.hash;
    }
    const { hash, name, kind, origin } = this;
    const text = render(new Printer(authorNames(this.tree, this.free.keys())).expression(this.tree));
    return { hash, name, kind, text, dependencies, ...(origin === null ? {} : { origin: writeOrigin(origin) }) };
  }

  // Its value

  /** The author's own function, where the definition was made in this program. */
  get native(): Function | null {
    return null;
  }

  /** Its value is being made. */
  get evaluating(): boolean {
    return this.#evaluating;
  }

  /**
   * What the name of a dependency stands for in the code that uses it. Only plain functions and classes are evaluated for it: a constant is
   * read from its tree, and what a remote is used as runs nothing.
   *
   * @throws CodeRefusedError when its functions may not be made here.
   */
  get value(): unknown {
    const from = this.evaluator;
    if (this.#value === null || this.#value.from !== from) {
      this.#evaluating = true;
      try {
        this.#value = { from, value: this.#makeValue(from) };
      } finally {
        this.#evaluating = false;
      }
      for (const use of this.#waiting.splice(0)) use(this.#value.value);
    }
    return this.#value.value;
  }

  /** Calls `use` with the value as soon as there is one. */
  whenEvaluated(use: (value: unknown) => void): void {
    this.#waiting.push(use);
  }

  #makeValue(from: Evaluator): unknown {
    if (this.kind === "constant") return constantValue(this.tree, this.name);
    const value = this.kind === "remote" ? remoteFunction(this) : (from.value(this) as object);
    functionValues.define(value, this);
    return value;
  }

  // Its frames

  /** Its generators as text: to make it runs nothing, so it needs no trust. Only a remote has any. */
  get compiled(): Compiled {
    this.#compiled ??= compile(this.tree as FunctionLiteral, this.free.keys(), this.name);
    return this.#compiled;
  }

  /** What frames of one of its generators look like; undefined when there is no such generator. */
  shape(unit: number): UnitShape | undefined {
    return this.kind === "remote" ? this.compiled.units[unit] : undefined;
  }

  /** What is known of a function inside it that is no generator; undefined when there is no such function. */
  functionShape(unit: number): FunctionShape | undefined {
    return this.kind === "remote" ? this.compiled.functions[unit - this.compiled.units.length] : undefined;
  }

  /** A function inside it that is no generator, made from what it captured. Where it may not be called it can still be sent on. */
  function(unit: number, captures: readonly unknown[]): object {
    const { name, evaluator } = this;
    // What its own code makes is noted down where it is made.
    return (
      evaluator.function?.(this, unit, captures) ??
      travellingFunction(this, unit, refusal(name, evaluator.place), () => captures)
    );
  }

  enter(unit: number, captures: readonly unknown[], args: readonly unknown[]): Frame {
    return this.evaluator.begin(this, unit, [...captures, ...args]);
  }
}

/** The definitions behind the functions of this program. */
export const functionValues: FunctionValues<Definition> = new FunctionValues<Definition>();

/** The function that a remote definition is used as: calling it runs nothing, it describes. */
export function remoteFunction(definition: Definition): Call {
  return named(definition, (...args) => new RemoteCall(definition, 0, [], args));
}

/** A `function*` inside a remote definition. Its captures are constants, read when it is called or sent. */
export function closure(definition: Definition, unit: number, captures: () => readonly unknown[]): Call {
  const call = named(definition, (...args) => new RemoteCall(definition, unit, captures(), args));
  functionValues.defineClosure(
    call,
    () => new ClosureReference(definition.hash, unit, captures(), definition.stranger),
  );
  return call;
}

function refusal(name: string, place: string): object {
  return () => {
    throw new CodeRefusedError(`a function of ${name}, whose code runs ${place}, cannot be called here`);
  };
}

/** Notes that `made` is a function inside a remote definition, so that it can travel. Its captures are constants, read when it is sent. */
export function travellingFunction(
  definition: Definition,
  unit: number,
  made: object,
  captures: () => readonly unknown[],
): object {
  functionValues.defineClosure(made, () => {
    const shape = definition.functionShape(unit) as FunctionShape;
    return new ClosureReference(
      definition.hash,
      unit,
      readCaptures(definition.name, shape, captures),
      definition.stranger,
    );
  });
  return made;
}

/** A constant that has no value yet would get one here, and not where the function goes. */
function readCaptures(name: string, shape: FunctionShape, captures: () => readonly unknown[]): readonly unknown[] {
  const values = attempt(captures);
  const missing = shape.captures.findIndex(({ early }, index) => early && values?.[index] === undefined);
  if (values !== null && missing < 0) return values;
  const which = values === null ? "a constant" : `\`${shape.captures[missing]?.name}\``;
  throw new NotMovableError(
    `a function in ${name} captures ${which}, which has no value yet; declare the function after it`,
  );
}

function attempt(captures: () => readonly unknown[]): readonly unknown[] | null {
  try {
    return captures();
  } catch (error) {
    if (error instanceof ReferenceError) return null; // In its dead zone.
    throw error;
  }
}

type Call = (...args: readonly unknown[]) => RemoteCall<unknown>;

/** A process that runs it is called what its author called it. */
function named({ name }: Definition, call: Call): Call {
  return Object.defineProperty(call, "name", { value: name });
}
