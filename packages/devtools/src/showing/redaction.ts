/** Words of keys whose values are not shown, unless others are given: `apiKey`, `access_token` and `passwords` have one each. */
export const hiddenWords: readonly string[] = [
  "authorization",
  "bearer",
  "cookie",
  "credential",
  "key",
  "passphrase",
  "passwd",
  "password",
  "pwd",
  "secret",
  "signature",
  "token",
];

/** Longer keys are looked at no further. */
const keyMax = 200;

/** Whether a key has one of these words in it, in whatever way words are joined in it. */
export function hides(key: string, words: ReadonlySet<string>): boolean {
  const parts = key
    .slice(0, keyMax)
    .replace(/([a-z\d])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$3 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return parts.some((part) => words.has(part) || (part.endsWith("s") && words.has(part.slice(0, -1))));
}
