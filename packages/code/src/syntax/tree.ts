import type { Binding, Label } from "./binding.ts";

/**
 * The syntax tree of a definition: the only form that is hashed, compiled and printed.
 *
 * It holds what decides how the code behaves and nothing else: no comments, no parentheses, no spelling of numbers, and no names of
 * locals, which are {@link Binding}s. {@link fields} lists what each node is made of; the compiler holds that list complete, so that
 * nothing can be printed and evaluated that was not hashed. `place` is the one exception: it moves code to its line and does no more.
 */
export type Node = Expression | Statement | Pattern | Member;

/** Where a node stood in the author's text: lines from 1, columns from 0. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

interface At {
  readonly place: Place;
}

export type Expression =
  | Local
  | Free
  | Literal
  | BigInteger
  | RegularExpression
  | Template
  | TaggedTemplate
  | ArrayLiteral
  | ObjectLiteral
  | FunctionLiteral
  | ClassLiteral
  | Unary
  | Update
  | Binary
  | HasPrivate
  | Logical
  | Assign
  | Conditional
  | Call
  | New
  | Access
  | Chain
  | Sequence
  | Yield
  | Await
  | Keyword;

/** A local variable, read or written. */
export interface Local extends At {
  readonly type: "Local";
  readonly binding: Binding;
}
/** A name that the definition does not declare: a dependency, a builtin or a standard global. */
export interface Free extends At {
  readonly type: "Free";
  readonly name: string;
}
export interface Literal extends At {
  readonly type: "Literal";
  readonly value: string | number | boolean | null;
}
export interface BigInteger extends At {
  readonly type: "BigInteger";
  readonly digits: string;
}
export interface RegularExpression extends At {
  readonly type: "RegularExpression";
  readonly pattern: string;
  readonly flags: string;
}
export interface Template extends At {
  readonly type: "Template";
  readonly strings: readonly string[];
  readonly values: readonly Expression[];
}
/** Here the raw strings count too: the tag can see them. `cooked` is null for an escape that means nothing. */
export interface TaggedTemplate extends At {
  readonly type: "TaggedTemplate";
  readonly tag: Expression;
  readonly cooked: readonly (string | null)[];
  readonly raw: readonly string[];
  readonly values: readonly Expression[];
}
export interface ArrayLiteral extends At {
  readonly type: "ArrayLiteral";
  readonly elements: readonly (Expression | Spread | null)[];
}
export interface ObjectLiteral extends At {
  readonly type: "ObjectLiteral";
  readonly properties: readonly (Property | Spread)[];
}
export interface FunctionLiteral extends At {
  readonly type: "FunctionLiteral";
  readonly arrow: boolean;
  readonly async: boolean;
  readonly generator: boolean;
  /** Its own name, when the body uses it. */
  readonly self: Binding | null;
  readonly parameters: readonly (Pattern | Rest)[];
  /** An arrow's expression is a single `return`. */
  readonly body: readonly Statement[];
}
export interface ClassLiteral extends At {
  readonly type: "ClassLiteral";
  readonly self: Binding | null;
  readonly superclass: Expression | null;
  readonly members: readonly (Method | Field | StaticBlock)[];
}
export interface Unary extends At {
  readonly type: "Unary";
  readonly operator: string;
  readonly argument: Expression;
}
export interface Update extends At {
  readonly type: "Update";
  readonly operator: string;
  readonly prefix: boolean;
  readonly target: Local | Access;
}
export interface Binary extends At {
  readonly type: "Binary";
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}
/** `#name in object`. */
export interface HasPrivate extends At {
  readonly type: "HasPrivate";
  readonly name: string;
  readonly object: Expression;
}
export interface Logical extends At {
  readonly type: "Logical";
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}
export interface Assign extends At {
  readonly type: "Assign";
  readonly operator: string;
  readonly target: Pattern;
  readonly value: Expression;
}
export interface Conditional extends At {
  readonly type: "Conditional";
  readonly test: Expression;
  readonly consequent: Expression;
  readonly alternate: Expression;
}
export interface Call extends At {
  readonly type: "Call";
  readonly callee: Expression;
  readonly arguments: readonly (Expression | Spread)[];
  readonly optional: boolean;
}
export interface New extends At {
  readonly type: "New";
  readonly callee: Expression;
  readonly arguments: readonly (Expression | Spread)[];
}
export interface Access extends At {
  readonly type: "Access";
  readonly object: Expression;
  readonly key: Key;
  readonly optional: boolean;
}
/** Delimits what an optional link skips. */
export interface Chain extends At {
  readonly type: "Chain";
  readonly expression: Call | Access;
}
export interface Sequence extends At {
  readonly type: "Sequence";
  readonly expressions: readonly Expression[];
}
export interface Yield extends At {
  readonly type: "Yield";
  readonly delegate: boolean;
  readonly argument: Expression | null;
}
export interface Await extends At {
  readonly type: "Await";
  readonly argument: Expression;
}
export interface Keyword extends At {
  readonly type: "Keyword";
  readonly keyword: "this" | "super" | "arguments" | "new.target";
}

