import { Operation, type Local, type LocalGenerator, type Moving } from "@espalier/heartbeat";
import type { NodeRef, Remote, StandardSchema } from "@espalier/runtime";
import { fn, type hashOf, remote, via } from "../src/index.ts";
import { here, transfer } from "./machines.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <Law extends true>(): Law | undefined => undefined;

class Ask extends Operation<string> {
  readonly type = "test.ask";
}

const sum = fn((xs: readonly number[]) => xs.reduce((a, b) => a + b, 0));
holds<Equal<typeof sum, (xs: readonly number[]) => number>>();

class Point {
  readonly x: number = 0;
}
holds<Equal<ReturnType<typeof fn<typeof Point>>, typeof Point>>();

const first = remote(function* <T>(xs: readonly T[]) {
  yield* here();
  return xs[0] as T;
});
const text: Remote<string> = first(["a"]);

export const main = remote({ sum, first }, function* (node: string, xs: readonly number[]) {
  yield* transfer(node);
  const one = yield* first(["a"]);
  holds<Equal<typeof one, string>>(); // generic definitions keep their parameter
  const at = yield* here();
  holds<Equal<typeof at, string>>();
  const asked = yield* new Ask();
  holds<Equal<typeof asked, string>>();
  return { total: sum(xs), at };
});
holds<Equal<typeof main, (node: string, xs: readonly number[]) => Remote<{ total: number; at: string }>>>();
const described: Remote<{ total: number; at: string }> = main("a", [1]);

// @ts-expect-error wrong arguments
main("a", "b");

// @ts-expect-error a plain yield is no operation
remote(function* () {
  yield 5;
});

// @ts-expect-error a body is a function*
remote(() => 5);

// @ts-expect-error an fn is a function or a class
fn(5);

// A private function stays where it is, and can be called from anywhere.
const quote = remote.private("types.quote", function* (age: number, region?: string) {
  const answer = yield* new Ask();
  return { rate: age, answer, region };
});
type Quoted = { rate: number; answer: string; region: string | undefined };
holds<Equal<typeof quote, (age: number, region?: string) => Operation<Quoted>>>();
const load = remote.private("types.load", async (key: string) => Promise.resolve(key.length));
holds<Equal<typeof load, (key: string) => Operation<number>>>();

declare const pairs: StandardSchema<[key: string]>;
remote.private("types.checked", async (key: string) => Promise.resolve(key), { accepts: pairs });

// @ts-expect-error its body cannot move
remote.private("types.moving", function* () {
  yield* transfer("a");
});

// @ts-expect-error nor is it an ordinary function
remote.private("types.plain", () => 5);

// @ts-expect-error what `accepts` lets through must be its arguments
remote.private("types.wrong", async (key: number) => Promise.resolve(key), { accepts: pairs });

declare const node: NodeRef;
const textually = { encode: fn((n: number) => String(n)), decode: fn((digits: string) => Number(digits)) };

export const quoting = remote({ quote, via, textually, node }, function* (ask: typeof quote) {
  const { rate } = yield* ask(3);
  const { answer } = yield* quote(3, "north");
  const there = yield* via(node, textually, rate);
  holds<Equal<typeof there, number>>();
  return { there, answer };
});

// @ts-expect-error what `encode` gives must be what `decode` takes
via(node, { encode: (n: number) => n, decode: (digits: string) => Number(digits) }, 5);

// A plain process body stays where it is: it cannot perform what moves (S98).
export function* staying(): LocalGenerator<string> {
  const answer = yield* new Ask();
  // @ts-expect-error calling a remote definition may move the computation
  yield* main("a", [1]);
  // @ts-expect-error so may a transfer
  yield* transfer("a");
  // @ts-expect-error so may taking a value along in another form
  yield* via(node, textually, 5);
  const { rate } = yield* quote(3);
  return answer + rate.toFixed();
}

export function* moving(): Generator<Local | Moving, number, any> {
  const { total } = yield* main("a", [1]);
  return total;
}

// Definitions that need one another are given in a function, and state their types, as recursion in TypeScript always must.
export const isEven: (n: number) => Remote<boolean> = remote(
  () => ({ isOdd }),
  function* (n: number): Generator<Moving, boolean> {
    return n === 0 ? true : yield* isOdd(n - 1);
  },
);
const isOdd: (n: number) => Remote<boolean> = remote(
  () => ({ isEven }),
  function* (n: number): Generator<Moving, boolean> {
    return n === 0 ? false : yield* isEven(n - 1);
  },
);

holds<Equal<ReturnType<typeof hashOf>, string>>();
void [text, described, load];
