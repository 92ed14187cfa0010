import { invalid } from "./trouble-error.ts";

/**
 * The fields of an object that came from outside. Each is taken by name and has to be what is expected; {@link Fields.end} refuses what nobody took.
 * All of them throw TroubleErrors that name the field.
 */
export class Fields {
  readonly where: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #taken: Set<string> = new Set();

  constructor(value: unknown, where: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(where, "an object", value);
    this.where = where;
    this.#values = value as Readonly<Record<string, unknown>>;
  }

  has(name: string): boolean {
    return this.take(name) !== undefined;
  }

  take(name: string): unknown {
    this.#taken.add(name);
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  text(name: string, lengthMax: number = textMax): string {
    const value = this.take(name);
    if (typeof value === "string" && value.length <= lengthMax) return value;
    throw invalid(this.name(name), `a text of at most ${lengthMax} characters`, value);
  }

  flag(name: string): boolean {
    const value = this.take(name);
    if (typeof value === "boolean") return value;
    throw invalid(this.name(name), "true or false", value);
  }

  whole(name: string, from: number, to: number): number {
    const value = this.take(name);
    if (Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to) return value as number;
    throw invalid(this.name(name), `a whole number from ${from} to ${to}`, value);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.take(name);
    if (choices.includes(value as T)) return value as T;
    throw invalid(this.name(name), `one of ${choices.join(", ")}`, value);
  }

  object(name: string): Fields {
    return new Fields(this.take(name), this.name(name));
  }

  texts(name: string, countMax: number, lengthMax: number = textMax): readonly string[] {
    const value = this.take(name);
    const isText = (item: unknown): boolean => typeof item === "string" && item.length <= lengthMax;
    if (Array.isArray(value) && value.length <= countMax && value.every(isText)) return value as readonly string[];
    throw invalid(this.name(name), `an array of at most ${countMax} texts of at most ${lengthMax} characters`, value);
  }

  /** Nothing that nobody knows was said: it would have no effect, and whoever said it would not learn so. */
  end(): void {
    for (const name of Object.keys(this.#values)) {
      if (this.#taken.has(name)) continue;
      const known = [...this.#taken].join(", ");
      throw invalid(this.where, known === "" ? "no fields" : `no fields but ${known}`, name);
    }
  }

  name(field: string): string {
    return `${this.where}.${field}`;
  }
}

/** Of a name, a label, a pid's key, a row's key. */
export const textMax = 512;
