import type { Failure } from "../scenario/result.ts";

/**
 * What is the same in two runs that fail for the same reason: the property, and what it said without the numbers, keys and names of nodes in
 * it. Two failures of one property may be two bugs; shrinking must not go from one to the other.
 */
export function signatureOf({ property, what }: Pick<Failure, "property" | "what">, nodes: readonly string[]): string {
  return `${normalise(property, nodes)}: ${normalise(what, nodes)}`;
}

function normalise(text: string, nodes: readonly string[]): string {
  const names = new Set(nodes);
  return (
    text
      // Keys, hashes and incarnations: long words with a digit in them.
      .replaceAll(/\b(?=[\w-]*\d)[\w-]{8,}/g, "#")
      .replaceAll(/[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g, "#")
      .replaceAll(/[A-Za-z][\w-]*/g, (word) => (names.has(word) ? "@" : word))
      // How many there are of them says no more than that there are some.
      .replaceAll(/([#@])(?:(?:, ?| and | )\1)+/g, "$1")
  );
}
