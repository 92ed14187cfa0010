import type { Json } from "../scenario/json.ts";

/** Deeper than this nobody looks. */
const depthMax = 8;

/** What a file can hold of a value: what JSON has no word for goes in as text. Never throws for what is merely odd. */
export function plain(value: unknown, depth: number = 0): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      break;
    case "bigint":
    case "symbol":
    case "function":
    case "undefined":
      return value === undefined ? null : String(value);
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (depth >= depthMax) return "…";
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (value instanceof Map) return [...value].map((pair) => plain(pair, depth + 1));
  if (value instanceof Set) return [...value].map((item) => plain(item, depth + 1));
  // Pids, refs and the like say what they are.
  if (value.toString !== Object.prototype.toString) return (value as { toString(): string }).toString();
  const fields = Object.entries(value).filter(([, field]) => field !== undefined && typeof field !== "function");
  return Object.fromEntries(fields.map(([key, field]) => [key, plain(field, depth + 1)]));
}
