/** The key of a property as JavaScript makes it of any value, once. */
export function propertyKey(value: unknown): string | symbol {
  return typeof value === "symbol" ? value : String(value);
}

/** What `{ a, ...rest }` takes for `rest`. */
export function restOf(source: unknown, taken: readonly (string | symbol)[]): object {
  const rest: object = {};
  const from = Object(source) as object;
  for (const key of Reflect.ownKeys(from)) {
    if (taken.includes(key) || !Object.prototype.propertyIsEnumerable.call(from, key)) continue;
    const value: unknown = Reflect.get(from, key, source);
    Object.defineProperty(rest, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return rest;
}
