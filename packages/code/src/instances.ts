import type { Hash, TravellingClass, TravellingInstances } from "@espalier/runtime";
import { type Definition, functionValues } from "./definition.ts";
import { CodeRefusedError } from "./errors.ts";
import type { ClassLiteral } from "./syntax/tree.ts";

/** Who has the definitions that peers sent. */
interface Definitions {
  definition(hash: Hash): Definition;
}

/** How instances of declared classes cross machines, for a node whose definitions are in `store`. */
export function codeInstances(store: Definitions): TravellingInstances {
  return {
    classOf(prototype) {
      const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
      const definition = functionValues.definitionOf(constructor);
      if (definition === null || (constructor as Function).prototype !== prototype) return null;
      return describe(definition, constructor as Function);
    },
    classNamed(hash) {
      const definition = store.definition(hash);
      if (definition.tree.type !== "ClassLiteral")
        throw new CodeRefusedError(`definition ${definition.name} (${hash}) is no class, and has no instances`);
      const { value } = definition;
      const known = typeof value === "function" ? describe(definition, value) : null;
      if (known === null) throw new CodeRefusedError(`definition ${definition.name} (${hash}) makes no class`);
      return known;
    },
  };
}

/** What every class but one that extends null ends in: a class of the language whose instances the codec can make. */
const bases: ReadonlySet<unknown> = new Set([
  Object,
  Array,
  Map,
  Set,
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
]);

const known = new WeakMap<Function, Omit<TravellingClass, "hash">>();

function describe(definition: Definition, type: Function): TravellingClass | null {
  if (definition.tree.type !== "ClassLiteral") return null;
  let shape = known.get(type);
  if (shape === undefined) {
    shape = { name: definition.name, type, ...ancestry(type) };
    known.set(type, shape);
  }
  return { ...shape, hash: definition.hash };
}

/** Follows the chain of prototypes: what a class extends is known only once it is made. */
function ancestry(type: Function): { readonly base: Function; readonly problem: string | null } {
  let above: unknown = type;
  for (;;) {
    if (bases.has(above)) return { base: above as Function, problem: null };
    const definition = functionValues.definitionOf(above);
    if (typeof above !== "function" || definition === null || definition.tree.type !== "ClassLiteral") {
      return {
        base: Object,
        problem: `whose class extends ${nameOf(above)}, which does not travel; extend a class that is a dependency, Error, Array, Map or Set`,
      };
    }
    const member = privateMember(definition.tree);
    if (member !== null) {
      return {
        base: Object,
        problem: `whose field ${member} is private: nobody outside of the class can read it. Declare it without the #, such as _${member.slice(1)}, or send what is in it`,
      };
    }
    const prototype: unknown = Object.getPrototypeOf((above as { readonly prototype: object }).prototype);
    above = prototype === null ? null : Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  }
}

/** A field or method that only the constructor can give an instance. */
function privateMember({ members }: ClassLiteral): string | null {
  for (const member of members) {
    if (member.type !== "StaticBlock" && !member.static && member.key.type === "PrivateKey")
      return member.key.name.startsWith("#") ? member.key.name : `#${member.key.name}`;
  }
  return null;
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return typeof value === "function" && value.name !== "" ? value.name : "an unnamed class";
}