/** What can be assigned to. */
export type Pattern = Local | Access | ObjectPattern | ArrayPattern | Default;

export interface ObjectPattern extends At {
  readonly type: "ObjectPattern";
  readonly properties: readonly (PatternProperty | Rest)[];
}
export interface ArrayPattern extends At {
  readonly type: "ArrayPattern";
  readonly elements: readonly (Pattern | Rest | null)[];
}
export interface Default extends At {
  readonly type: "Default";
  readonly target: Pattern;
  readonly value: Expression;
}

/** The parts of literals, patterns, classes and compound statements. */
export type Member =
  | NamedKey
  | PrivateKey
  | ComputedKey
  | Spread
  | Property
  | PatternProperty
  | Rest
  | Method
  | Field
  | StaticBlock
  | Case
  | Handler;

export type Key = NamedKey | PrivateKey | ComputedKey;

export interface NamedKey extends At {
  readonly type: "NamedKey";
  readonly name: string;
}
export interface PrivateKey extends At {
  readonly type: "PrivateKey";
  readonly name: string;
}
export interface ComputedKey extends At {
  readonly type: "ComputedKey";
  readonly expression: Expression;
}
export interface Spread extends At {
  readonly type: "Spread";
  readonly argument: Expression;
}
export interface Property extends At {
  readonly type: "Property";
  readonly kind: "value" | "method" | "get" | "set";
  readonly key: Key;
  readonly value: Expression;
}
export interface PatternProperty extends At {
  readonly type: "PatternProperty";
  readonly key: Key;
  readonly value: Pattern;
}
export interface Rest extends At {
  readonly type: "Rest";
  readonly target: Pattern;
}
export interface Method extends At {
  readonly type: "Method";
  readonly kind: "constructor" | "method" | "get" | "set";
  readonly static: boolean;
  readonly key: Key;
  readonly value: FunctionLiteral;
}
export interface Field extends At {
  readonly type: "Field";
  readonly static: boolean;
  readonly key: Key;
  readonly value: Expression | null;
}
export interface StaticBlock extends At {
  readonly type: "StaticBlock";
  readonly body: readonly Statement[];
}
export interface Case extends At {
  readonly type: "Case";
  /** Null for `default`. */
  readonly test: Expression | null;
  readonly body: readonly Statement[];
}
export interface Handler extends At {
  readonly type: "Handler";
  readonly parameter: Pattern | null;
  readonly body: readonly Statement[];
}

export type Statement =
  | Block
  | Evaluate
  | Declare
  | DeclareFunction
  | DeclareClass
  | If
  | For
  | ForEach
  | While
  | DoWhile
  | Return
  | Throw
  | Break
  | Continue
  | Labeled
  | Switch
  | Try
  | Debugger;

