import { tokenizer, tokTypes } from "acorn";
import { describe, expect, it } from "vitest";
import { DefinitionError } from "../src/index.ts";
import { plainHash, provide } from "./text.ts";

provide("transfer");

const programs: readonly (readonly [what: string, text: string])[] = [
  [
    "a computation that moves",
    `function* (alice, bob) {
    const out = []; let count = 0;
    outer: for (const n of [alice, bob]) {
      try { yield* transfer(n); out.push(n.length * 2 + count++); if (count > 3) break outer; }
      catch (e) { out.push(String(e)); continue outer; } finally { count -= 1; }
    }
    return out.map((x) => x + 1).join("-");
  }`,
  ],
  [
    "a plain function",
    `(xs, { a = 1, ...rest }, ...more) => {
    switch (xs?.kind) { case "p": return \`<\${a}>\`; case 2n: return /x+/g.test(rest.b) ? -a : !more[0]; default: throw new TypeError("no"); }
  }`,
  ],
  [
    "a class",
    `class extends Map { #items = []; static limit = 5; get size() { return this.#items.length; } push(x) { this.#items[this.size] ??= x; return this; } }`,
  ],
];

/** What may stand in a token's place and means something else. */
const operators: Readonly<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "<": ">",
  ">": "<",
  ">=": "<=",
  "++": "--",
  "--": "++",
  "+=": "-=",
  "-=": "+=",
  "??=": "||=",
  "!": "~",
  "===": "!==",
  "?.": ".",
  "&&": "||",
  "||": "&&",
};

/** Every program that differs from `text` in one token. */
function* mutants(text: string): Generator<string> {
  const names = [...new Set([...text.matchAll(/\b[a-z]\w*\b/gi)].map(([name]) => name))];
  for (const token of tokenizer(text, { ecmaVersion: 2025 })) {
    const replace = (by: string): string => text.slice(0, token.start) + by + text.slice(token.end);
    const written = text.slice(token.start, token.end);
    if (token.type === tokTypes.num) yield replace(written.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)));
    else if (token.type === tokTypes.string) yield replace(`${written.slice(0, -1)}!${written.slice(-1)}`);
    else if (token.type === tokTypes.template && written !== "") yield replace(`${written}!`);
    else if (token.type === tokTypes.name || token.type === tokTypes.privateId) {
      for (const other of names)
        if (other !== written.replace("#", "")) yield replace(`${written.startsWith("#") ? "#" : ""}${other}`);
    } else if (operators[written] !== undefined) yield replace(operators[written]);
    else if (token.type.keyword !== undefined) yield replace("");
  }
}

describe("another token is another hash (S91)", () => {
  it.each(programs)("in %s", (_, text) => {
    const hash = plainHash(text);
    let tried = 0;
    for (const mutant of mutants(text)) {
      try {
        expect(plainHash(mutant), mutant).not.toBe(hash);
        tried++;
      } catch (error) {
        // Not a program, or none that may be defined.
        if (
          !(
            error instanceof SyntaxError ||
            error instanceof DefinitionError ||
            error instanceof TypeError ||
            error instanceof ReferenceError
          )
        )
          throw error;
      }
    }
    expect(tried).toBeGreaterThan(50);
  });
});
