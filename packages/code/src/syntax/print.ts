import type { Names } from "./names.ts";
import {
  exponent,
  holdsIn,
  isNewable,
  leftmost,
  precedence,
  precedenceOf,
  startsLikeStatement,
  startsWithSign,
} from "./precedence.ts";
import { join, text, type Text } from "./text.ts";
import type {
  Access,
  ClassLiteral,
  Declare,
  Expression,
  For,
  FunctionLiteral,
  Key,
  Logical,
  Pattern,
  Property,
  Rest,
  Spread,
  Statement,
  TaggedTemplate,
  Template,
} from "./tree.ts";

/** How functions are written where they are more than their text: the compiler gives them what they need to travel. */
export interface FunctionWriter {
  /** What stands in the place of a function; null for its own text. */
  write(literal: FunctionLiteral, printer: Printer): Text | null;
  /** What follows the declaration of a function, as a statement; null for nothing. */
  declared(literal: FunctionLiteral, name: string): Text | null;
}

const plain: FunctionWriter = { write: () => null, declared: () => null };

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Writes trees as JavaScript, with marks for the author's lines where a line may begin. */
export class Printer {
  readonly #names: Names;
  readonly #functions: FunctionWriter;

  constructor(names: Names, functions: FunctionWriter = plain) {
    this.#names = names;
    this.#functions = functions;
  }

  // Statements

  statements(body: readonly Statement[]): Text {
    const hoisted = body.flatMap((statement): Text[] => {
      if (statement.type !== "DeclareFunction") return [];
      const name = this.#names.local(statement.binding);
      if (!statement.value.generator) return [this.#functions.declared(statement.value, name) ?? ""];
      const value = this.#functions.write(statement.value, this);
      return value === null ? [] : [text`let ${name} = ${value}; `];
    });
    return [hoisted, body.map((statement) => [this.statement(statement), " "])];
  }

  block(body: readonly Statement[]): Text {
    return body.length === 0 ? "{}" : text`{ ${this.statements(body)}}`;
  }

  statement(node: Statement): Text {
    return [node.place, this.#statement(node)];
  }

  #statement(node: Statement): Text {
    switch (node.type) {
      case "Block":
        return this.block(node.body);
      case "Evaluate":
        return startsLikeStatement(node.expression)
          ? text`(${this.expression(node.expression)});`
          : text`${this.expression(node.expression)};`;
      case "Declare":
        return text`${node.kind} ${this.#declarator(node)};`;
      case "DeclareFunction":
        // A generator that travels is a variable of the block.
        if (node.value.generator && this.#functions.write(node.value, this) !== null) return "";
        return this.#function(node.value, this.#names.local(node.binding));
      case "DeclareClass":
        return this.#class(node.value, this.#names.local(node.binding));
      case "If": {
        const alternate = node.alternate === null ? "" : text` else ${this.block(node.alternate.body)}`;
        return text`if (${this.expression(node.test)}) ${this.block(node.consequent.body)}${alternate}`;
      }
      case "For":
        return text`for (${this.#forInitial(node)}; ${this.#optional(node.test)}; ${this.#optional(node.update)}) ${this.block(node.body.body)}`;
      case "ForEach": {
        const [keyword, preposition] = node.kind === "await of" ? ["for await", "of"] : ["for", node.kind];
        const declares = node.declares === null ? "" : `${node.declares} `;
        const subject = this.expression(node.subject, precedence.assignment);
        return text`${keyword} (${declares}${this.pattern(node.target)} ${preposition} ${subject}) ${this.block(node.body.body)}`;
      }
      case "While":
        return text`while (${this.expression(node.test)}) ${this.block(node.body.body)}`;
      case "DoWhile":
        return text`do ${this.block(node.body.body)} while (${this.expression(node.test)});`;
      case "Return":
        return node.argument === null ? "return;" : text`return ${this.expression(node.argument)};`;
      case "Throw":
        return text`throw ${this.expression(node.argument)};`;
      case "Break":
        return node.label === null ? "break;" : `break ${this.#names.label(node.label)};`;
      case "Continue":
        return node.label === null ? "continue;" : `continue ${this.#names.label(node.label)};`;
      case "Labeled":
        return text`${this.#names.label(node.label)}: ${this.statement(node.body)}`;
      case "Switch": {
        const cases = node.cases.map((one) => {
          const test = one.test === null ? "default:" : text`case ${this.expression(one.test)}:`;
          return text`${one.place}${test} ${this.statements(one.body)}`;
        });
        return text`switch (${this.expression(node.subject)}) { ${cases}}`;
      }
      case "Try": {
        const { handler, finalizer } = node;
        const parameter = handler?.parameter == null ? "" : text`(${this.pattern(handler.parameter)}) `;
        const caught = handler === null ? "" : text` catch ${parameter}${this.block(handler.body)}`;
        const lastly = finalizer === null ? "" : text` finally ${this.block(finalizer)}`;
        return text`try ${this.block(node.body)}${caught}${lastly}`;
      }
      case "Debugger":
        return "debugger;";
    }
  }

  #declarator({ target, value }: Declare): Text {
    return value === null
      ? this.pattern(target)
      : text`${this.pattern(target)} = ${this.#marked(value, precedence.assignment)}`;
  }

  #forInitial({ initial }: For): Text {
    const written = initial.map((one, index): Text => {
      if (one.type === "Evaluate")
        return holdsIn(one) ? text`(${this.expression(one.expression)})` : this.expression(one.expression);
      const keyword = index === 0 ? `${one.kind} ` : "";
      if (one.value === null || !holdsIn(one)) return text`${keyword}${this.#declarator(one)}`;
      return text`${keyword}${this.pattern(one.target)} = (${this.expression(one.value)})`;
    });
    return join(written, ", ");
  }

