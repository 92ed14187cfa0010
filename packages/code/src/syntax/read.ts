import type * as acorn from "acorn";
import { Label } from "./binding.ts";
import { ExpressionReader } from "./expression-reader.ts";
import { parseExpression, parseFunction } from "./parse.ts";
import { isCounter, isNamingBlock, type Tools } from "./residue.ts";
import {
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
  Block,
  Case,
  ClassLiteral,
  Declare,
  Evaluate,
  Expression,
  ForEach,
  FunctionLiteral,
  Handler,
  Node,
  Place,
  Statement,
} from "./tree.ts";
import { targets, walk } from "./walk.ts";

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

/**
 * Reads the text of one expression, which declares nothing around it.
 *
 * @throws DefinitionError when it is none.
 */
export function readExpression(text: string, name: string): Expression {
  const node = parseExpression(text, name);
  return new Reader(name, 1, null).expression(node, new Scope(null, new FunctionScope("outside")));
}

/** Reads functions, classes and statements. */
class Reader extends ExpressionReader {
  root(
    node: acorn.FunctionExpression | acorn.ArrowFunctionExpression | acorn.ClassExpression,
  ): FunctionLiteral | ClassLiteral {
    const outside = new Scope(null, new FunctionScope("outside"));
    const root =
      node.type === "ClassExpression"
        ? this.classLiteral(node, outside)
        : this.functionLiteral(node, outside, "definition");
    walk(root, settle);
    return root;
  }

  // Functions and classes

