import { Operation, type Local, type LocalGenerator, type Moving } from "@espalier/heartbeat";
import type { Remote } from "@espalier/runtime";
import { fn, type hashOf, remote } from "../src/index.ts";
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

// A plain process body stays where it is: it cannot perform what moves (S98).
export function* staying(): LocalGenerator<string> {
  const answer = yield* new Ask();
  // @ts-expect-error calling a remote definition may move the computation
  yield* main("a", [1]);
  // @ts-expect-error so may a transfer
  yield* transfer("a");
  return answer;
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
void [text, described];
