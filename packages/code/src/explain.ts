import { NotMovableError } from "@espalier/runtime";
import { functionValues } from "./definition.ts";

/** So many parts of a value are looked through for the function that keeps it: the message is better with it, and correct without. */
const partsMax = 10_000;

/**
 * A better reason for why `value` cannot travel: which function in it cannot, and why. Null when there is none to be found.
 *
 * @param explain the reason for a function of the running definition, given its text.
 */
export function explainFunction(value: unknown, explain: (source: string) => string | null): string | null {
  const seen = new Set<unknown>();
  const open: unknown[] = [value];
  while (open.length > 0 && seen.size < partsMax) {
    const part = open.pop();
    if (((typeof part !== "object" || part === null) && typeof part !== "function") || seen.has(part)) continue;
    seen.add(part);
    if (typeof part === "function") {
      const why = isMovable(part) ? null : explain(Function.prototype.toString.call(part));
      if (why !== null) return `it ${part === value ? "is" : "holds"} a function that ${why}`;
    } else if (part instanceof Map) open.push(...part.keys(), ...part.values());
    else if (part instanceof Set) open.push(...part);
    else open.push(...plainParts(part));
  }
  return null;
}

function isMovable(f: Function): boolean {
  try {
    return functionValues.referenceTo(f) !== undefined;
  } catch (error) {
    if (error instanceof NotMovableError) return true; // It says itself why not.
    throw error;
  }
}

/** What an array or object holds, getters left alone. */
function plainParts(object: object): unknown[] {
  return Object.values(Object.getOwnPropertyDescriptors(object)).flatMap((property) =>
    "value" in property ? [property.value as unknown] : [],
  );
}