  protected override functionLiteral(
    node: acorn.Function,
    around: Scope,
    thisFrom: FunctionScope["thisFrom"],
  ): FunctionLiteral {
    const arrow = node.type === "ArrowFunctionExpression";
    let scope = around;
    let self: Declared | null = null;
    if (node.type === "FunctionExpression" && node.id != null) {
      scope = new Scope(scope, around.function);
      self = this.introduce(scope, node.id.name, "self");
    }
    const owner = new FunctionScope(arrow ? around.function.thisFrom : thisFrom);
    scope = new Scope(scope, owner);
    for (const name of node.params.flatMap(patternNames)) this.introduce(scope, name, "parameter").ready = true;
    const { body } = node;
    if (body.type === "BlockStatement") {
      for (const name of hoistedNames(body)) this.introduce(scope, name, "var").ready = true;
      this.introduceAll(scope, blockDeclarations(body.body));
    }
    const parameters = node.params.map((parameter) => this.patternOrRest(parameter, scope, "given"));
    const statements =
      body.type === "BlockStatement"
        ? this.#statements(body.body, scope)
        : [{ type: "Return", place: this.place(body), argument: this.expression(body, scope) } as const];
    const literal: FunctionLiteral = {
      type: "FunctionLiteral",
      place: this.place(node),
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

  protected override classLiteral(node: acorn.Class, around: Scope): ClassLiteral {
    const scope = new Scope(around, around.function);
    const self =
      node.type === "ClassExpression" && node.id != null ? this.introduce(scope, node.id.name, "self") : null;
    const inside = new Scope(scope, new FunctionScope("own"));
    const members: ClassLiteral["members"][number][] = [];
    const superclass = node.superClass == null ? null : this.expression(node.superClass, scope);
    for (const member of node.body.body) {
      const place = this.place(member);
      if (member.type === "StaticBlock") {
        if (this.tools !== null && isNamingBlock(member)) continue;
        const block = new Scope(inside, inside.function);
        for (const name of member.body.flatMap(hoistedNames)) this.introduce(block, name, "var").ready = true;
        this.introduceAll(block, blockDeclarations(member.body));
        members.push({ type: "StaticBlock", place, body: this.#statements(member.body, block) });
        continue;
      }
      const key = this.key(member.key, member.computed, scope);
      if (member.type === "PropertyDefinition") {
        const value = member.value == null ? null : this.expression(member.value, inside);
        members.push({ type: "Field", place, static: member.static, key, value });
      } else {
        const value = this.functionLiteral(member.value, scope, "own");
        members.push({ type: "Method", place, kind: member.kind, static: member.static, key, value });
      }
    }
    return {
      type: "ClassLiteral",
      place: this.place(node),
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
    const place = this.place(node);
    switch (node.type) {
      case "EmptyStatement":
        return [];
      case "ExpressionStatement":
        if (node.directive !== undefined) return [];
        if (this.tools !== null && isCounter(node.expression)) return [];
        if (this.isNaming(node.expression, scope)) return [];
        return [{ type: "Evaluate", place, expression: this.expression(node.expression, scope) }];
      case "BlockStatement":
        return [this.#block(node, scope)];
      case "VariableDeclaration":
        return this.#variables(node, scope);
      case "FunctionDeclaration": {
        const { binding } = this.find(node.id, scope);
        const value = this.functionLiteral(node, scope, "own");
        this.initialise(node.id, scope, value);
        return [{ type: "DeclareFunction", place, binding, value }];
      }
      case "ClassDeclaration": {
        const { binding } = this.find(node.id, scope);
        const value = this.classLiteral(node, scope);
        this.initialise(node.id, scope, value);
        return [{ type: "DeclareClass", place, binding, value }];
      }
      case "IfStatement": {
        const test = this.expression(node.test, scope);
        const consequent = this.#block(node.consequent, scope);
        const alternate = node.alternate == null ? null : this.#block(node.alternate, scope);
        // Where only a counter was, nothing is.
        const otherwise = alternate?.body.length === 0 ? null : alternate;
        return [{ type: "If", place, test, consequent, alternate: otherwise }];
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
        this.introduceAll(inner, blockDeclarations(node.cases.flatMap((one) => one.consequent)));
        const cases = node.cases.map((one): Case => {
          const test = one.test == null ? null : this.expression(one.test, inner);
          return { type: "Case", place: this.place(one), test, body: this.#statements(one.consequent, inner) };
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
        return this.refuse(node, `${node.type} cannot be in a definition`);
    }
  }

  /** A statement as a block: `if (a) b();` and `if (a) { b(); }` are one tree. */
  #block(node: acorn.Statement, scope: Scope): Block {
    const place = this.place(node);
    if (node.type !== "BlockStatement") return { type: "Block", place, body: this.#statement(node, scope) };
    const inner = new Scope(scope, scope.function);
    this.introduceAll(inner, blockDeclarations(node.body));
    return { type: "Block", place, body: this.#statements(node.body, inner) };
  }

  #variables(node: acorn.VariableDeclaration, scope: Scope): Declare[] {
    const { kind } = node;
    if (kind === "await using")
      return this.refuse(node, "`await using` is not supported in a definition; write try and finally");
    return node.declarations.map(({ id, init }, index): Declare => {
      if (kind === "var") this.#refuseCaughtVar(id, scope);
      const value = init == null ? null : this.expression(init, scope);
      const target = this.pattern(id, scope, value === null && kind === "var" ? "given" : "declared");
      return { type: "Declare", place: this.place(index === 0 ? node : id), kind, target, value };
    });
  }

  /** `catch (e) { var e = 1; }` gives the caught `e` a value and leaves the function's `e` alone: nobody means that. */
  #refuseCaughtVar(id: acorn.Pattern, scope: Scope): void {
    for (const name of patternNames(id)) {
      if (scope.find(name)?.binding.kind === "catch")
        this.refuse(id, `\`var ${name}\` redeclares what a catch has caught; rename it`);
    }
  }

  #refuseUsing(declaration: acorn.VariableDeclaration): void {
    const { kind } = declaration;
    if (kind === "using" || kind === "await using")
      this.refuse(declaration, `\`${kind}\` in the header of a loop is not supported; declare it in the body`);
  }

  #for(node: acorn.ForStatement, around: Scope): Statement {
    const scope = new Scope(around, around.function);
    const declaration = headerDeclaration(node.init);
    let initial: (Declare | Evaluate)[] = [];
    if (declaration !== null) {
      this.#refuseUsing(declaration);
      this.introduceAll(scope, variableDeclarations(declaration));
      initial = this.#variables(declaration, scope);
    } else if (node.init != null) {
      const expression = this.expression(node.init as acorn.Expression, scope);
      initial = [{ type: "Evaluate", place: this.place(node.init), expression }];
    }
    const test = node.test == null ? null : this.expression(node.test, scope);
    const update = node.update == null ? null : this.expression(node.update, scope);
    return { type: "For", place: this.place(node), initial, test, update, body: this.#block(node.body, scope) };
  }

  #forEach(node: acorn.ForInStatement | acorn.ForOfStatement, around: Scope): Statement {
    const scope = new Scope(around, around.function);
    const declaration = headerDeclaration(node.left);
    if (declaration !== null) {
      this.#refuseUsing(declaration);
      this.introduceAll(scope, variableDeclarations(declaration));
    }
    const subject = this.expression(node.right, scope);
    const id = declaration?.declarations[0]?.id ?? (node.left as acorn.Pattern);
    const declares = (declaration?.kind ?? null) as ForEach["declares"];
    const target = this.pattern(id, scope, declares === null ? "assigned" : "declared");
    const kind = node.type === "ForInStatement" ? "in" : node.await ? "await of" : "of";
    return {
      type: "ForEach",
      place: this.place(node),
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
    for (const name of names) this.introduce(scope, name, "catch").ready = true;
    const parameter = node.param == null ? null : this.pattern(node.param, scope, "given");
    return { type: "Handler", place: this.place(node), parameter, body: this.#block(node.body, scope).body };
  }
}

/**
 * Makes a `const` of a `let` that nothing else gives a value, once all has been read: minifiers make one of the other, and a function bound
 * to it can be made again.
 */
function settle(node: Node): void {
  if (node.type === "Declare" && node.kind !== "var" && node.value !== null) {
    const { target, value } = node;
    if (node.kind === "let" && targets(target).every(({ constant }) => constant)) rewrite(node, { kind: "const" });
    const isCode = value.type === "FunctionLiteral" || value.type === "ClassLiteral";
    if (node.kind === "const" && target.type === "Local" && isCode) target.binding.initial = value;
  } else if (node.type === "ForEach" && node.declares === "let") {
    if (targets(node.target).every(({ constant }) => constant)) rewrite(node, { declares: "const" });
  }
}

/** Only a tree that nobody has seen yet may change. */
function rewrite<Changed extends Node>(node: Changed, fields: Partial<Changed>): void {
  Object.assign(node, fields);
}
