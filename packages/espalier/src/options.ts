import { NodeRef } from "@espalier/runtime";
import { type Identity, IdentityError } from "@espalier/wire";

/** What an option has to be, in words, and whether a value is that. */
export interface Check {
  readonly expected: string;
  readonly is: (value: unknown) => boolean;
}

/** One for each option of `O`: an option without a check would be refused as one that is none. */
export type Checks<O> = { readonly [K in keyof Required<O>]: Check };

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const isNodes = (value: unknown): boolean =>
  Array.isArray(value) && value.every((node) => node instanceof NodeRef || typeof node === "string");

/** Of what is checked where it is used. */
export const any: Check = { expected: "anything", is: () => true };
export const anObject: Check = { expected: "an object", is: isObject };
export const aText: Check = { expected: "a text", is: (value) => typeof value === "string" && value !== "" };
export const aFlag: Check = { expected: "true or false", is: (value) => typeof value === "boolean" };
export const aCount: Check = {
  expected: "a whole number above 0",
  is: (value) => Number.isSafeInteger(value) && (value as number) > 0,
};
export const anIdentity: Check = {
  expected: "an Identity or the path of a key file",
  is: (value) =>
    (typeof value === "string" && value !== "") ||
    typeof (value as Partial<Identity> | null | undefined)?.sign === "function",
};
/** What peers are told, who refuse anything else. */
export const anAddress: Check = {
  expected: "ws://host:port or wss://host:port, without a path",
  is: (value) => typeof value === "string" && /^wss?:\/\/[^/?#\s]{1,255}$/.test(value),
};
export const nodesOrAnyone: Check = {
  expected: 'an array of keys or NodeRefs, or "anyone"',
  is: (value) => value === "anyone" || isNodes(value),
};
export const nodes: Check = { expected: "an array of keys or NodeRefs", is: isNodes };
export const refs: Check = {
  expected: "an array of NodeRefs",
  is: (value) => Array.isArray(value) && value.every((node) => node instanceof NodeRef),
};
export const aLogger: Check = {
  expected: "an object with a method `report`",
  is: (value) => typeof (value as { readonly report?: unknown } | null)?.report === "function",
};

/**
 * Refuses what is no option, which would have no effect: a list that is misspelt lets in nobody, or more than it should.
 *
 * @param elsewhere options that there are in another place, and where that is.
 * @throws TypeError that names the option.
 */
export function checkOptions<O extends object>(
  what: string,
  options: O,
  checks: Checks<O>,
  elsewhere: Readonly<Record<string, string>> = {},
): void {
  if (!isObject(options)) throw new TypeError(`${what}: expected an object of options, got ${describe(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof O] : undefined;
    if (check === undefined) {
      const names = Object.keys(checks).join(", ");
      const hint = Object.hasOwn(elsewhere, name) ? elsewhere[name] : `expected one of ${names}`;
      throw new TypeError(`${what}: there is no option ${JSON.stringify(name)}; ${hint}`);
    }
    if (value !== undefined && !check.is(value)) {
      throw new TypeError(`${name}: expected ${check.expected}, got ${describe(value)}`);
    }
  }
}

/** A secret must not become the name of a file. @throws IdentityError */
export function checkKeyPath(path: string): void {
  if (!path.startsWith("espalier-key-")) return;
  throw new IdentityError(
    "identity: expected an Identity or the path of a key file, got the text of a key; readIdentity(text) reads it",
  );
}

/** The text of a key may be a secret, and so may what follows the "#" of an address. */
function describe(value: unknown): string {
  if (typeof value === "string") {
    return value.startsWith("espalier-key-") ? "the text of a key" : JSON.stringify(value.replace(/#.*/s, "#…"));
  }
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (value instanceof NodeRef) return "a NodeRef";
  return Array.isArray(value) ? "an array with something else in it" : `a value of type ${typeof value}`;
}