  #optional(node: Expression | null): Text {
    return node === null ? "" : this.expression(node);
  }

  // Patterns

  pattern(node: Pattern | Rest): Text {
    switch (node.type) {
      case "Local":
        return this.#names.local(node.binding);
      case "Access":
        return this.expression(node);
      case "Default":
        return text`${this.pattern(node.target)} = ${this.expression(node.value, precedence.assignment)}`;
      case "Rest":
        return text`...${this.pattern(node.target)}`;
      case "ArrayPattern": {
        const elements = node.elements.map((element) => (element === null ? "" : this.pattern(element)));
        return text`[${join(elements, ", ")}${node.elements.at(-1) === null ? "," : ""}]`;
      }
      case "ObjectPattern": {
        const properties = node.properties.map((one) =>
          one.type === "Rest" ? this.pattern(one) : text`${this.#key(one.key)}: ${this.pattern(one.value)}`,
        );
        return text`{ ${join(properties, ", ")} }`;
      }
    }
  }

  #key(key: Key): Text {
    switch (key.type) {
      case "NamedKey":
        return identifier.test(key.name) ? key.name : quoted(key.name);
      case "PrivateKey":
        return `#${key.name}`;
      case "ComputedKey":
        return text`[${this.expression(key.expression, precedence.assignment)}]`;
    }
  }

  // Expressions

  /** Writes an expression, in parentheses when it holds together less than `minimum`. */
  expression(node: Expression, minimum: number = precedence.sequence): Text {
    return precedenceOf(node) < minimum ? text`(${this.#expression(node)})` : this.#expression(node);
  }

  #marked(node: Expression | Spread, minimum: number = precedence.assignment): Text {
    return [
      node.place,
      node.type === "Spread" ? text`...${this.expression(node.argument, minimum)}` : this.expression(node, minimum),
    ];
  }

  #list(nodes: readonly (Expression | Spread)[]): Text {
    return join(
      nodes.map((node) => this.#marked(node)),
      ", ",
    );
  }

  #expression(node: Expression): Text {
    switch (node.type) {
      case "Local":
        return this.#names.local(node.binding);
      case "Free":
        return this.#names.free(node.name);
      case "Literal":
        return typeof node.value === "string" ? quoted(node.value) : number(node.value);
      case "BigInteger":
        return `${node.digits}n`;
      case "RegularExpression":
        return `/${node.pattern}/${node.flags}`;
      case "Template":
        return this.#template(node.strings.map(templateString), node);
      case "TaggedTemplate":
        return text`${this.#head(node.tag)}${this.#template(node.raw, node)}`;
      case "ArrayLiteral": {
        const elements = node.elements.map((element) => (element === null ? "" : this.#marked(element)));
        return text`[${join(elements, ", ")}${node.elements.at(-1) === null ? "," : ""}]`;
      }
      case "ObjectLiteral": {
        const properties = node.properties.map((one) =>
          one.type === "Spread" ? this.#marked(one) : [one.place, this.#property(one)],
        );
        return properties.length === 0 ? "{}" : text`{ ${join(properties, ", ")} }`;
      }
      case "FunctionLiteral":
        return this.#functions.write(node, this) ?? this.functionText(node);
      case "ClassLiteral":
        return this.#class(node, node.self === null ? "" : this.#names.local(node.self));
      case "Unary": {
        const argument = this.expression(node.argument, precedence.unary);
        const apart = /\w$/.test(node.operator) || startsWithSign(node.argument);
        return text`${node.operator}${apart ? " " : ""}${argument}`;
      }
      case "Update": {
        const target = this.pattern(node.target);
        return node.prefix ? text`${node.operator}${target}` : text`${target}${node.operator}`;
      }
      case "Binary": {
        const level = precedenceOf(node);
        const left = this.expression(node.left, level === exponent ? precedence.update : level);
        const right = this.#marked(node.right, level === exponent ? exponent : level + 1);
        return text`${left} ${node.operator} ${right}`;
      }
      case "HasPrivate":
        return text`#${node.name} in ${this.expression(node.object, precedenceOf(node) + 1)}`;
      case "Logical":
        return text`${this.#logicalOperand(node, node.left)} ${node.operator} ${this.#logicalOperand(node, node.right, true)}`;
      case "Assign":
        return text`${this.pattern(node.target)} ${node.operator} ${this.#marked(node.value)}`;
      case "Conditional": {
        const test = this.expression(node.test, precedence.logical);
        return text`${test} ? ${this.#marked(node.consequent)} : ${this.#marked(node.alternate)}`;
      }
      case "Call":
        return text`${this.#head(node.callee)}${node.optional ? "?." : ""}(${this.#list(node.arguments)})`;
      case "New":
        return text`new ${isNewable(node.callee) ? this.expression(node.callee) : text`(${this.expression(node.callee)})`}(${this.#list(node.arguments)})`;
      case "Access":
        return this.#access(node);
      case "Chain":
        return this.#expression(node.expression);
      case "Sequence":
        return this.#list(node.expressions);
      case "Yield": {
        const keyword = node.delegate ? "yield*" : "yield";
        return node.argument === null
          ? keyword
          : text`${keyword} ${this.expression(node.argument, precedence.assignment)}`;
      }
      case "Await":
        return text`await ${this.expression(node.argument, precedence.unary)}`;
      case "Keyword":
        return node.keyword;
    }
  }

  /** What a call or an access begins with. */
  #head(node: Expression): Text {
    const apart = node.type === "Chain" || (node.type === "Literal" && typeof node.value === "number");
    return apart ? text`(${this.expression(node)})` : this.expression(node, precedence.call);
  }

  #access({ object, key, optional, place }: Access): Text {
    const head = this.#head(object);
    if (key.type === "ComputedKey") return text`${head}${optional ? "?." : ""}[${this.expression(key.expression)}]`;
    const dot = optional ? "?." : ".";
    const name = key.type === "PrivateKey" ? `#${key.name}` : key.name;
    return text`${head}${{ line: place.line, column: place.column - dot.length }}${dot}${name}`;
  }

  /** `??` may not stand beside `||` or `&&` without parentheses; so different operators always get them. */
  #logicalOperand(parent: Logical, node: Expression, right = false): Text {
    const apart = node.type === "Logical" && (right || node.operator !== parent.operator);
    const written = apart ? text`(${this.expression(node)})` : this.expression(node, precedence.logical);
    return right ? [node.place, written] : written;
  }

  #property(node: Property): Text {
    const key = this.#key(node.key);
    if (node.kind === "value") return text`${key}: ${this.#marked(node.value)}`;
    const value = node.value as FunctionLiteral;
    const travelling = node.kind === "method" ? this.#functions.write(value, this) : null;
    return travelling === null ? this.#method(node.kind, key, value) : text`${key}: ${travelling}`;
  }

  #template(strings: readonly string[], { values }: Template | TaggedTemplate): Text {
    const parts = strings.map((string, index): Text =>
      index === 0 ? string : text`\${${this.expression(values[index - 1] as Expression)}}${string}`,
    );
    return text`\`${parts}\``;
  }

  // Functions and classes

  /** A function expression or arrow written out. */
  functionText(node: FunctionLiteral): Text {
    return this.#function(node, node.self === null ? "" : this.#names.local(node.self));
  }

  /** A function written out as a method. */
  methodText(node: FunctionLiteral, key: Text): Text {
    return this.#method("method", key, node);
  }

  #function(node: FunctionLiteral, name: Text): Text {
    const asynchronous = node.async ? "async " : "";
    if (!node.arrow)
      return text`${asynchronous}function${node.generator ? "*" : ""} ${name}${this.#signature(node)} ${this.block(node.body)}`;
    const [only, ...more] = node.body;
    if (only?.type !== "Return" || only.argument === null || more.length > 0) {
      return text`${asynchronous}${this.#signature(node)} => ${this.block(node.body)}`;
    }
    const value = this.expression(only.argument, precedence.assignment);
    const apart =
      leftmost(only.argument).type === "ObjectLiteral" && precedenceOf(only.argument) >= precedence.assignment;
    return text`${asynchronous}${this.#signature(node)} => ${only.place}${apart ? text`(${value})` : value}`;
  }

  #signature(node: FunctionLiteral): Text {
    return text`(${join(
      node.parameters.map((parameter) => this.pattern(parameter)),
      ", ",
    )})`;
  }

  #method(kind: "constructor" | "method" | "get" | "set", key: Text, value: FunctionLiteral): Text {
    const accessor = kind === "get" || kind === "set" ? `${kind} ` : "";
    const modifiers = `${value.async ? "async " : ""}${value.generator ? "*" : ""}`;
    return text`${accessor}${modifiers}${key}${this.#signature(value)} ${this.block(value.body)}`;
  }

  #class(node: ClassLiteral, name: Text): Text {
    const members = node.members.map((member): Text => {
      if (member.type === "StaticBlock") return text`${member.place}static ${this.block(member.body)} `;
      const modifier = member.static ? "static " : "";
      const key = this.#key(member.key);
      if (member.type === "Method")
        return text`${member.place}${modifier}${this.#method(member.kind, key, member.value)} `;
      const value = member.value === null ? "" : text` = ${this.#marked(member.value)}`;
      return text`${member.place}${modifier}${key}${value}; `;
    });
    const superclass =
      node.superclass === null ? "" : text`extends ${this.expression(node.superclass, precedence.call)} `;
    return text`class ${name} ${superclass}{ ${members}}`;
  }
}

function quoted(value: string): string {
  return JSON.stringify(value);
}

function number(value: number | boolean | null): string {
  if (value === Infinity) return "1e999";
  return String(value);
}

/** A template's string, from its value: line breaks escaped, so that lines stay where they are. */
function templateString(value: string): string {
  return value
    .replaceAll(/[\\`]|\$\{/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
}