export interface Block extends At {
  readonly type: "Block";
  readonly body: readonly Statement[];
}
/** An expression as a statement. */
export interface Evaluate extends At {
  readonly type: "Evaluate";
  readonly expression: Expression;
}
/** One declarator: `let a, b` is two of these. */
export interface Declare extends At {
  readonly type: "Declare";
  /** `"using"` disposes of its value at the end of the block. */
  readonly kind: "var" | "let" | "const" | "using";
  readonly target: Pattern;
  readonly value: Expression | null;
}
export interface DeclareFunction extends At {
  readonly type: "DeclareFunction";
  readonly binding: Binding;
  readonly value: FunctionLiteral;
}
export interface DeclareClass extends At {
  readonly type: "DeclareClass";
  readonly binding: Binding;
  readonly value: ClassLiteral;
}
export interface If extends At {
  readonly type: "If";
  readonly test: Expression;
  readonly consequent: Block;
  readonly alternate: Block | null;
}
export interface For extends At {
  readonly type: "For";
  /** Declarations, or at most one expression. */
  readonly initial: readonly (Declare | Evaluate)[];
  readonly test: Expression | null;
  readonly update: Expression | null;
  readonly body: Block;
}
/** `for (… of …)` and `for (… in …)`. */
export interface ForEach extends At {
  readonly type: "ForEach";
  readonly kind: "of" | "in" | "await of";
  /** Null when the target is an existing variable or property. */
  readonly declares: "var" | "let" | "const" | null;
  readonly target: Pattern;
  readonly subject: Expression;
  readonly body: Block;
}
export interface While extends At {
  readonly type: "While";
  readonly test: Expression;
  readonly body: Block;
}
export interface DoWhile extends At {
  readonly type: "DoWhile";
  readonly body: Block;
  readonly test: Expression;
}
export interface Return extends At {
  readonly type: "Return";
  readonly argument: Expression | null;
}
export interface Throw extends At {
  readonly type: "Throw";
  readonly argument: Expression;
}
export interface Break extends At {
  readonly type: "Break";
  readonly label: Label | null;
}
export interface Continue extends At {
  readonly type: "Continue";
  readonly label: Label | null;
}
export interface Labeled extends At {
  readonly type: "Labeled";
  readonly label: Label;
  readonly body: Statement;
}
export interface Switch extends At {
  readonly type: "Switch";
  readonly subject: Expression;
  readonly cases: readonly Case[];
}
export interface Try extends At {
  readonly type: "Try";
  readonly body: readonly Statement[];
  readonly handler: Handler | null;
  readonly finalizer: readonly Statement[] | null;
}
export interface Debugger extends At {
  readonly type: "Debugger";
}

type NodeOf<Type extends Node["type"]> = Extract<Node, { readonly type: Type }>;

/** What a field holds that is no node, nor a list of nodes. */
type Plain = string | number | boolean | Binding | Label | readonly (string | null)[] | null;

/**
 * What each node is made of, in the order in which it is hashed, and whether a field holds nodes. Every field of every interface above, or
 * this does not compile.
 */
export const fields: {
  readonly [Type in Node["type"]]: {
    readonly [Field in Exclude<keyof NodeOf<Type>, "type" | "place">]: NodeOf<Type>[Field] extends Plain ? false : true;
  };
} = {
  Local: { binding: false },
  Free: { name: false },
  Literal: { value: false },
  BigInteger: { digits: false },
  RegularExpression: { pattern: false, flags: false },
  Template: { strings: false, values: true },
  TaggedTemplate: { tag: true, cooked: false, raw: false, values: true },
  ArrayLiteral: { elements: true },
  ObjectLiteral: { properties: true },
  FunctionLiteral: { arrow: false, async: false, generator: false, self: false, parameters: true, body: true },
  ClassLiteral: { self: false, superclass: true, members: true },
  Unary: { operator: false, argument: true },
  Update: { operator: false, prefix: false, target: true },
  Binary: { operator: false, left: true, right: true },
  HasPrivate: { name: false, object: true },
  Logical: { operator: false, left: true, right: true },
  Assign: { operator: false, target: true, value: true },
  Conditional: { test: true, consequent: true, alternate: true },
  Call: { callee: true, arguments: true, optional: false },
  New: { callee: true, arguments: true },
  Access: { object: true, key: true, optional: false },
  Chain: { expression: true },
  Sequence: { expressions: true },
  Yield: { delegate: false, argument: true },
  Await: { argument: true },
  Keyword: { keyword: false },
  ObjectPattern: { properties: true },
  ArrayPattern: { elements: true },
  Default: { target: true, value: true },
  NamedKey: { name: false },
  PrivateKey: { name: false },
  ComputedKey: { expression: true },
  Spread: { argument: true },
  Property: { kind: false, key: true, value: true },
  PatternProperty: { key: true, value: true },
  Rest: { target: true },
  Method: { kind: false, static: false, key: true, value: true },
  Field: { static: false, key: true, value: true },
  StaticBlock: { body: true },
  Case: { test: true, body: true },
  Handler: { parameter: true, body: true },
  Block: { body: true },
  Evaluate: { expression: true },
  Declare: { kind: false, target: true, value: true },
  DeclareFunction: { binding: false, value: true },
  DeclareClass: { binding: false, value: true },
  If: { test: true, consequent: true, alternate: true },
  For: { initial: true, test: true, update: true, body: true },
  ForEach: { kind: false, declares: false, target: true, subject: true, body: true },
  While: { test: true, body: true },
  DoWhile: { body: true, test: true },
  Return: { argument: true },
  Throw: { argument: true },
  Break: { label: false },
  Continue: { label: false },
  Labeled: { label: false, body: true },
  Switch: { subject: true, cases: true },
  Try: { body: true, handler: true, finalizer: true },
  Debugger: {},
};
