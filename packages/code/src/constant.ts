import { DefinitionError } from "./errors.ts";
import type { Expression, Place } from "./syntax/tree.ts";

const place: Place = { line: 1, column: 0 };

/**
 * A constant dependency as a tree: primitives, arrays and plain objects. What is behind a reference, can change or belongs to this
 * machine is no constant.
 *
 * @throws DefinitionError naming the path inside the value and the remedy.
 */
export function constantTree(value: unknown, name: string, around: readonly object[] = []): Expression {
  switch (typeof value) {
    case "string":
    case "boolean":
      return { type: "Literal", place, value };
    case "undefined":
      return { type: "Free", place, name: "undefined" };
    case "number":
      return numberTree(value);
    case "bigint":
      return signed(value < 0n, { type: "BigInteger", place, digits: String(value < 0n ? -value : value) });
    case "object":
      if (value === null) return { type: "Literal", place, value };
      if (around.includes(value)) throw notConstant(name, "it holds itself");
      if (Array.isArray(value)) {
        return {
          type: "ArrayLiteral",
          place,
          elements: Array.from(value, (element: unknown, index) =>
            constantTree(element, `${name}[${index}]`, [...around, value]),
          ),
        };
      }
      if (isPlain(value)) return objectTree(value, name, around);
      throw notConstant(name, `it is an instance of ${className(value)}`);
    default:
      throw notConstant(name, `it is a ${typeof value}`);
  }
}

/**
 * The value of a constant's tree, frozen all through: every user of the constant shares it.
 *
 * @throws DefinitionError when the tree, which may come from a peer, is no constant.
 */
export function constantValue(tree: Expression, name: string): unknown {
  switch (tree.type) {
    case "Literal":
      return tree.value;
    case "BigInteger":
      return BigInt(tree.digits);
    case "Unary": {
      const value = constantValue(tree.argument, name);
      if (tree.operator === "-" && (typeof value === "number" || typeof value === "bigint")) return -value;
      break;
    }
    case "Free":
      if (tree.name === "undefined") return undefined;
      if (tree.name === "NaN") return NaN;
      break;
    case "ArrayLiteral":
      return Object.freeze(
        tree.elements.map((element) => {
          if (element === null || element.type === "Spread") throw new DefinitionError(`${name}: not a constant`);
          return constantValue(element, name);
        }),
      );
    case "ObjectLiteral": {
      const object = {};
      for (const property of tree.properties) {
        if (property.type === "Spread" || property.kind !== "value")
          throw new DefinitionError(`${name}: not a constant`);
        const { key } = property;
        const named =
          key.type === "NamedKey" ? key.name : key.type === "ComputedKey" ? constantValue(key.expression, name) : null;
        if (typeof named !== "string") throw new DefinitionError(`${name}: not a constant`);
        Object.defineProperty(object, named, { value: constantValue(property.value, name), enumerable: true });
      }
      return Object.freeze(object);
    }
    default:
  }
  throw new DefinitionError(`${name}: not a constant`);
}

function objectTree(value: object, name: string, around: readonly object[]): Expression {
  if (Object.getOwnPropertySymbols(value).length > 0) throw notConstant(name, "it has a symbol for a key");
  const properties = Object.entries(Object.getOwnPropertyDescriptors(value)).map(([key, descriptor]) => {
    if (!("value" in descriptor)) throw notConstant(`${name}.${key}`, "it is computed by a getter");
    const tree = constantTree(descriptor.value, `${name}.${key}`, [...around, value]);
    // { __proto__: x } would set the prototype.
    const literal = { type: "Literal", place, value: key } as const;
    const written =
      key === "__proto__"
        ? ({ type: "ComputedKey", place, expression: literal } as const)
        : ({ type: "NamedKey", place, name: key } as const);
    return { type: "Property", place, kind: "value", key: written, value: tree } as const;
  });
  return { type: "ObjectLiteral", place, properties };
}

function numberTree(value: number): Expression {
  if (Number.isNaN(value)) return { type: "Free", place, name: "NaN" };
  return signed(value < 0 || Object.is(value, -0), { type: "Literal", place, value: Math.abs(value) });
}

function signed(negative: boolean, argument: Expression): Expression {
  return negative ? { type: "Unary", place, operator: "-", argument } : argument;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function className(value: object): string {
  return (value.constructor as { name?: string } | undefined)?.name ?? "an unknown class";
}

function notConstant(name: string, what: string): DefinitionError {
  return new DefinitionError(
    `dependency \`${name}\`: ${what}; a dependency is a remote, an fn, a function, a class, a builtin or a constant of plain data. Pass anything else as an argument`,
  );
}
