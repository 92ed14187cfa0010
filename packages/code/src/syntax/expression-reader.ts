import type * as acorn from "acorn";
import { isCounter, isNaming } from "./residue.ts";
import { type Assignment, Reading } from "./reading.ts";
import type { FunctionScope, Scope } from "./scope.ts";
import type {
  Access,
  Call,
  ClassLiteral,
  Expression,
  FunctionLiteral,
  Key,
  Local,
  Pattern,
  Property,
  Rest,
  Spread,
} from "./tree.ts";

/** Reads expressions and patterns. */
export abstract class ExpressionReader extends Reading {
  protected abstract functionLiteral(
    node: acorn.Function,
    around: Scope,
    thisFrom: FunctionScope["thisFrom"],
  ): FunctionLiteral;

  protected abstract classLiteral(node: acorn.Class, around: Scope): ClassLiteral;

  // Expressions

  expression(node: acorn.Expression | acorn.Literal | acorn.Super, scope: Scope): Expression {
    const place = this.place(node);
    const read = (part: acorn.Expression | acorn.Super): Expression => this.expression(part, scope);
    switch (node.type) {
      case "Identifier":
        return this.read(node, scope);
      case "Literal":
        if (node.regex !== undefined) return { type: "RegularExpression", place, ...node.regex };
        if (typeof node.bigint === "string") return { type: "BigInteger", place, digits: String(BigInt(node.bigint)) };
        return { type: "Literal", place, value: node.value as string | number | boolean | null };
      case "TemplateLiteral":
        if (node.expressions.length === 0)
          return { type: "Literal", place, value: node.quasis[0]?.value.cooked as string };
        return {
          type: "Template",
          place,
          strings: node.quasis.map(({ value }) => value.cooked as string),
          values: node.expressions.map(read),
        };
      case "TaggedTemplateExpression": {
        const { quasis, expressions } = node.quasi;
        const cooked = quasis.map(({ value }) => value.cooked ?? null);
        return {
          type: "TaggedTemplate",
          place,
          tag: read(node.tag),
          cooked,
          raw: quasis.map(({ value }) => value.raw),
          values: expressions.map(read),
        };
      }
      case "ArrayExpression":
        return {
          type: "ArrayLiteral",
          place,
          elements: node.elements.map((element) => (element === null ? null : this.#spreadable(element, scope))),
        };
      case "ObjectExpression":
        return {
          type: "ObjectLiteral",
          place,
          properties: node.properties.map((property) => this.#property(property, scope)),
        };
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        return this.functionLiteral(node, scope, "own");
      case "ClassExpression":
        return this.classLiteral(node, scope);
      case "UnaryExpression":
        return this.#unary(node, scope);
      case "UpdateExpression":
        return {
          type: "Update",
          place,
          operator: node.operator,
          prefix: node.prefix,
          target: this.#updated(node.argument as acorn.Pattern, scope),
        };
      case "BinaryExpression":
        if (node.left.type === "PrivateIdentifier")
          return { type: "HasPrivate", place, name: node.left.name, object: read(node.right) };
        return { type: "Binary", place, operator: node.operator, left: read(node.left), right: read(node.right) };
      case "LogicalExpression":
        return { type: "Logical", place, operator: node.operator, left: read(node.left), right: read(node.right) };
      case "AssignmentExpression": {
        const target =
          node.operator === "=" ? this.pattern(node.left, scope, "assigned") : this.#updated(node.left, scope);
        return { type: "Assign", place, operator: node.operator, target, value: read(node.right) };
      }
      case "ConditionalExpression":
        return {
          type: "Conditional",
          place,
          test: read(node.test),
          consequent: read(node.consequent),
          alternate: read(node.alternate),
        };
      case "CallExpression": {
        const [named] = node.arguments;
        if (named !== undefined && this.isNaming(node, scope)) return read(named as acorn.Expression);
        return this.#call(node, scope);
      }
      case "NewExpression":
        return {
          type: "New",
          place,
          callee: read(node.callee),
          arguments: node.arguments.map((one) => this.#spreadable(one, scope)),
        };
      case "MemberExpression":
        return this.imported(node, scope) ?? this.#access(node, scope);
      case "ChainExpression": {
        const { expression } = node;
        return {
          type: "Chain",
          place,
          expression:
            expression.type === "CallExpression" ? this.#call(expression, scope) : this.#access(expression, scope),
        };
      }
      case "SequenceExpression":
        return this.#sequence(node, scope);
      case "YieldExpression":
        return {
          type: "Yield",
          place,
          delegate: node.delegate,
          argument: node.argument == null ? null : read(node.argument),
        };
      case "AwaitExpression":
        return { type: "Await", place, argument: read(node.argument) };
      case "ThisExpression":
        return this.keyword(node, "this", scope);
      case "Super":
        return this.keyword(node, "super", scope);
      case "MetaProperty":
        if (node.meta.name !== "new")
          return this.refuse(node, "`import.meta` is not available in a definition; pass what it tells as an argument");
        return this.keyword(node, "new.target", scope);
      case "ImportExpression":
        return this.refuse(
          node,
          "`import()` is not available in a definition; import at the top of the file and declare what you use as a dependency; modules of the platform are used by a remote.private",
        );
      default:
        return this.refuse(node, `${node.type} cannot be in a definition`);
    }
  }

  #unary(node: acorn.UnaryExpression, scope: Scope): Expression {
    const place = this.place(node);
    const { operator } = node;
    const argument = this.expression(node.argument, scope);
    if (argument.type === "Literal") {
      // What minifiers write for them.
      if (operator === "!" && (argument.value === 0 || argument.value === 1))
        return { type: "Literal", place, value: argument.value === 0 };
      if (operator === "void" && argument.value === 0) return this.freeName("undefined", node);
    }
    return { type: "Unary", place, operator, argument };
  }

  /** `__name(f, "f")`, where nothing of the author's is called so. */
  protected isNaming(node: acorn.Expression, scope: Scope): boolean {
    return this.tools !== null && isNaming(node) && scope.find((node.callee as acorn.Identifier).name) === null;
  }

  #spreadable(node: acorn.Expression | acorn.SpreadElement, scope: Scope): Expression | Spread {
    if (node.type !== "SpreadElement") return this.expression(node, scope);
    return { type: "Spread", place: this.place(node), argument: this.expression(node.argument, scope) };
  }

  #property(node: acorn.Property | acorn.SpreadElement, scope: Scope): Property | Spread {
    if (node.type === "SpreadElement") return this.#spreadable(node, scope) as Spread;
    let key = this.key(node.key, node.computed, scope);
    const kind = node.method ? "method" : node.kind === "init" ? "value" : node.kind;
    if (node.shorthand && key.type === "NamedKey" && key.name === "__proto__") {
      // { __proto__ } makes a property, { __proto__: x } sets the prototype: only a computed key keeps the first meaning.
      const { place, name } = key;
      key = { type: "ComputedKey", place, expression: { type: "Literal", place, value: name } };
    }
    const value =
      kind === "value"
        ? this.expression(node.value, scope)
        : this.functionLiteral(node.value as acorn.FunctionExpression, scope, "own");
    return { type: "Property", place: this.place(node), kind, key, value };
  }

  #call(node: acorn.CallExpression, scope: Scope): Call {
    const callee = this.expression(node.callee, scope);
    const values = node.arguments.map((one) => this.#spreadable(one, scope));
    return { type: "Call", place: this.place(node), callee, arguments: values, optional: node.optional };
  }

  #access(node: acorn.MemberExpression, scope: Scope): Access {
    const object = this.expression(node.object, scope);
    const key = this.key(node.property, node.computed, scope);
    return { type: "Access", place: this.place(node.property), object, key, optional: node.optional };
  }

