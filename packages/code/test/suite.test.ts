import type { Moving } from "@espalier/heartbeat";
import type { Remote } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { fn, remote } from "../src/index.ts";
import { fork, here, log, Machines, run, transfer } from "./machines.ts";

// The programs of the study that chose this design: each runs on three machines with stores of their own.

class Socket {
  readonly descriptor = 7;
  ping(): string {
    return "pong";
  }
}

describe("programs that move", () => {
  it("01 sort on alice, sum on bob", () => {
    const sort = fn((xs: readonly number[]) => [...xs].sort((a, b) => a - b));
    const sum = fn((xs: readonly number[]) => xs.reduce((a, b) => a + b, 0));
    const main = remote({ sort, sum }, function* (alice: string, bob: string) {
      const xs = [92, 3, 145, 9, 2, 64];
      yield* transfer(alice);
      const sorted = sort(xs);
      yield* log(`first=${sorted[0]}`);
      yield* transfer(bob);
      return [sum(sorted), yield* here()];
    });
    const outcome = run(main("alice", "bob"));
    expect(outcome).toEqual({ value: [315, "bob"], hops: ["alice", "bob"], logs: ["alice:first=2"], sent: [3, 3] });
  });

  it("02 hop in a while loop", () => {
    const main = remote(function* (a: string, b: string, n: number) {
      let i = 0;
      const seen: string[] = [];
      while (i < n) {
        yield* transfer(i % 2 ? b : a);
        seen.push(yield* here());
        i++;
      }
      return seen.join();
    });
    const { value, hops } = run(main("alice", "bob", 5));
    expect(value).toBe("alice,bob,alice,bob,alice");
    expect(hops).toEqual(["alice", "bob", "alice", "bob", "alice"]);
  });

  it("03 loop over an array that grows meanwhile", () => {
    const main = remote(function* (nodes: string[]) {
      let out = "";
      for (const node of nodes) {
        yield* transfer(node);
        out += node[0];
        if (out === "ab") nodes.push("alice");
      }
      return out;
    });
    const { value, hops } = run(main(["alice", "bob"]));
    expect(value).toBe("aba");
    expect(hops).toEqual(["alice", "bob", "alice"]);
  });

  it("04 break and continue through labelled loops", () => {
    const main = remote(function* (nodes: readonly string[]) {
      const out: number[] = [];
      outer: for (let i = 0; i < 4; i++) {
        for (let j = 0; ; j++) {
          if (j > i) continue outer;
          if (i === 3) break outer;
          yield* transfer(nodes[(i + j) % 2] as string);
          out.push(i * 10 + j);
        }
      }
      return out;
    });
    expect(run(main(["alice", "bob"])).value).toEqual([0, 10, 11, 20, 21, 22]);
  });

  it("05 catch on one machine what was tried on another", () => {
    const main = remote(function* (a: string, b: string) {
      let where = "start";
      try {
        where = "try";
        yield* transfer(a);
        (null as unknown as { boom(): void }).boom();
        return [];
      } catch (e) {
        yield* log(`caught ${e instanceof TypeError} ${where}`);
        yield* transfer(b);
        return [e instanceof TypeError, where, yield* here()];
      }
    });
    const { value, hops, logs } = run(main("alice", "bob"));
    expect(value).toEqual([true, "try", "bob"]);
    expect(hops).toEqual(["alice", "bob"]);
    expect(logs).toEqual(["alice:caught true try"]);
  });

  it("06 run finally once, on the last machine, with yields in it", () => {
    const main = remote(function* (a: string, b: string) {
      const out: string[] = [];
      try {
        yield* transfer(a);
        out.push("body");
        return out;
      } finally {
        yield* transfer(b);
        out.push(`finally@${yield* here()}`);
        yield* log("cleanup");
      }
    });
    const { value, hops, logs } = run(main("alice", "bob"));
    expect(value).toEqual(["body", "finally@bob"]);
    expect(hops).toEqual(["alice", "bob"]);
    expect(logs).toEqual(["bob:cleanup"]);
  });

  it("07 move inside another remote", () => {
    const hop = remote(function* (to: string, tag: string) {
      const before = yield* here();
      yield* transfer(to);
      return `${tag}${before}>${yield* here()}`;
    });
    const main = remote({ hop }, function* (a: string, b: string) {
      const x = yield* hop(a, "x:");
      const y = yield* hop(b, "y:");
      return `${x} ${y}`;
    });
    const { value, hops } = run(main("alice", "bob"));
    expect(value).toBe("x:home>alice y:alice>bob");
    expect(hops).toEqual(["alice", "bob"]);
  });

  it("08 move at the bottom of 50 frames", () => {
    const dive: (depth: number, to: string) => Remote<number> = remote(
      () => ({ dive }),
      function* (depth: number, to: string) {
        if (depth === 0) {
          yield* transfer(to);
          return 0;
        }
        const below: number = yield* dive(depth - 1, to);
        return below + depth;
      },
    );
    const main = remote({ dive }, function* (a: string) {
      return [yield* dive(50, a), yield* here()];
    });
    const { value, hops, sent } = run(main("alice"));
    expect(value).toEqual([1275, "alice"]);
    expect(hops).toEqual(["alice"]);
    expect(sent).toEqual([2]);
  });

  it("09 use closures between moves", () => {
    const main = remote(function* (a: string, k: number) {
      const xs = [1, 2, 3].map((x) => x * k);
      yield* transfer(a);
      const big = xs.filter((x) => x > k);
      const f = (y: number): number => y + xs.length;
      const z = big.map(f).reduce((p, q) => p + q);
      yield* transfer("bob");
      return z + k;
    });
    const { value, hops } = run(main("alice", 10));
    expect(value).toBe(66);
    expect(hops).toEqual(["alice", "bob"]);
  });

  it("10 take values apart across moves", () => {
    const point = fn((x: number) => ({ x, y: x + 1, rest: [x, x, x] }));
    const get = remote({ point }, function* (x: number) {
      yield* transfer("alice");
      return point(x);
    });
    type Input = { readonly a: number; readonly b: readonly number[]; readonly d?: number };
    const main = remote({ get }, function* ({ a, b: [c, ...more], d = a + 1 }: Input, ...tail: number[]) {
      const {
        x,
        y: renamed = 9,
        rest: [, ...r],
      } = yield* get(a);
      yield* transfer("bob");
      const all = { ...{ x, renamed }, r: [...r, ...more], c, d, ...{ tail } };
      yield* transfer("alice");
      let p = 1;
      let q = 2;
      [p, q] = [q, p];
      yield* transfer("bob");
      return { all, p, q };
    });
    const outcome = run(main({ a: 5, b: [1, 2, 3] }, 8, 9));
    expect(outcome.value).toEqual({ all: { x: 5, renamed: 6, r: [5, 5, 2, 3], c: 1, d: 6, tail: [8, 9] }, p: 2, q: 1 });
    expect(outcome.hops).toEqual(["alice", "bob", "alice", "bob"]);
  });

  it("11 move inside expressions, in JavaScript's order", () => {
    const give = remote(function* <T>(value: T, to: string) {
      yield* log(String(value));
      yield* transfer(to);
      return value;
    });
    const pair = fn((a: unknown, b: unknown) => [a, b]);
    const main = remote({ give, pair }, function* (a: string, b: string) {
      let t = 10;
      const o: unknown[] = ["o", 5];
      const q: { k: number; nope?: Record<string, unknown> } = { k: 5 };
      const r = t + (yield* give(2, a)) + (t = 9);
      const s = ((yield* give(0, b)) || ((yield* give("or", a)) && (yield* give(null, b)))) ?? (yield* give("nn", a));
      const u = (yield* give(true, b)) ? `<${t}${yield* give("y", a)}>` : yield* give("no", b);
      const w = o.concat(t++, yield* give(3, b), ...(yield* give([8, 9], a)), t);
      q.k += yield* give(1, b);
      const never = q?.nope?.[yield* give("never", a)];
      return [r, s, u, w, pair(yield* give("p", a), t), { q: q.k, [yield* give("key", b)]: t }, never];
    });
    const { value, logs } = run(main("alice", "bob"));
    expect(value).toEqual([21, "nn", "<9y>", ["o", 5, 9, 3, 8, 9, 10], ["p", 10], { q: 6, key: 10 }, undefined]);
    expect(logs).toEqual([
      "home:2",
      "alice:0",
      "bob:or",
      "alice:null",
      "bob:nn",
      "alice:true",
      "bob:y",
      "alice:3",
      "bob:8,9",
      "alice:1",
      "bob:p",
      "alice:key",
    ]);
  });

  it("12 fall through the cases of a switch", () => {
    const main = remote(function* (k: number) {
      const out: string[] = [];
      for (let i = 0; i < 4; i++) {
        switch (i * k) {
          // @ts-expect-error it falls through on purpose
          case 0:
            out.push("zero");
            yield* transfer("alice");
          case 2: {
            const t = `two${i}`;
            yield* transfer("bob");
            out.push(t);
            break;
          }
          case 4:
            out.push("four");
            yield* transfer("alice");
            continue;
          default:
            out.push("def");
        }
        out.push("|");
      }
      return out.join(" ");
    });
    const { value, hops } = run(main(2));
    expect(value).toBe("zero two0 | two1 | four def |");
    expect(hops).toEqual(["alice", "bob", "bob", "alice"]);
  });

  it("13 leave what is no longer needed behind, whatever it is (S94)", () => {
    const main = remote({ Socket }, function* (a: string) {
      const socket = new Socket();
      const pattern = /x(\d+)/g;
      const ping = (): string => socket.ping();
      const promise = Promise.resolve(1);
      const got = [ping(), pattern.exec("ax12")?.[1], typeof promise.then];
      yield* transfer(a);
      return got;
    });
    expect(run(main("alice")).value).toEqual(["pong", "12", "function"]);
  });

  it("14 name the local that is needed and cannot travel, before anything is sent (S94)", () => {
    const main = remote({ Socket }, function* main(a: string) {
      const socket = new Socket();
      try {
        yield* transfer(a);
      } catch (error) {
        return [(error as Error).message, socket.ping()];
      }
      return socket.ping();
    });
    const { value, hops } = run(main("alice"));
    expect(value).toEqual([
      "`socket` of main (set on line 2, alive across line 4) cannot travel: it is an instance of Socket",
      "pong",
    ]);
    expect(hops).toEqual([]);
  });

  it("15 keep shared references and cycles", () => {
    type Leaf = { n: number; up?: Leaf[] };
    const main = remote(function* (a: string) {
      const leaf: Leaf = { n: 1 };
      const pair = [leaf, leaf];
      leaf.up = pair;
      const same = leaf;
      yield* transfer(a);
      same.n++;
      return [pair[0] === pair[1], pair[0] === leaf, leaf.up === pair, pair[1]?.n];
    });
    expect(run(main("alice")).value).toEqual([true, true, true, 2]);
  });

  it("16 keep collections, big integers and odd numbers", () => {
    const main = remote(function* (a: string) {
      const map = new Map<unknown, unknown>([
        [{ k: 1 }, new Set([1, "x"])],
        ["d", 5],
      ]);
      const big = 2n ** 70n;
      const bytes = new Uint8Array([1, 2, 255]);
      const odd = [undefined, NaN, -0, null, Infinity];
      yield* transfer(a);
      const [[k, s]] = [...map] as [[{ k: number }, Set<unknown>]];
      return [
        k.k,
        s.has("x"),
        map.get("d"),
        big === 2n ** 70n,
        bytes instanceof Uint8Array && bytes[2],
        odd[0] === undefined && 0 in odd,
        Number.isNaN(odd[1]),
        Object.is(odd[2], -0),
        odd[4],
      ];
    });
    expect(run(main("alice")).value).toEqual([1, true, 5, true, 255, true, true, true, Infinity]);
  });

  it("17 recurse through each other, moving at every level", () => {
    const isEven: (n: number) => Remote<boolean> = remote(
      () => ({ isOdd }),
      function* (n: number): Generator<Moving, boolean> {
        if (n === 0) return true;
        yield* transfer(n % 2 ? "alice" : "bob");
        return yield* isOdd(n - 1);
      },
    );
    const isOdd: (n: number) => Remote<boolean> = remote(
      () => ({ isEven }),
      function* (n: number): Generator<Moving, boolean> {
        if (n === 0) return false;
        yield* transfer(n % 2 ? "alice" : "bob");
        return yield* isEven(n - 1);
      },
    );
    const main = remote({ isEven, isOdd }, function* (n: number) {
      return [yield* isEven(n), yield* isOdd(n), yield* here()];
    });
    expect(run(main(6)).value).toEqual([true, false, "alice"]);
  });

  it("18 keep what chance gave, and 19 do no work twice (S93)", () => {
    const work = { times: 0 };
    const count = (): number => ++work.times;
    const main = remote(function* (next: () => number, a: string, b: string) {
      const first = next();
      yield* transfer(a);
      yield* transfer(b);
      return first;
    });
    // An argument that cannot travel, and need not: it is used up before the first move.
    expect(run(main(count, "alice", "bob")).value).toBe(1);
    expect(work.times).toBe(1);
  });

  it("20 fork a block that uses locals", () => {
    const main = remote(function* (alice: string, n: number) {
      const tag = `t${n}`;
      const shout = (text: string): string => text.toUpperCase() + n;
      yield* fork(function* () {
        yield* transfer(alice);
        yield* log(shout(tag));
      });
      yield* transfer("bob");
      return tag;
    });
    const { value, logs, hops } = run(main("alice", 3));
    expect(value).toBe("t3");
    expect(logs).toEqual(["alice:T33"]);
    expect(hops).toEqual(["bob"]);
  });

  it("21 give each turn of a loop its own variable", () => {
    const main = remote(function* (a: string) {
      const out: number[] = [];
      for (let i = 0; i < 3; i++) {
        const fs: (() => number)[] = [];
        for (let j = 0; j < 3; j++) fs.push(() => i * 10 + j);
        out.push(...fs.map((f) => f()));
        yield* transfer(a);
      }
      const gs: (() => number)[] = [];
      for (const k of [1, 2]) {
        const kk = k;
        if (yield* here()) gs.push(() => kk);
      }
      return [out, gs.map((g) => g())];
    });
    expect(run(main("alice")).value).toEqual([
      [0, 1, 2, 10, 11, 12, 20, 21, 22],
      [1, 2],
    ]);
  });

  it("22 loop with do-while, for-in, commas and var", () => {
    const main = remote(function* (o: Record<string, number>) {
      var seen: string[] = [];
      do {
        yield* transfer("alice");
        seen.push("do");
      } while (seen.length < 2);
      for (const k in o) {
        yield* transfer("bob");
        seen.push(k + o[k]);
        delete o["z"];
      }
      for (var i = 0, j = 5; i < j; i += 2, j--) yield* transfer("alice");
      return [seen, i, j];
    });
    expect(run(main({ x: 1, y: 2, z: 3 })).value).toEqual([["do", "do", "x1", "y2"], 4, 3]);
  });

  it("23 return and continue through finally", () => {
    const main = remote(function* (a: string) {
      const out: (number | string)[] = [];
      for (const x of [1, 2, 3]) {
        try {
          yield* transfer(a);
          if (x === 2) continue;
          if (x === 3) return out;
          out.push(x);
        } finally {
          out.push(`f${x}`);
          yield* log(`f${x}`);
        }
      }
      return [];
    });
    const { value, logs } = run(main("alice"));
    expect(value).toEqual([1, "f1", "f2", "f3"]);
    expect(logs).toEqual(["alice:f1", "alice:f2", "alice:f3"]);
  });

  it("24 move after thousands of yields", () => {
    const main = remote(function* (a: string, n: number) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (yield* here()).length * 0 + i;
      yield* transfer(a);
      return sum;
    });
    expect(run(main("alice", 5000)).value).toBe(12_497_500);
  });

  it("25 loop over maps, sets, strings and their iterators", () => {
    const main = remote(function* (a: string) {
      const map = new Map([
        ["p", 1],
        ["q", 2],
      ]);
      let out = "";
      for (const [k, v] of map) {
        yield* transfer(a);
        out += k + v;
      }
      for (const x of new Set([7, 8])) {
        yield* transfer("bob");
        out += x;
      }
      for (const c of "h\u{1F600}") {
        yield* transfer(a);
        out += c.length;
      }
      for (const [i, e] of ["z", "y"].entries()) {
        yield* transfer("bob");
        out += i + e;
      }
      return out;
    });
    expect(run(main("alice")).value).toBe("p1q278120z1y");
  });

  it("26 throw through frames after a move", () => {
    const inner = remote(function* (a: string) {
      yield* transfer(a);
      throw new RangeError(`deep ${yield* here()}`);
    });
    const middle = remote({ inner }, function* (a: string) {
      try {
        return yield* inner(a);
      } finally {
        yield* log("middle");
      }
    });
    const main = remote({ middle }, function* (a: string) {
      try {
        yield* middle(a);
        return [];
      } catch (e) {
        yield* transfer("bob");
        return [e instanceof RangeError, (e as Error).message, e instanceof Error];
      }
    });
    const { value, logs } = run(main("alice"));
    expect(value).toEqual([true, "deep alice", true]);
    expect(logs).toEqual(["alice:middle"]);
  });

  it("27 tell variables of one name apart", () => {
    const main = remote(function* (x: string) {
      const r: unknown[] = [x];
      {
        const x = "b";
        yield* transfer("alice");
        {
          const x = "c";
          yield* transfer("bob");
          r.push(x);
        }
        r.push(x);
      }
      try {
        throw "e";
      } catch (x) {
        yield* transfer("alice");
        r.push(x);
      }
      r.push(
        ((x: number) => {
          const q = x * 2;
          return q;
        })(4),
        x,
      );
      return r;
    });
    expect(run(main("a")).value).toEqual(["a", "c", "b", "e", 8, "a"]);
  });

  it("28 make a closure over constants again on the other side", () => {
    const main = remote(function* (a: string, k: number) {
      const scale = (x: number): number => x * k + off;
      const off = 1;
      yield* transfer(a);
      return [1, 2].map(scale);
    });
    const { value, hops } = run(main("alice", 10));
    expect(value).toEqual([11, 21]);
    expect(hops).toEqual(["alice"]);
  });

  it("29 take an object with a method along", () => {
    const main = remote(function* main(a: string) {
      const o = {
        k: 2,
        twice(x: number): number {
          return x * this.k;
        },
      };
      yield* transfer(a);
      return o.twice(4);
    });
    expect(run(main("alice")).value).toBe(8);
  });

  it("30 pass definitions around as values", () => {
    const inc = fn((x: number) => x + 1);
    const main = remote({ inc }, function* (a: string) {
      const fs = [inc];
      const f = fs[0] as typeof inc;
      yield* transfer(a);
      return f(4);
    });
    expect(run(main("alice")).value).toBe(5);
  });

  it("come home, where their code is, without asking for it", () => {
    const main = remote(function* (a: string) {
      yield* transfer(a);
      yield* transfer("home");
      return yield* here();
    });
    const machines = new Machines();
    expect(machines.run(main("alice"))).toMatchObject({ value: "home", sent: [1, 0] });
  });
});
