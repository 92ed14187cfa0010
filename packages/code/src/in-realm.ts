import { ask, toYield, unanswered } from "@espalier/heartbeat";
import type { Frame } from "@espalier/runtime";
import { Builtin } from "./builtins.ts";
import { drain, iterate, keysOf } from "./cursor.ts";
import { closure, type Definition, travellingFunction } from "./definition.ts";
import { propertyKey, restOf } from "./destructuring.ts";
import { dispose, use } from "./disposal.ts";
import type { Evaluator } from "./evaluator.ts";
import { explainFunction } from "./explain.ts";
import { CompiledFrame, endOrder, question, type UnitCode, type UnitFunction } from "./frame.ts";
import { isConstantName } from "./globals.ts";
import { nodeRealm, type Realm } from "./realm.ts";
import { type Names, uniqueNames } from "./syntax/names.ts";
import { Printer } from "./syntax/print.ts";
import { join, render, type Text, text } from "./syntax/text.ts";
import type { FunctionLiteral, Place } from "./syntax/tree.ts";
import type { Entry } from "./transform/compile.ts";

/** Makes a function inside a definition from what it captured. */
type FunctionMaker = (...captures: readonly unknown[]) => object;

/** What of the code of a remote definition has been evaluated: its generators and makers of functions, by their index. */
interface Evaluated {
  readonly units: Map<number, UnitCode>;
  readonly functions: Map<number, FunctionMaker>;
}

/**
 * Runs code in a realm, printed from the tree that was hashed, with nothing in scope but what its definition names: its dependencies,
 * builtins and standard globals, each as a parameter. Evaluating makes functions and runs none of their statements; only the static parts
 * of a class run.
 */
export class InRealm implements Evaluator {
  readonly #realm: Realm;
  readonly #ask: (operation: unknown) => unknown;
  readonly #evaluatedOf = new WeakMap<Definition, Evaluated>();

  /** @param asks what code asks for an answer before it yields. By default there is none, as in a sandbox: whoever drives it gets every operation. */
  constructor(realm: Realm, asks: (operation: unknown) => unknown = toYield) {
    this.#realm = realm;
    this.#ask = asks;
  }

  get place(): string {
    return this.#realm.place;
  }

  begin(definition: Definition, unit: number, values: readonly unknown[]): Frame {
    return CompiledFrame.begin(this.#unit(definition, unit), values);
  }

  resume(definition: Definition, unit: number, position: number, slots: readonly unknown[]): Frame {
    return CompiledFrame.resume(this.#unit(definition, unit), position, slots);
  }

  value(definition: Definition): unknown {
    if (definition.native !== null) return definition.native;
    const names = uniqueNames(definition.tree, definition.free.keys());
    // A property gives it its name, and declares none.
    const key = JSON.stringify(definition.name);
    const code = text`{ ${key}: ${new Printer(names).expression(definition.tree, 1)} }[${key}]`;
    return this.#evaluate(definition, { place: definition.tree.place, code }, names, new Map());
  }

  function(definition: Definition, index: number, captures: readonly unknown[]): object {
    const { functions } = this.#evaluatedFor(definition);
    let make = functions.get(index);
    if (make === undefined) {
      if (definition.functionShape(index) === undefined)
        throw new RangeError(`${definition.name} has no function ${index}`);
      make = this.#entry(definition, index) as FunctionMaker;
      functions.set(index, make);
    }
    return make(...captures);
  }

  #unit(definition: Definition, index: number): UnitCode {
    const { units } = this.#evaluatedFor(definition);
    const known = units.get(index);
    if (known !== undefined) return known;
    const shape = definition.shape(index);
    if (shape === undefined) throw new RangeError(`${definition.name} has no unit ${index}`);
    const unit: UnitCode = {
      definition,
      unit: index,
      shape,
      start: this.#entry(definition, index) as UnitFunction,
      origin: definition.origin,
      explain: (value) => explainFunction(value, (source) => definition.compiled.explain(source)),
    };
    units.set(index, unit);
    return unit;
  }

  #evaluatedFor(definition: Definition): Evaluated {
    const known = this.#evaluatedOf.get(definition);
    if (known !== undefined) return known;
    const evaluated: Evaluated = { units: new Map(), functions: new Map() };
    this.#evaluatedOf.set(definition, evaluated);
    return evaluated;
  }

  /** One of its generators, or makers of functions. */
  #entry(definition: Definition, index: number): unknown {
    const { code, names } = definition.compiled;
    const provided = new Map<string, unknown>([
      ["$S", question],
      ["$K", endOrder],
      ["$T", unanswered],
      ["$ask", this.#ask],
      ["$iterate", iterate],
      ["$keys", keysOf],
      ["$drain", drain],
      ["$key", propertyKey],
      ["$rest", restOf],
      ["$use", use],
      ["$dispose", dispose],
      [
        "$function",
        (unit: number, made: object, captures: () => readonly unknown[]) =>
          travellingFunction(definition, unit, made, captures),
      ],
      ["$closure", (unit: number, captures: () => readonly unknown[]) => closure(definition, unit, captures)],
    ]);
    const { self } = definition.tree as FunctionLiteral;
    if (self !== null) provided.set(names.local(self), definition.value);
    return this.#evaluate(definition, code[index] as Entry, names, provided);
  }

  /** @param provided what the compiler's own names stand for. */
  #evaluate(
    { free, dependencies, origin }: Definition,
    { place, code }: Entry,
    names: Names,
    provided: ReadonlyMap<string, unknown>,
  ): unknown {
    const scope = new Scope(this.#realm, free, dependencies, names);
    const parameters = new Map([...provided, ...scope.parameters]);
    // A breakpoint on a line before the function stops there, where this has run once, and not in the function.
    const list = join([...parameters.keys()], ", ");
    const source = render(
      text`(function (${list}) { "use strict"; ${scope.late}${place}return ${code}\n})`,
      origin?.line ?? 1,
    );
    const url = origin === null ? "" : `\n//# sourceURL=${origin.file}`;
    const make = this.#realm.evaluate(source + url) as (...values: unknown[]) => unknown;
    return make(...parameters.values());
  }
}

/** What the free names of a definition stand for in its code. */
class Scope {
  readonly parameters: Map<string, unknown> = new Map();
  /** Declarations of what has no value yet, because its own evaluation is under way: functions that need one another. */
  readonly late: Text[] = [];

  constructor(realm: Realm, free: ReadonlyMap<string, Place>, dependencies: Definition["dependencies"], names: Names) {
    const waiting = new Map<string, Definition>();
    for (const name of free.keys()) {
      const written = names.free(name);
      const dependency = dependencies.get(name);
      if (dependency === undefined) {
        if (!isConstantName(name)) this.parameters.set(written, realm.global(name));
      } else if (dependency instanceof Builtin) {
        this.parameters.set(written, dependency.value);
      } else if (dependency.evaluating) {
        waiting.set(name, dependency);
        this.late.push(`let ${written}; $late(${JSON.stringify(name)}, ($value) => { ${written} = $value; }); `);
      } else {
        this.parameters.set(written, dependency.value);
      }
    }
    this.parameters.set("$late", (name: string, use: (value: unknown) => void) =>
      waiting.get(name)?.whenEvaluated(use),
    );
  }
}

/** Where code of this program runs, and of peers that are trusted as it is: in the node, with the rights of the node. */
export const inNode: Evaluator = new InRealm(nodeRealm, ask);
