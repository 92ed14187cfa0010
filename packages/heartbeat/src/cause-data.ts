import type { Cause, ErrorData } from "./cause.ts";
import { describe } from "./describe.ts";

/**
 * Checks that `data`, which came from a peer or a user, is a cause, and returns one with the known fields only. Users'
 * own data inside (`detail`, `reason`, an error's `cause`) is passed on as it is: its size and depth are the codec's
 * business.
 *
 * @param name what the value is called where it came from; errors begin with it.
 * @throws TypeError naming the field, what was expected and what came.
 */
export function parseCause(data: unknown, name = "cause"): Cause {
  const fields = record(data, name);
  switch (fields["type"]) {
    case "normal":
    case "stopped":
    case "expired":
    case "kill":
    case "killed":
      return { type: fields["type"] };
    case "shutdown":
      return fields["detail"] === undefined ? { type: "shutdown" } : { type: "shutdown", detail: fields["detail"] };
    case "timeout":
    case "noproc":
      return { type: fields["type"], ...optionalText(fields, "what", name) };
    case "noconnection":
      return { type: "noconnection", ...optionalText(fields, "node", name) };
    case "unresponsive":
      return { type: "unresponsive", node: requiredText(fields, "node", name) };
    case "error":
      return {
        type: "error",
        error: parseErrorData(fields["error"], `${name}.error`),
        ...optionalText(fields, "node", name),
      };
    case "exit":
      if (!("reason" in fields)) throw new TypeError(`${name}.reason: expected a value, got none`);
      return { type: "exit", reason: fields["reason"] };
    default:
      throw new TypeError(`${name}.type: expected the type of a cause, got ${describe(fields["type"])}`);
  }
}

/**
 * A cause of its own, down to users' own data: a value that is made of one crosses machines with this. What is shared with other data may be there
 * without its parts while it arrives, and {@link parseCause} looks into it at once.
 */
export function copyCause(cause: Cause): Cause {
  return cause.type === "error" ? { ...cause, error: { ...cause.error } } : { ...cause };
}

/** Whether {@link parseCause} accepts `data`. */
export function isCause(data: unknown): data is Cause {
  try {
    parseCause(data);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function parseErrorData(data: unknown, name: string): ErrorData {
  const fields = record(data, name);
  return {
    name: requiredText(fields, "name", name),
    message: requiredText(fields, "message", name),
    ...optionalText(fields, "code", name),
    ...optionalText(fields, "stack", name),
    ...(fields["cause"] === undefined ? {} : { cause: fields["cause"] }),
  };
}

function record(data: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof data === "object" && data !== null && !Array.isArray(data))
    return data as Readonly<Record<string, unknown>>;
  throw new TypeError(`${name}: expected an object, got ${describe(data)}`);
}

function requiredText(fields: Readonly<Record<string, unknown>>, field: string, name: string): string {
  const value = fields[field];
  if (typeof value === "string") return value;
  throw new TypeError(`${name}.${field}: expected a string, got ${describe(value)}`);
}

function optionalText<F extends string>(
  fields: Readonly<Record<string, unknown>>,
  field: F,
  name: string,
): { readonly [K in F]?: string } {
  if (fields[field] === undefined) return {};
  return { [field]: requiredText(fields, field, name) } as { readonly [K in F]?: string };
}

/** Whether two causes say the same, users' own data compared deeply. */
export function sameCause(a: Cause, b: Cause): boolean {
  return sameData(a, b, []);
}

/** Deep equality of data. `above` holds the pairs being compared further up, so that circles end. */
function sameData(a: unknown, b: unknown, above: readonly (readonly [object, object])[]): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const prototype: unknown = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b)) return false;
  if (above.some(([x, y]) => x === a && y === b)) return true;
  const path = [...above, [a, b] as const];
  // oxlint-disable-next-line no-restricted-globals -- recognises a date among a user's data, reads no clock
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof Map || a instanceof Set) return sameData([...a], [...(b as typeof a)], path);
  if (a instanceof ArrayBuffer) return sameData(new Uint8Array(a), new Uint8Array(b as ArrayBuffer), path);
  if (a instanceof Error && a.message !== (b as Error).message) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  // What shows nothing of itself (a Promise, a class of private fields) is equal to itself alone.
  if (keys.length === 0) return Array.isArray(a) || ArrayBuffer.isView(a) || a instanceof Error || plain(prototype);
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) && sameData((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], path),
  );
}

function plain(prototype: unknown): boolean {
  return prototype === null || prototype === Object.prototype;
}
