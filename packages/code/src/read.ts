import type * as acorn from "acorn";
import { Label } from "./binding.ts";
import { refuse } from "./errors.ts";
import { parseExpression, parseFunction } from "./parse.ts";
import { isCounter, isKeepName, isNamingBlock, type Tools } from "./residue.ts";
import {
  type BlockDeclaration,
  blockDeclarations,
  type Declared,
  FunctionScope,
  headerDeclaration,
  hoistedNames,
  patternNames,
  Scope,
  variableDeclarations,
} from "./scope.ts";
import type {
  Access,
  Block,
  Call,
  Case,
  ClassLiteral,
  Declare,
  Evaluate,
  Expression,
  Free,
  FunctionLiteral,
  Handler,
  Key,
  Local,
  Pattern,
  Place,
  Property,
  Rest,
  Spread,
  Statement,
} from "./tree.ts";

/** A definition's source, read. */
export interface Source {
  readonly root: FunctionLiteral | ClassLiteral;
  /** The names that it uses and does not declare, each with the place where it is used first. */
  readonly free: ReadonlyMap<string, Place>;
}

/**
 * Reads the text of a function or class into a tree.
 *
 * @param tools what build tools may have done to the text; null for text that no tool has touched.
 * @throws DefinitionError for syntax that cannot be in a definition, naming the line and what to write instead.
 */
export function readFunction(text: string, name: string, tools: Tools | null): Source {
  const { node, shift } = parseFunction(text, name);
  const reader = new Reader(name, shift, tools);
  const root = reader.root(node);
  return { root, free: reader.free };
}

/** Reads the text of a constant: {@link constantOf} says which expressions are one. */
export function readExpression(text: string, name: string): Expression {
  const node = parseExpression(text, name);
  return new Reader(name, 1, null).expression(node, new Scope(null, new FunctionScope(0, "outside")));
}

/** How a pattern's variables get their values: from outside (arguments, a catch), by their declaration, or later. */
type Assignment = "given" | "declared" | "assigned";

class Reader {
  readonly free = new Map<string, Place>();
  readonly #name: string;
  readonly #shift: number;
  readonly #tools: Tools | null;
  #bindings = 0;

  constructor(name: string, shift: number, tools: Tools | null) {
    this.#name = name;
    this.#shift = shift;
    this.#tools = tools;
  }

  root(
    node: acorn.FunctionExpression | acorn.ArrowFunctionExpression | acorn.ClassExpression,
  ): FunctionLiteral | ClassLiteral {
    const outside = new Scope(null, new FunctionScope(0, "outside"));
    return node.type === "ClassExpression" ? this.#class(node, outside) : this.#function(node, outside, "definition");
  }

  // Functions and classes