  #sequence(node: acorn.SequenceExpression, scope: Scope): Expression {
    const kept = this.tools === null ? node.expressions : node.expressions.filter((one) => !isCounter(one));
    const expressions = kept.map((one) => this.expression(one, scope));
    const [first, second] = expressions;
    if (this.tools !== null && expressions.length <= 2) {
      // (0, module.f)(x) is how compilers call an imported function without a `this`.
      if (second === undefined) return first as Expression;
      if (isImport(second) && first?.type === "Literal" && first.value === 0) return second;
    }
    return { type: "Sequence", place: this.place(node), expressions };
  }

  // Patterns

  protected pattern(node: acorn.Pattern, scope: Scope, how: Assignment): Pattern {
    const place = this.place(node);
    switch (node.type) {
      case "Identifier":
        return this.target(node, scope, how);
      case "MemberExpression":
        return this.#access(node, scope);
      case "AssignmentPattern": {
        const value = this.expression(node.right, scope);
        return { type: "Default", place, target: this.pattern(node.left, scope, how), value };
      }
      case "ArrayPattern": {
        const elements = node.elements.map((element) =>
          element === null ? null : this.patternOrRest(element, scope, how),
        );
        return { type: "ArrayPattern", place, elements };
      }
      case "ObjectPattern": {
        const properties = node.properties.map((property) => {
          if (property.type === "RestElement") return this.patternOrRest(property, scope, how) as Rest;
          const key = this.key(property.key, property.computed, scope);
          const value = this.pattern(property.value, scope, how);
          return { type: "PatternProperty", place: this.place(property), key, value } as const;
        });
        return { type: "ObjectPattern", place, properties };
      }
      default:
        return this.refuse(node, `${node.type} cannot be assigned to`);
    }
  }

  protected patternOrRest(node: acorn.Pattern, scope: Scope, how: Assignment): Pattern | Rest {
    if (node.type !== "RestElement") return this.pattern(node, scope, how);
    return { type: "Rest", place: this.place(node), target: this.pattern(node.argument, scope, how) };
  }

  protected key(node: acorn.Expression | acorn.PrivateIdentifier, computed: boolean, scope: Scope): Key {
    const place = this.place(node);
    if (computed) return { type: "ComputedKey", place, expression: this.expression(node as acorn.Expression, scope) };
    if (node.type === "PrivateIdentifier") return { type: "PrivateKey", place, name: node.name };
    return {
      type: "NamedKey",
      place,
      name: node.type === "Identifier" ? node.name : String((node as acorn.Literal).value),
    };
  }

  /** The target of `x += 1` and `x++`. */
  #updated(node: acorn.Pattern, scope: Scope): Local | Access {
    if (node.type === "Identifier") return this.target(node, scope, "assigned");
    if (node.type === "MemberExpression") return this.#access(node, scope);
    return this.refuse(node, `${node.type} cannot be updated`);
  }
}

/** What an import is read as: a name, or the member of a builtin. */
function isImport(expression: Expression): boolean {
  return expression.type === "Free" || (expression.type === "Access" && expression.object.type === "Free");
}
