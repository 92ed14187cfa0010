import { fn, hashOf, remote } from "@espalier/code";
import * as shapes from "./shapes.ts";
import { sum as join } from "./shapes.ts";
import { type Observed, run, Words } from "./stage.ts";
import scale, { limit, Point, settings, sum, twice } from "./util.ts";

type Steps<R> = Generator<any, R, any>;

const sort = fn((xs: readonly number[]) => [...xs].sort((a, b) => a - b));

// Arrows, a function expression, an object literal, an import, a plain function.
const sorted = remote({ sort, sum, twice }, function* sorted(xs: readonly number[]) {
  const increment = (x: number): number => x + 1,
    isPositive = function (x: number) {
      return x > 0;
    };
  const ys = sort(xs).map(increment).filter(isPositive);
  yield* Words.tell(ys.length); // moves
  return { total: sum(ys) satisfies number, twice: twice(2) };
});

// A renamed import and a default import; a builtin that is taken from its namespace.
const { tell } = Words;
const named = remote({ join, scale, tell }, function* (parts: readonly string[]) {
  const text = join(...parts);
  yield* tell(text);
  return scale(text.length);
});

// A namespace import, by its members.
const drawn = remote({ shapes }, function* (width: number) {
  const size = shapes.area(width, 2);
  yield* Words.tell(shapes.describe({ name: "box", sides: [1, 2, 3, 4] }));
  return [size, shapes.describe(null), shapes.limit];
});

// Constants and a class.
const points = remote({ Point, limit, settings }, function* (n: number) {
  let total = 0;
  for (let i = 0; i < Math.min(n, limit); i++) {
    const { norm } = new Point(i * 3, i * 4);
    total += norm;
    yield* Words.tell(i);
  }
  yield* Words.tell(Point.diagonal(1).label);
  return [total, settings.factors[2], settings.unit];
});

// Recursion by its own name.
const factorial = remote(function* factorial(n: number): Steps<number> {
  if (n <= 1) return 1;
  yield* Words.tell(n);
  return n * (yield* factorial(n - 1));
});

// Mutual recursion.
const isEven: (n: number) => any = remote(
  () => ({ isOdd }),
  function* (n: number): Steps<boolean> {
    if (n === 0) return true;
    yield* Words.tell(`even? ${n}`);
    return yield* isOdd(n - 1);
  },
);
const isOdd: (n: number) => any = remote(
  () => ({ isEven }),
  function* (n: number): Steps<boolean> {
    return n === 0 ? false : yield* isEven(n - 1);
  },
);
const even: (n: number) => boolean = fn(
  () => ({ odd }),
  (n) => n === 0 || odd(n - 1),
);
const odd: (n: number) => boolean = fn(
  () => ({ even }),
  (n) => n !== 0 && even(n - 1),
);

// An inner function* and what it captures.
const nested = remote(function* (tag: string, k: number) {
  const prefix = `${tag}:${k}`;
  const inner = function* (step: number): Steps<string> {
    yield* Words.tell(prefix + step);
    return `${prefix}/${step}`;
  };
  function* twiceOver(): Steps<string[]> {
    return [yield* inner(1), yield* inner(2)];
  }
  return yield* twiceOver();
});

// A class and closures of its own.
const counted = remote(function* (from: number) {
  class Counter {
    count: number;
    constructor(count: number) {
      this.count = count;
    }
    add(n: number): number {
      return (this.count += n);
    }
  }
  const seen: number[] = [];
  const note = (x: number): number => seen.push(x);
  for (const n of [1, 2, 3]) {
    note(new Counter(from).add(n));
    yield* Words.tell(seen.length);
  }
  return seen;
});

// Newer syntax that older targets rewrite.
const chosen = remote(function* (options: { readonly a?: { readonly b?: number }; readonly list?: readonly number[] }) {
  const { a: { b = 4 } = {}, list: [first, ...rest] = [1, 2, 3], ...others } = options;
  let most: number | null = null;
  most ??= options?.a?.b ?? rest.at(-1) ?? 0;
  yield* Words.tell(`${first} ${b}`);
  const merged = { ...others, b, [`key-${first}`]: most ** 2 };
  return [merged, 1_000n * 2n, options.list?.includes?.(2)];
});

// Whatever happens.
const guarded = remote(function* (limits: ReadonlyMap<string, number>) {
  const told: string[] = [];
  outer: for (const [name, bound] of limits) {
    for (let i = 0; ; i++) {
      if (i > bound) continue outer;
      try {
        if (i === 1) yield* Words.fail(`${name} at ${i}`);
        yield* Words.tell(name);
      } catch (error) {
        told.push(String(error));
        if (error instanceof RangeError && name === "b") break outer;
      } finally {
        told.push(`${name}${i}`);
      }
    }
  }
  return told;
});

// A switch, a conditional, a comma, and a template that spans lines.
const spelled = remote({ even }, function* (n: number) {
  let kind;
  switch (n % 3) {
    case 0:
      kind = "fizz";
      break;
    case 1:
      kind = 'it\'s "one"';
      break;
    default:
      kind ??= `two
lines`;
      break;
  }
  yield* Words.tell(kind);
  if (even(n)) return void 0;
  else return [kind, !0, typeof n, 0xff, /\d+/g.test(kind)];
});

const definitions: Readonly<Record<string, unknown>> = {
  sort,
  sum,
  sorted,
  named,
  drawn,
  points,
  factorial,
  isEven,
  isOdd,
  even,
  odd,
  nested,
  counted,
  chosen,
  guarded,
  spelled,
};

export interface Report {
  readonly hashes: Readonly<Record<string, string>>;
  readonly observed: readonly Observed[];
}

/** What the definitions are called and do here. */
export function report(): Report {
  return {
    observed: [
      sorted([92, 3, -145, 9]),
      named(["x", "yz"]),
      drawn(3),
      points(9),
      factorial(5),
      isEven(5),
      nested("t", 2),
      counted(10),
      chosen({ a: { b: 3 } }),
      chosen({ list: [2, 9] }),
      guarded(
        new Map([
          ["a", 1],
          ["b", 2],
        ]),
      ),
      spelled(4),
      spelled(5),
      spelled(3),
    ].map(run),
    hashes: Object.fromEntries(Object.entries(definitions).map(([name, defined]) => [name, hashOf(defined)])),
  };
}
