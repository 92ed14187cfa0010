import type { Frame, Hash, PackedDefinition } from "@espalier/runtime";
import { Builtin } from "./builtins.ts";
import { constantValue } from "./constant.ts";
import { iterate, keysOf } from "./cursor.ts";
import { evaluate, type Evaluated } from "./evaluate.ts";
import { CompiledFrame, endOrder, question, type UnitCode, type UnitFunction } from "./frame.ts";
import { ClosureReference, FunctionValues } from "./function-value.ts";
import { hashOfDefinition, type Hashable } from "./hash.ts";
import { authorNames, uniqueNames } from "./syntax/names.ts";
import { type Origin, writeOrigin } from "./origin.ts";
import { Printer } from "./syntax/print.ts";
import { type Callee, RemoteCall } from "./remote-call.ts";
import { render, text } from "./syntax/text.ts";
import { compile } from "./transform/compile.ts";
import type { ClassLiteral, Expression, FunctionLiteral, Place } from "./syntax/tree.ts";

export type Kind = PackedDefinition["kind"];
export type Dependency = Definition | Builtin;

/** A function, class or constant, known by its content. Where it came from is for its subclasses. */
export abstract class Definition implements Hashable, Callee, Evaluated {
  abstract readonly kind: Kind;
  /** What the author calls it: for people. */
  abstract readonly name: string;
  abstract readonly tree: FunctionLiteral | ClassLiteral | Expression;
  /** The names that it uses and does not declare, each with its first place. */
  abstract readonly free: ReadonlyMap<string, Place>;
  /** What its free names stand for, standard globals excepted. */
  abstract readonly dependencies: ReadonlyMap<string, Dependency>;
  protected abstract readonly origin: Origin | null;

  #units: readonly UnitCode[] | null = null;
  #value: { readonly value: unknown } | null = null;
  #evaluating = false;
  readonly #waiting: ((value: unknown) => void)[] = [];

  get hash(): Hash {
    return hashOfDefinition(this);
  }

  /** The definition as it travels: printed from its tree, under the author's names, on the author's lines. */
  pack(): PackedDefinition {
    const dependencies: Record<string, string> = {};
    for (const [name, dependency] of this.dependencies) {
      dependencies[name] = dependency instanceof Builtin ? `##${dependency.name}` : dependency.hash;
    }
    const { hash, name, kind, origin } = this;
    const text = render(new Printer(authorNames(this.tree, this.free.keys())).expression(this.tree));
    return { hash, name, kind, text, dependencies, ...(origin === null ? {} : { origin: writeOrigin(origin) }) };
  }

  // Its value

  get evaluating(): boolean {
    return this.#evaluating;
  }

  /** What the name of a dependency stands for in the code that uses it. */
  get value(): unknown {
    if (this.#value === null) {
      this.#evaluating = true;
      try {
        this.#value = { value: this.makeValue() };
      } finally {
        this.#evaluating = false;
      }
      for (const use of this.#waiting.splice(0)) use(this.#value.value);
    }
    return this.#value.value;
  }

  whenEvaluated(use: (value: unknown) => void): void {
    this.#waiting.push(use);
  }

  protected makeValue(): unknown {
    const { name, tree } = this;
    if (this.kind === "constant") return constantValue(tree, name);
    const value = this.kind === "remote" ? remoteFunction(this) : this.#evaluatePlain();
    functionValues.define(value, this);
    return value;
  }

  #evaluatePlain(): object {
    const names = uniqueNames(this.tree, this.free.keys());
    // A property gives it its name, and declares none.
    const key = JSON.stringify(this.name);
    const code = text`{ ${key}: ${new Printer(names).expression(this.tree, 1)} }[${key}]`;
    return evaluate(code, this.free.keys(), this.dependencies, new Map(), names, this.origin) as object;
  }

  // Its frames

  enter(unit: number, captures: readonly unknown[], args: readonly unknown[]): Frame {
    return CompiledFrame.begin(this.unit(unit) as UnitCode, [...captures, ...args]);
  }

  /** One of its generators, compiled; undefined when there is no such unit. */
  unit(index: number): UnitCode | undefined {
    this.#units ??= this.kind === "remote" ? this.#evaluateUnits() : [];
    return this.#units[index];
  }

  #evaluateUnits(): readonly UnitCode[] {
    const { name } = this;
    const { code, units, names } = compile(this.tree as FunctionLiteral, this.free.keys(), name);
    const provided = new Map<string, unknown>([
      ["$S", question],
      ["$K", endOrder],
      ["$iterate", iterate],
      ["$keys", keysOf],
      ["$closure", (unit: number, captures: () => readonly unknown[]) => closure(this, unit, captures)],
    ]);
    const { self } = this.tree as FunctionLiteral;
    if (self !== null) provided.set(names.local(self), this.value);
    const start = evaluate(code, this.free.keys(), this.dependencies, provided, names, this.origin) as UnitFunction[];
    return units.map((shape, unit) => ({ definition: this, unit, shape, start: start[unit] as UnitFunction }));
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
  functionValues.defineClosure(call, () => new ClosureReference(definition.hash, unit, captures()));
  return call;
}

type Call = (...args: readonly unknown[]) => RemoteCall<unknown>;

/** A process that runs it is called what its author called it. */
function named({ name }: Definition, call: Call): Call {
  return Object.defineProperty(call, "name", { value: name });
}
