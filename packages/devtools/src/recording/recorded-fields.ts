/** A file that is no recording that this version can show; the message says where, what was expected, and what was found. */
export class RecordingError extends Error {
  readonly code = "RECORDING";
  constructor(message: string, options?: ErrorOptions) {
    super(`recording: ${message}`, options);
    this.name = "RecordingError";
  }
}

/** No text in a recording is longer, in UTF-16 code units. */
const textMax = 10_000;

/** The text as a recording may have it: not longer than `parseRecording` takes. */
export function recordedText(text: string): string {
  return text.length <= textMax ? text : `${text.slice(0, textMax - 1)}…`;
}

/** A value of a file and where in the file it is, read by what it ought to be. */
export class RecordedField {
  readonly #value: unknown;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    this.#value = value;
    this.#where = where;
  }

  get value(): unknown {
    return this.#value;
  }

  /** What is wrong with it. */
  error(expected: string): RecordingError {
    return new RecordingError(`${this.#where}: expected ${expected}, got ${shown(this.#value)}`);
  }

  /** An object with exactly these fields. */
  fields<const Name extends string>(...names: readonly Name[]): { readonly [N in Name]: RecordedField } {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.error("an object");
    const other = Object.keys(value).find((key) => !names.includes(key as Name));
    if (other !== undefined) {
      throw new RecordingError(`${this.#where}: expected the fields ${names.join(", ")}, got ${shown(other)} too`);
    }
    const fields: Partial<Record<Name, RecordedField>> = {};
    for (const name of names) {
      if (!Object.hasOwn(value, name))
        throw new RecordingError(`${this.#where}.${name}: expected something, got nothing`);
      fields[name] = new RecordedField((value as Record<Name, unknown>)[name], `${this.#where}.${name}`);
    }
    return fields as Record<Name, RecordedField>;
  }

  /** A list of at most `max` items. */
  list<T>(max: number, read: (item: RecordedField, index: number) => T): T[] {
    const value = this.#value;
    if (!Array.isArray(value)) throw this.error("a list");
    if (value.length > max) {
      throw new RecordingError(`${this.#where}: expected at most ${max} of them, got ${value.length}`);
    }
    return value.map((item: unknown, index) => read(new RecordedField(item, `${this.#where}[${index}]`), index));
  }

  text(): string {
    if (typeof this.#value !== "string") throw this.error("some text");
    if (this.#value.length > textMax) {
      throw new RecordingError(`${this.#where}: expected at most ${textMax} characters, got ${this.#value.length}`);
    }
    return this.#value;
  }

  number(): number {
    if (typeof this.#value === "number" && Number.isFinite(this.#value)) return this.#value;
    throw this.error("a number");
  }

  count(): number {
    if (Number.isSafeInteger(this.#value) && (this.#value as number) >= 0) return this.#value as number;
    throw this.error(`a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }

  flag(): boolean {
    if (typeof this.#value === "boolean") return this.#value;
    throw this.error("true or false");
  }

  oneOf<const Choice extends string>(...choices: readonly Choice[]): Choice {
    if (choices.includes(this.#value as Choice)) return this.#value as Choice;
    throw this.error(`one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`);
  }

  /** Null, or what `read` makes of it. */
  orNull<T>(read: (field: RecordedField) => T): T | null {
    return this.#value === null ? null : read(this);
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
