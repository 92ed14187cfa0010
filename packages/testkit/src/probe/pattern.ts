/**
 * What a message is expected to be: a predicate, or a value that it must be like. Objects must have the pattern's fields, and may have more;
 * lists must have as many items; what knows how to compare itself (pids, refs, `expect.any(Number)`) does.
 */
export type Pattern<T> = ((message: T) => boolean) | PatternOf<T>;

export type PatternOf<T> = T extends (...args: never) => unknown
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: PatternOf<T[Key]> } | T
    : T;

export function matches(pattern: unknown, value: unknown): boolean {
  if (Object.is(pattern, value)) return true;
  if (typeof pattern !== "object" || pattern === null) return false;
  if ("asymmetricMatch" in pattern && typeof pattern.asymmetricMatch === "function") {
    return Boolean(pattern.asymmetricMatch(value));
  }
  if (typeof value !== "object" || value === null) return false;
  if ("equals" in pattern && typeof pattern.equals === "function") {
    return pattern.constructor === value.constructor && Boolean(pattern.equals(value));
  }
  if (Array.isArray(pattern)) {
    return (
      Array.isArray(value) &&
      value.length === pattern.length &&
      pattern.every((item: unknown, index) => matches(item, (value as readonly unknown[])[index]))
    );
  }
  if (pattern instanceof Map || pattern instanceof Set) {
    return pattern.constructor === value.constructor && matches([...pattern], [...(value as Iterable<unknown>)]);
  }
  return Object.entries(pattern).every(
    ([key, part]) => key in value && matches(part, (value as Record<string, unknown>)[key]),
  );
}

/** Whether a message is what is expected. */
export function fits<T>(pattern: Pattern<T>, message: T): boolean {
  return typeof pattern === "function" ? (pattern as (message: T) => boolean)(message) : matches(pattern, message);
}

/** A value in one line, for people. */
export function show(value: unknown): string {
  if (typeof value === "function") return value.name === "" ? "what a predicate accepts" : `what ${value.name} accepts`;
  if (value === undefined) return "undefined";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return String(value);
  if (
    typeof value === "object" &&
    value !== null &&
    value.toString !== Object.prototype.toString &&
    !Array.isArray(value)
  ) {
    return (value as { toString(): string }).toString();
  }
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, field]) => `${key}: ${show(field)}`)
      .join(", ")} }`;
  }
  return JSON.stringify(value);
}
