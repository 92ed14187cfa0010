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

/** Makes a function inside a definition from what it captured. */
type FunctionMaker = (...captures: readonly unknown[]) => object;

/** What the code of a remote definition evaluates to. */
interface Evaluated {
  readonly units: readonly UnitCode[];
  readonly functions: readonly FunctionMaker[];
}

/**
 * Runs code in a realm, printed from the tree that was hashed, with nothing in scope but what its definition names: its dependencies,
 * builtins and standard globals, each as a parameter. Evaluating makes functions and runs none of their statements; only the static parts
 * of a class run.
 */
export class InRealm implements Evaluator {
  readonly #realm: Realm;
  readonly #evaluatedOf = new WeakMap<Definition, Evaluated>();

  constructor(realm: Realm) {
    this.#realm = realm;
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
    return this.#evaluate(definition, code, names, new Map());
  }

  function(definition: Definition, index: number, captures: readonly unknown[]): object {
    const { functions } = this.#evaluated(definition);
    const make = functions[index - definition.compiled.units.length];
    if (make === undefined) throw new RangeError(`${definition.name} has no function ${index}`);
    return make(...captures);
  }

  #unit(definition: Definition, index: number): UnitCode {
    const unit = this.#evaluated(definition).units[index];
    if (unit === undefined) throw new RangeError(`${definition.name} has no unit ${index}`);
    return unit;
  }

  #evaluated(definition: Definition): Evaluated {
    const known = this.#evaluatedOf.get(definition);
    if (known !== undefined) return known;
    const evaluated = this.#evaluateUnits(definition);
    this.#evaluatedOf.set(definition, evaluated);
    return evaluated;
  }

  #evaluateUnits(definition: Definition): Evaluated {
    const { code, units, names } = definition.compiled;
    const provided = new Map<string, unknown>([
      ["$S", question],
      ["$K", endOrder],
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
    const { origin } = definition;
    const { self } = definition.tree as FunctionLiteral;
    if (self !== null) provided.set(names.local(self), definition.value);
    const entries = this.#evaluate(definition, code, names, provided) as readonly unknown[];
    return {
      units: units.map((shape, unit) => ({
        definition,
        unit,
        shape,
        start: entries[unit] as UnitFunction,
        origin,
        explain: (value) => explainFunction(value, (source) => definition.compiled.explain(source)),
      })),
      functions: entries.slice(units.length) as FunctionMaker[],
    };
  }

  /** @param provided what the compiler's own names stand for. */
  #evaluate(
    { free, dependencies, origin }: Definition,
    code: Text,
    names: Names,
    provided: ReadonlyMap<string, unknown>,
  ): unknown {
    const scope = new Scope(this.#realm, free, dependencies, names);
    const parameters = new Map([...provided, ...scope.parameters]);
    const list = join([...parameters.keys()], ", ");
    const source = render(text`(function (${list}) { "use strict"; ${scope.late}return ${code}\n})`, origin?.line ?? 1);
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
export const inNode: Evaluator = new InRealm(nodeRealm);