  #function(node: acorn.Function, around: Scope, thisFrom: FunctionScope["thisFrom"]): FunctionLiteral {
    const arrow = node.type === "ArrowFunctionExpression";
    let scope = around;
    let self: Declared | null = null;
    if (node.type === "FunctionExpression" && node.id != null) {
      scope = new Scope(scope, around.function);
      self = this.#declare(scope, node.id.name, "self");
    }
    const owner = new FunctionScope(around.function.depth + 1, arrow ? around.function.thisFrom : thisFrom);
    scope = new Scope(scope, owner);
    for (const name of node.params.flatMap(patternNames)) this.#declare(scope, name, "parameter").ready = true;
    const { body } = node;
    if (body.type === "BlockStatement") {
      for (const name of hoistedNames(body)) this.#declare(scope, name, "var").ready = true;
      this.#declareAll(scope, blockDeclarations(body.body));
    }
    const parameters = node.params.map((parameter) => this.#patternOrRest(parameter, scope, "given"));
    const statements =
      body.type === "BlockStatement"
        ? this.#statements(body.body, scope)
        : [{ type: "Return", place: this.#place(body), argument: this.expression(body, scope) } as const];
    const literal: FunctionLiteral = {
      type: "FunctionLiteral",
      place: this.#place(node),
      arrow,
      async: node.async,
      generator: node.generator,
      self: self?.used === true ? self.binding : null,
      parameters,
      body: statements,
    };
    if (self !== null) self.binding.initial = literal;
    return literal;
  }

  #class(node: acorn.Class, around: Scope): ClassLiteral {
    const scope = new Scope(around, around.function);
    const self = node.type === "ClassExpression" && node.id != null ? this.#declare(scope, node.id.name, "self") : null;
    const inside = new Scope(scope, new FunctionScope(around.function.depth + 1, "own"));
    const members: ClassLiteral["members"][number][] = [];
    const superclass = node.superClass == null ? null : this.expression(node.superClass, scope);
    for (const member of node.body.body) {
      const place = this.#place(member);
      if (member.type === "StaticBlock") {
        if (this.#tools !== null && isNamingBlock(member)) continue;
        const block = new Scope(inside, inside.function);
        for (const name of member.body.flatMap(hoistedNames)) this.#declare(block, name, "var").ready = true;
        this.#declareAll(block, blockDeclarations(member.body));
        members.push({ type: "StaticBlock", place, body: this.#statements(member.body, block) });
        continue;
      }
      const key = this.#key(member.key, member.computed, scope);
      if (member.type === "PropertyDefinition") {
        const value = member.value == null ? null : this.expression(member.value, inside);
        members.push({ type: "Field", place, static: member.static, key, value });
      } else {
        const value = this.#function(member.value, scope, "own");
        members.push({ type: "Method", place, kind: member.kind, static: member.static, key, value });
      }
    }
    return {
      type: "ClassLiteral",
      place: this.#place(node),
      self: self?.used === true ? self.binding : null,
      superclass,
      members,
    };
  }

  // Statements

  #statements(nodes: readonly acorn.Statement[], scope: Scope): Statement[] {
    return nodes.flatMap((node) => this.#statement(node, scope));
  }

  /** One statement may become none (an empty one, a directive) or several (`let a, b`). */
  #statement(node: acorn.Statement, scope: Scope): Statement[] {
    const place = this.#place(node);
    switch (node.type) {
      case "EmptyStatement":
        return [];
      case "ExpressionStatement":
        if (node.directive !== undefined) return [];
        if (this.#tools !== null && isCounter(node.expression)) return [];
        return [{ type: "Evaluate", place, expression: this.expression(node.expression, scope) }];
      case "BlockStatement":
        return [this.#block(node, scope)];
      case "VariableDeclaration":
        return this.#variables(node, scope);
      case "FunctionDeclaration": {
        const { binding } = this.#find(node.id, scope);
        const value = this.#function(node, scope, "own");
        this.#initialise(node.id, scope, value);
        return [{ type: "DeclareFunction", place, binding, value }];
      }
      case "ClassDeclaration": {
        const { binding } = this.#find(node.id, scope);
        const value = this.#class(node, scope);
        this.#initialise(node.id, scope, value);
        return [{ type: "DeclareClass", place, binding, value }];
      }
      case "IfStatement": {
        const test = this.expression(node.test, scope);
        const consequent = this.#block(node.consequent, scope);
        return [
          {
            type: "If",
            place,
            test,
            consequent,
            alternate: node.alternate == null ? null : this.#block(node.alternate, scope),
          },
        ];
      }
      case "ForStatement":
        return [this.#for(node, scope)];
      case "ForInStatement":
      case "ForOfStatement":
        return [this.#forEach(node, scope)];
      case "WhileStatement":
        return [{ type: "While", place, test: this.expression(node.test, scope), body: this.#block(node.body, scope) }];
      case "DoWhileStatement":
        return [
          { type: "DoWhile", place, body: this.#block(node.body, scope), test: this.expression(node.test, scope) },
        ];
      case "ReturnStatement":
        return [
          { type: "Return", place, argument: node.argument == null ? null : this.expression(node.argument, scope) },
        ];
      case "ThrowStatement":
        return [{ type: "Throw", place, argument: this.expression(node.argument, scope) }];
      case "BreakStatement":
      case "ContinueStatement": {
        const label = node.label == null ? null : scope.findLabel(node.label.name);
        return [{ type: node.type === "BreakStatement" ? "Break" : "Continue", place, label }];
      }
      case "LabeledStatement": {
        const label = new Label(node.label.name);
        const [body] = this.#statement(node.body, scope.labeled(label));
        return [{ type: "Labeled", place, label, body: body ?? { type: "Block", place, body: [] } }];
      }
      case "SwitchStatement": {
        const subject = this.expression(node.discriminant, scope);
        const inner = new Scope(scope, scope.function);
        this.#declareAll(inner, blockDeclarations(node.cases.flatMap((one) => one.consequent)));
        const cases = node.cases.map((one): Case => {
          const test = one.test == null ? null : this.expression(one.test, inner);
          return { type: "Case", place: this.#place(one), test, body: this.#statements(one.consequent, inner) };
        });
        return [{ type: "Switch", place, subject, cases }];
      }
      case "TryStatement": {
        const { body } = this.#block(node.block, scope);
        const handler = node.handler == null ? null : this.#handler(node.handler, scope);
        return [
          {
            type: "Try",
            place,
            body,
            handler,
            finalizer: node.finalizer == null ? null : this.#block(node.finalizer, scope).body,
          },
        ];
      }
      case "DebuggerStatement":
        return [{ type: "Debugger", place }];
      default:
        return this.#refuse(node, `${node.type} cannot be in a definition`);
    }
  }

  /** A statement as a block: `if (a) b();` and `if (a) { b(); }` are one tree. */
  #block(node: acorn.Statement, scope: Scope): Block {
    const place = this.#place(node);
    if (node.type !== "BlockStatement") return { type: "Block", place, body: this.#statement(node, scope) };
    const inner = new Scope(scope, scope.function);
    this.#declareAll(inner, blockDeclarations(node.body));
    return { type: "Block", place, body: this.#statements(node.body, inner) };
  }

  #variables(node: acorn.VariableDeclaration, scope: Scope): Declare[] {
    const { kind } = node;
    if (kind === "using" || kind === "await using") {
      return this.#refuse(node, `\`${kind}\` is not supported in a definition; write try and finally`);
    }
    return node.declarations.map(({ id, init }, index): Declare => {
      if (kind === "var") this.#refuseCaughtVar(id, scope);
      const value = init == null ? null : this.expression(init, scope);
      const target = this.#pattern(id, scope, value === null && kind === "var" ? "given" : "declared");
      if (
        kind === "const" &&
        target.type === "Local" &&
        (value?.type === "FunctionLiteral" || value?.type === "ClassLiteral")
      ) {
        target.binding.initial = value;
      }
      return { type: "Declare", place: this.#place(index === 0 ? node : id), kind, target, value };
    });
  }

  /** `catch (e) { var e = 1; }` gives the caught `e` a value and leaves the function's `e` alone: nobody means that. */
  #refuseCaughtVar(id: acorn.Pattern, scope: Scope): void {
    for (const name of patternNames(id)) {
      if (scope.find(name)?.binding.kind === "catch")
        this.#refuse(id, `\`var ${name}\` redeclares what a catch has caught; rename it`);
    }
  }

  #for(node: acorn.ForStatement, around: Scope): Statement {
    const scope = new Scope(around, around.function);
    const declaration = headerDeclaration(node.init);
    let initial: (Declare | Evaluate)[] = [];
    if (declaration !== null) {
      this.#declareAll(scope, variableDeclarations(declaration));
      initial = this.#variables(declaration, scope);
    } else if (node.init != null) {
      const expression = this.expression(node.init as acorn.Expression, scope);
      initial = [{ type: "Evaluate", place: this.#place(node.init), expression }];
    }
    const test = node.test == null ? null : this.expression(node.test, scope);
    const update = node.update == null ? null : this.expression(node.update, scope);
    return { type: "For", place: this.#place(node), initial, test, update, body: this.#block(node.body, scope) };
  }

  #forEach(node: acorn.ForInStatement | acorn.ForOfStatement, around: Scope): Statement {
    const scope = new Scope(around, around.function);
    const declaration = headerDeclaration(node.left);
    if (declaration !== null) this.#declareAll(scope, variableDeclarations(declaration));
    const subject = this.expression(node.right, scope);
    const id = declaration?.declarations[0]?.id ?? (node.left as acorn.Pattern);
    const declares = declaration?.kind ?? null;
    if (declares === "using" || declares === "await using") {
      return this.#refuse(node, `\`${declares}\` is not supported in a definition; write try and finally`);
    }
    const target = this.#pattern(id, scope, declares === null ? "assigned" : "declared");
    const kind = node.type === "ForInStatement" ? "in" : node.await ? "await of" : "of";
    return {
      type: "ForEach",
      place: this.#place(node),
      kind,
      declares,
      target,
      subject,
      body: this.#block(node.body, scope),
    };
  }

  #handler(node: acorn.CatchClause, around: Scope): Handler {
    const scope = new Scope(around, around.function);
    const names = node.param == null ? [] : patternNames(node.param);
    for (const name of names) this.#declare(scope, name, "catch").ready = true;
    const parameter = node.param == null ? null : this.#pattern(node.param, scope, "given");
    return { type: "Handler", place: this.#place(node), parameter, body: this.#block(node.body, scope).body };
  }

  // Patterns

  #pattern(node: acorn.Pattern, scope: Scope, how: Assignment): Pattern {
    const place = this.#place(node);
    switch (node.type) {
      case "Identifier":
        return this.#target(node, scope, how);
      case "MemberExpression":
        return this.#access(node, scope);
      case "AssignmentPattern": {
        const value = this.expression(node.right, scope);
        return { type: "Default", place, target: this.#pattern(node.left, scope, how), value };
      }
      case "ArrayPattern": {
        const elements = node.elements.map((element) =>
          element === null ? null : this.#patternOrRest(element, scope, how),
        );
        return { type: "ArrayPattern", place, elements };
      }
      case "ObjectPattern": {
        const properties = node.properties.map((property) => {
          if (property.type === "RestElement") return this.#patternOrRest(property, scope, how) as Rest;
          const key = this.#key(property.key, property.computed, scope);
          const value = this.#pattern(property.value, scope, how);
          return { type: "PatternProperty", place: this.#place(property), key, value } as const;
        });
        return { type: "ObjectPattern", place, properties };
      }
      default:
        return this.#refuse(node, `${node.type} cannot be assigned to`);
    }
  }

  #patternOrRest(node: acorn.Pattern, scope: Scope, how: Assignment): Pattern | Rest {
    if (node.type !== "RestElement") return this.#pattern(node, scope, how);
    return { type: "Rest", place: this.#place(node), target: this.#pattern(node.argument, scope, how) };
  }

  #key(node: acorn.Expression | acorn.PrivateIdentifier, computed: boolean, scope: Scope): Key {
    const place = this.#place(node);
    if (computed) return { type: "ComputedKey", place, expression: this.expression(node as acorn.Expression, scope) };
    if (node.type === "PrivateIdentifier") return { type: "PrivateKey", place, name: node.name };
    return {
      type: "NamedKey",
      place,
      name: node.type === "Identifier" ? node.name : String((node as acorn.Literal).value),
    };
  }

  // Expressions

  expression(node: acorn.Expression | acorn.Literal | acorn.Super, scope: Scope): Expression {
    const place = this.#place(node);
    const read = (part: acorn.Expression | acorn.Super): Expression => this.expression(part, scope);
    switch (node.type) {
      case "Identifier":
        return this.#read(node, scope);
      case "Literal":
        if (node.regex !== undefined) return { type: "RegularExpression", place, ...node.regex };
        if (typeof node.bigint === "string") return { type: "BigInteger", place, digits: String(BigInt(node.bigint)) };
        return { type: "Literal", place, value: node.value as string | number | boolean | null };
      case "TemplateLiteral":
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
        return this.#function(node, scope, "own");
      case "ClassExpression":
        return this.#class(node, scope);
      case "UnaryExpression":
        return { type: "Unary", place, operator: node.operator, argument: read(node.argument) };
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
          node.operator === "=" ? this.#pattern(node.left, scope, "assigned") : this.#updated(node.left, scope);
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
        if (
          this.#tools !== null &&
          node.callee.type === "Identifier" &&
          isKeepName(node.callee.name) &&
          named !== undefined
        ) {
          if (scope.find(node.callee.name) === null) return read(named as acorn.Expression);
        }
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
        return this.#imported(node, scope) ?? this.#access(node, scope);
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
        return this.#keyword(node, "this", scope);
      case "Super":
        return this.#keyword(node, "super", scope);
      case "MetaProperty":
        if (node.meta.name !== "new")
          return this.#refuse(
            node,
            "`import.meta` is not available in a definition; pass what it tells as an argument",
          );
        return this.#keyword(node, "new.target", scope);
      case "ImportExpression":
        return this.#refuse(
          node,
          "`import()` is not available in a definition; import at the top of the file and declare what you use as a dependency",
        );
      default:
        return this.#refuse(node, `${node.type} cannot be in a definition`);
    }
  }

  #spreadable(node: acorn.Expression | acorn.SpreadElement, scope: Scope): Expression | Spread {
    if (node.type !== "SpreadElement") return this.expression(node, scope);
    return { type: "Spread", place: this.#place(node), argument: this.expression(node.argument, scope) };
  }

  #property(node: acorn.Property | acorn.SpreadElement, scope: Scope): Property | Spread {
    if (node.type === "SpreadElement") return this.#spreadable(node, scope) as Spread;
    let key = this.#key(node.key, node.computed, scope);
    const kind = node.method ? "method" : node.kind === "init" ? "value" : node.kind;
    if (node.shorthand && key.type === "NamedKey" && key.name === "__proto__") {
      // { __proto__ } makes a property, { __proto__: x } sets the prototype: only a computed key keeps the first meaning.
      const { place, name } = key;
      key = { type: "ComputedKey", place, expression: { type: "Literal", place, value: name } };
    }
    const value =
      kind === "value"
        ? this.expression(node.value, scope)
        : this.#function(node.value as acorn.FunctionExpression, scope, "own");
    return { type: "Property", place: this.#place(node), kind, key, value };
  }

  #call(node: acorn.CallExpression, scope: Scope): Call {
    const callee = this.expression(node.callee, scope);
    const values = node.arguments.map((one) => this.#spreadable(one, scope));
    return { type: "Call", place: this.#place(node), callee, arguments: values, optional: node.optional };
  }

  #access(node: acorn.MemberExpression, scope: Scope): Access {
    const object = this.expression(node.object, scope);
    const key = this.#key(node.property, node.computed, scope);
    return { type: "Access", place: this.#place(node.property), object, key, optional: node.optional };
  }

  #sequence(node: acorn.SequenceExpression, scope: Scope): Expression {
    const kept = this.#tools === null ? node.expressions : node.expressions.filter((one) => !isCounter(one));
    const expressions = kept.map((one) => this.expression(one, scope));
    const [first, second] = expressions;
    if (this.#tools !== null && expressions.length <= 2) {
      // (0, module.f)(x) is how compilers call an imported function without a `this`.
      if (second === undefined) return first as Expression;
      if (second.type === "Free" && first?.type === "Literal" && first.value === 0) return second;
    }
    return { type: "Sequence", place: this.#place(node), expressions };
  }

  #keyword(node: acorn.Node, keyword: "this" | "super" | "arguments" | "new.target", scope: Scope): Expression {
    if (scope.function.thisFrom !== "own") {
      const remedy = keyword === "arguments" ? "use rest parameters" : "pass it as an argument";
      return this.#refuse(
        node,
        `\`${keyword}\` of the definition itself is not available: it may run on another machine; ${remedy}`,
      );
    }
    return { type: "Keyword", place: this.#place(node), keyword };
  }

  // Names

  #read(node: acorn.Identifier, scope: Scope): Expression {
    const declared = scope.find(node.name);
    if (declared === null) {
      if (node.name === "arguments") return this.#keyword(node, "arguments", scope);
      return this.#freeName(this.#tools?.original(node.name, null) ?? node.name, node);
    }
    declared.used = true;
    if (!declared.ready && declared.function === scope.function)
      this.#refuse(node, `\`${node.name}\` is used before its declaration`);
    return { type: "Local", place: this.#place(node), binding: declared.binding };
  }

  #target(node: acorn.Identifier, scope: Scope, how: Assignment): Local {
    const declared = scope.find(node.name);
    if (declared === null)
      return this.#refuse(
        node,
        `assignment to \`${node.name}\`, which is not a local: what is outside a definition is constant`,
      );
    const { binding } = declared;
    if (how === "assigned") {
      declared.used = true;
      if (binding.kind === "const" || binding.kind === "self")
        this.#refuse(node, `assignment to the constant \`${node.name}\``);
      if (!declared.ready && declared.function === scope.function)
        this.#refuse(node, `\`${node.name}\` is assigned before its declaration`);
    } else {
      declared.ready = true;
    }
    if (how !== "given") binding.writes++;
    return { type: "Local", place: this.#place(node), binding };
  }

  /** The target of `x += 1` and `x++`. */
  #updated(node: acorn.Pattern, scope: Scope): Local | Access {
    if (node.type === "Identifier") return this.#target(node, scope, "assigned");
    if (node.type === "MemberExpression") return this.#access(node, scope);
    return this.#refuse(node, `${node.type} cannot be updated`);
  }

  /** `__vi_import_0__.x`, which was `x`. */
  #imported(node: acorn.MemberExpression, scope: Scope): Free | null {
    const { object, property } = node;
    if (this.#tools === null || node.computed || object.type !== "Identifier" || property.type !== "Identifier")
      return null;
    if (scope.find(object.name) !== null) return null;
    const original = this.#tools.original(object.name, property.name);
    return original === null ? null : this.#freeName(original, node);
  }

  #freeName(name: string, node: acorn.Node): Free {
    const place = this.#place(node);
    if (!this.free.has(name)) this.free.set(name, place);
    return { type: "Free", place, name };
  }

  #find(id: acorn.Identifier, scope: Scope): Declared {
    const declared = scope.find(id.name);
    if (declared === null) throw new Error(`${id.name}: every declaration is hoisted before its statements are read`);
    return declared;
  }

  #initialise(id: acorn.Identifier, scope: Scope, value: FunctionLiteral | ClassLiteral): void {
    const declared = this.#find(id, scope);
    declared.ready = true;
    declared.binding.writes++;
    declared.binding.initial = value;
  }

  #declareAll(scope: Scope, declarations: readonly BlockDeclaration[]): void {
    for (const [name, kind] of declarations) {
      const declared = this.#declare(scope, name, kind);
      if (kind === "function") declared.ready = true;
    }
  }

  #declare(scope: Scope, name: string, kind: Declared["binding"]["kind"]): Declared {
    const declared = scope.declare(name, kind, () => this.#bindings++);
    if (kind === "self") declared.ready = true;
    return declared;
  }

  // Places and problems

  #place(node: acorn.Node): Place {
    const { line, column } = (node.loc as acorn.SourceLocation).start;
    return { line, column: line === 1 ? column - this.#shift : column };
  }

  #refuse(node: acorn.Node, problem: string): never {
    return refuse(this.#name, problem, this.#place(node).line);
  }
}
