import type { Direction } from "./controls.ts";

/** The fields of a fault that somebody wrote or a file held, read one by one. Whatever is wrong is thrown with the name of the field. */
export class Fields {
  readonly #where: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #nodes: readonly string[];

  constructor(where: string, fields: Readonly<Record<string, unknown>>, nodes: readonly string[]) {
    this.#where = where;
    this.#fields = fields;
    this.#nodes = nodes;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  /** A number from `min` to `max`, both included. */
  number(name: string, min: number = 0, max: number = Number.MAX_VALUE): number {
    const value = this.#fields[name];
    if (typeof value === "number" && value >= min && value <= max) return value;
    throw new RangeError(`${this.#where}.${name}: expected a number from ${min} to ${max}, got ${show(value)}`);
  }

  /** Absent counts as false. */
  flag(name: string): boolean {
    const value = this.#fields[name] ?? false;
    if (typeof value === "boolean") return value;
    throw new TypeError(`${this.#where}.${name}: expected true or false, got ${show(value)}`);
  }

  /** How long it lasts, in milliseconds; null, or absent: to the end. */
  lastsMs(): number | null {
    return (this.#fields["lastsMs"] ?? null) === null ? null : this.number("lastsMs");
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value === "string" && value !== "") return value;
    throw new TypeError(`${this.#where}.${name}: expected some text, got ${show(value)}`);
  }

  node(name: string): string {
    return this.#node(this.#fields[name], name);
  }

  /** Two nodes that are not the same. */
  direction(name: string): Direction {
    return this.#direction(this.#fields[name], name);
  }

  directions(name: string): readonly Direction[] {
    const value = this.#fields[name];
    if (!Array.isArray(value) || value.length === 0) {
      throw new TypeError(`${this.#where}.${name}: expected at least one pair of nodes, got ${show(value)}`);
    }
    return value.map((pair, index) => this.#direction(pair, `${name}[${index}]`));
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
