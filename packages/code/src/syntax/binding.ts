/** What introduced a local name. `"self"` is a function's or class's own name; `"temporary"` is made by the compiler. */
export type BindingKind = "parameter" | "var" | "let" | "const" | "catch" | "function" | "class" | "self" | "temporary";

/** A local variable. Two variables of one name are two bindings; everything after the reader goes by identity, never by name. */
export class Binding {
  /** The author's name for it: for people. */
  readonly name: string;
  readonly kind: BindingKind;
  /** Where it stands among the bindings of its definition, in the order of the source: the order of slots in a frame. */
  readonly index: number;
  /** How often the source gives it a value, its declaration included; what arguments and `catch` give is not counted. */
  writes = 0;
  /** The function or class that it is bound to where it is declared, for bindings that can be made again from that. */
  initial: object | null = null;

  constructor(name: string, kind: BindingKind, index: number) {
    this.name = name;
    this.kind = kind;
    this.index = index;
  }

  /** Nothing but its declaration gives it a value. A `var` is never constant: a loop runs its declaration again and again. */
  get constant(): boolean {
    return this.kind !== "var" && this.writes <= (this.kind === "parameter" || this.kind === "catch" ? 0 : 1);
  }
}

/** A statement's label; found by identity, like a {@link Binding}. */
export class Label {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}
