import { fn, hashOf, remote, useResolver } from "@espalier/code";
import { inspectorResolver } from "@espalier/code/node";
import { parse } from "acorn";
import { Process, type LocalGenerator, type Node, type Remote } from "espalier";
import { expectResult } from "./harness.ts";

// Compiled code against the same code as it was written, and what it costs to define it. All of it counts the processor's time, not that of
// the wall: nothing here waits.

/** How often something happened in a second of the processor's time, where one call of `work` does it `count` times. */
export async function perProcessorSecond(count: number, work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (count * 1e6) / (user + system);
}

// Loops

/** A `yield*` of the cheapest operation. */
const asking = remote(function* asking(turns: number) {
  let sum = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const parent = yield* Process.parent();
    sum += parent.serial === -1 ? 2 : 1;
  }
  return sum;
});

function* askingNatively(_self: unknown, turns: number): LocalGenerator<number> {
  let sum = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const parent = yield* Process.parent();
    sum += parent.serial === -1 ? 2 : 1;
  }
  return sum;
}

function* askingPlainly(_self: unknown, turns: number): Generator<any, number, any> {
  let sum = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const parent = yield Process.parent();
    sum += parent.serial === -1 ? 2 : 1;
  }
  return sum;
}

const counting = remote(function* counting(turns: number) {
  let sum = 0;
  for (let turn = 0; turn < turns; turn += 1) sum = (sum + turn * 7) % 1_000_003;
  yield* Process.parent();
  return sum;
});

function* countingNatively(_self: unknown, turns: number): LocalGenerator<number> {
  let sum = 0;
  for (let turn = 0; turn < turns; turn += 1) sum = (sum + turn * 7) % 1_000_003;
  yield* Process.parent();
  return sum;
}

const fib: (n: number) => Remote<number> = remote(
  () => ({ fib }),
  function* fibonacci(n: number): Generator<any, number, any> {
    return n < 2 ? n : (yield* fib(n - 1)) + (yield* fib(n - 2));
  },
);

function* fibNatively(n: number): LocalGenerator<number> {
  return n < 2 ? n : (yield* fibNatively(n - 1)) + (yield* fibNatively(n - 2));
}

/** Each turn makes a function that is kept, and two that are not. */
const closing = remote(function* closing(turns: number) {
  let sum = 0;
  let kept: readonly (() => number)[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const doubled = [turn, turn + 1].map((one) => one * 2).filter((one) => one % 4 === 0);
    const at = turn;
    kept = [() => at + doubled.length];
    sum += kept[0]?.() ?? 0;
    if (turn % 64 === 0) yield* Process.parent();
  }
  return sum;
});

function* closingNatively(_self: unknown, turns: number): LocalGenerator<number> {
  let sum = 0;
  let kept: readonly (() => number)[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const doubled = [turn, turn + 1].map((one) => one * 2).filter((one) => one % 4 === 0);
    const at = turn;
    kept = [() => at + doubled.length];
    sum += kept[0]?.() ?? 0;
    if (turn % 64 === 0) yield* Process.parent();
  }
  return sum;
}

type How = "compiled" | "native" | "plain";

export function yields(node: Node, how: How, turns: number): Promise<number> {
  return perProcessorSecond(turns, async () => {
    const plain = how === "plain" ? askingPlainly : askingNatively;
    const sum = how === "compiled" ? await node.run(asking(turns)) : await node.run(plain, turns);
    expectResult(sum, turns);
  });
}

export function computes(node: Node, how: How, turns: number): Promise<number> {
  return perProcessorSecond(turns, async () => {
    const run = how === "compiled" ? node.run(counting(turns)) : node.run(countingNatively, turns);
    expectResult(Number.isInteger(await run), true);
  });
}

/** Calls of 10 or 20 frames above one another: what is counted are frames. */
export function recursions(node: Node, how: How): Promise<number> {
  return perProcessorSecond(framesOfFib20, async () => {
    const run = how === "compiled" ? node.run(fib(20)) : node.run(() => fibNatively(20));
    expectResult(await run, 6_765);
  });
}

const framesOfFib20 = 21_891;

export function closes(node: Node, how: How, turns: number): Promise<number> {
  return perProcessorSecond(turns, async () => {
    const run = how === "compiled" ? node.run(closing(turns)) : node.run(closingNatively, turns);
    // One of two neighbours doubled is a multiple of four.
    expectResult(await run, (turns * (turns - 1)) / 2 + turns);
  });
}

// Definitions

const add = fn((a: number, b: number) => a + b);

/** A function of some twenty lines, with a loop, a try and callbacks; each has its own text. */
function bodies(count: number, name: string): readonly string[] {
  return Array.from(
    { length: count },
    (_, index) => `function* ${name}${index}(list, node) {
  let sum = ${index};
  const seen = new Map();
  for (const item of list) {
    if (seen.has(item.name)) continue;
    seen.set(item.name, item);
    try {
      const value = yield* Process.sleep(item.ms);
      sum = add(sum, value);
    } catch (error) {
      sum -= 1;
    }
  }
  yield* Remote.transfer(node);
  const found = [...seen.values()].filter((one) => one.ok).map((one) => one.name);
  return { sum, found, text: \`\${sum} of \${list.length}\` };
}`,
  );
}

/** What of a definition is wanted. */
export type Wanted = "defined" | "compiled" | "hashed";

/** Definitions a second, each of a function that has not been seen before. */
export function definitions(wanted: Wanted, inspected: boolean, count: number): Promise<number> {
  useResolver(inspected ? inspectorResolver() : null);
  const functions = bodies(count, "main").map(evaluated);
  return perProcessorSecond(count, () => {
    for (const body of functions) {
      const call = remote({ add }, body);
      if (wanted === "compiled") call([], null).enter();
      if (wanted === "hashed") expectResult(hashOf(call).length, 43);
    }
  });
}

/** The same text, parsed: the least that a definition can cost. */
export function parses(count: number): Promise<number> {
  const texts = bodies(count, "main");
  return perProcessorSecond(count, () => {
    for (const text of texts) {
      const { body } = parse(`(${text}\n)`, { ecmaVersion: "latest", sourceType: "module", locations: true });
      expectResult(body.length, 1);
    }
  });
}

/** Definitions a second, of a tree of so many: each but the last leaves uses two others. One hash is asked for, and takes them all. */
export function tree(count: number): Promise<number> {
  useResolver(null);
  const functions = bodies(count, "node").map((text) =>
    evaluated(
      text.replace("return {", `if (sum < 0) return [yield* left(list, node), yield* right(list, node)];\n  return {`),
    ),
  );
  return perProcessorSecond(count, () => {
    const defined: Defined[] = [];
    const leaf = remote({ add }, evaluated(bodies(1, "leaf")[0] as string));
    for (let index = count - 1; index >= 0; index -= 1) {
      const left = defined[2 * index + 1] ?? leaf;
      const right = defined[2 * index + 2] ?? leaf;
      defined[index] = remote({ add, left, right }, functions[index] as Body);
    }
    expectResult(hashOf(defined[0]).length, 43);
  });
}

type Body = (...args: readonly any[]) => Generator<any, unknown, any>;
type Defined = (...args: readonly any[]) => Remote<unknown>;

/** A function of its own text, as if it had been written in a file. */
export function evaluated(text: string): Body {
  // oxlint-disable-next-line no-eval -- Only the engine's own function has the text that a definition reads.
  return (0, eval)(`(${text})`) as Body;
}
