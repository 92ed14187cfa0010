import { kindsOf, manners } from "../messages/kinds.ts";
import type { MessageAction } from "../messages/rule.ts";
import type { Direction } from "./controls.ts";

/** The fields of a fault that somebody wrote or a file held, read one by one. Whatever is wrong is thrown with the name of the field. */
export class Fields {
  readonly #where: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #nodes: readonly string[];
  /** Those that somebody asked for. */
  readonly #known = new Set<string>();

  constructor(where: string, fields: Readonly<Record<string, unknown>>, nodes: readonly string[]) {
    this.#where = where;
    this.#fields = fields;
    this.#nodes = nodes;
  }

  has(name: string): boolean {
    return this.#read(name) !== undefined;
  }

  /** What is to be thrown about a field. `shown`: what was found needs no words. */
  error(name: string, expected: string, shown: boolean = false): RangeError {
    const found = shown ? "" : `, got ${show(this.#fields[name])}`;
    return new RangeError(`${this.#where}.${name}: expected ${expected}${found}`);
  }

  /** Nothing may be here that nobody asked for: a misspelt option would be passed over. */
  nothingElse(...known: readonly string[]): void {
    for (const name of known) this.#known.add(name);
    const other = Object.keys(this.#fields).find((name) => !this.#known.has(name) && this.#fields[name] !== undefined);
    if (other === undefined) return;
    throw new TypeError(`${this.#where}.${other}: expected only ${[...this.#known].join(", ")}`);
  }

  /** The fields of an object in a field. */
  fieldsOf(name: string): Fields {
    const value = this.#read(name);
    if (typeof value === "object" && value !== null) {
      return new Fields(`${this.#where}.${name}`, value as Record<string, unknown>, this.#nodes);
    }
    throw new TypeError(`${this.#where}.${name}: expected an object, got ${show(value)}`);
  }

  /** A number from `min` to `max`, both included. */
  number(name: string, min: number = 0, max: number = Number.MAX_VALUE): number {
    const value = this.#read(name);
    if (typeof value === "number" && value >= min && value <= max) return value;
    throw new RangeError(`${this.#where}.${name}: expected a number from ${min} to ${max}, got ${show(value)}`);
  }

  /** A whole number of at least `min`; `absent` if there is none. */
  count(name: string, absent: number, min: number = 1): number {
    const value = this.#read(name) ?? absent;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= min) return value;
    throw new RangeError(`${this.#where}.${name}: expected a whole number of at least ${min}, got ${show(value)}`);
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.#read(name);
    if (choices.includes(value as Choice)) return value as Choice;
    throw new RangeError(`${this.#where}.${name}: expected one of ${choices.join(", ")}, got ${show(value)}`);
  }

  /** A kind of message, or a prefix such as `transfer.*`, to which that may happen. */
  messageKind(name: string, action: MessageAction["type"]): string {
    return this.#messageKind(this.#read(name), name, action);
  }

  messageKinds(name: string, action: MessageAction["type"]): readonly string[] {
    const value = this.#read(name);
    if (!Array.isArray(value) || value.length === 0) {
      throw new TypeError(`${this.#where}.${name}: expected at least one kind of message, got ${show(value)}`);
    }
    return value.map((kind, index) => this.#messageKind(kind, `${name}[${index}]`, action));
  }

  /** Absent counts as false. */
  flag(name: string): boolean {
    const value = this.#read(name) ?? false;
    if (typeof value === "boolean") return value;
    throw new TypeError(`${this.#where}.${name}: expected true or false, got ${show(value)}`);
  }

  /** How long it lasts, in milliseconds; null, or absent: to the end. */
  lastsMs(): number | null {
    return (this.#read("lastsMs") ?? null) === null ? null : this.number("lastsMs");
  }

  text(name: string): string {
    const value = this.#read(name);
    if (typeof value === "string" && value !== "") return value;
    throw new TypeError(`${this.#where}.${name}: expected some text, got ${show(value)}`);
  }

  node(name: string): string {
    return this.#node(this.#read(name), name);
  }

  /** Two nodes that are not the same. */
  direction(name: string): Direction {
    return this.#direction(this.#read(name), name);
  }

  directions(name: string): readonly Direction[] {
    const value = this.#read(name);
    if (!Array.isArray(value) || value.length === 0) {
      throw new TypeError(`${this.#where}.${name}: expected at least one pair of nodes, got ${show(value)}`);
    }
    return value.map((pair, index) => this.#direction(pair, `${name}[${index}]`));
  }

  #read(name: string): unknown {
    this.#known.add(name);
    return this.#fields[name];
  }

  #messageKind(value: unknown, name: string, action: MessageAction["type"]): string {
    const kinds = typeof value === "string" ? kindsOf(value) : [];
    if (kinds.length === 0) {
      const known = Object.keys(manners).join(", ");
      throw new RangeError(
        `${this.#where}.${name}: expected a kind of message or a prefix such as transfer.*, got ${show(value)}; there are ${known}`,
      );
    }
    const strict = kinds.find((kind) => !manners[kind].insisted);
    if (action !== "drop" && strict !== undefined) {
      const why = `a link carries ${strict} once and in order, and no real one would ${action} it: ${manners[strict].reason}`;
      throw new RangeError(
        `${this.#where}.${name}: expected messages that are said again until they are answered, got ${show(value)}; ${why}`,
      );
    }
    return value as string;
  }

  #direction(value: unknown, name: string): Direction {
    if (!Array.isArray(value) || value.length !== 2 || value[0] === value[1]) {
      throw new TypeError(`${this.#where}.${name}: expected two nodes, got ${show(value)}`);
    }
    return [this.#node(value[0], name), this.#node(value[1], name)];
  }

  #node(value: unknown, name: string): string {
    if (this.#nodes.includes(value as string)) return value as string;
    throw new RangeError(`${this.#where}.${name}: expected one of ${this.#nodes.join(", ")}, got ${show(value)}`);
  }
}

export function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
