import { describe, expect, it } from "vitest";
import { fn, remote } from "../src/index.ts";
import { fork, here, log, run, transfer } from "./machines.ts";

// Functions that are alive as values while their program moves.

describe("functions that move as values (S160)", () => {
  it("31 in an array, over what does not change", () => {
    const main = remote(function* (a: string, k: number) {
      const limit = k * 2;
      const rules = [(n: number): boolean => n > limit, (n: number): boolean => n < 0];
      yield* transfer(a);
      yield* transfer("bob");
      return [5, 25, -1].map((n) => rules.some((rule) => rule(n)));
    });
    expect(run(main("alice", 10))).toMatchObject({ value: [false, true, true], hops: ["alice", "bob"] });
  });

  it("32 in an object, as arrows, functions and methods", () => {
    const main = remote(function* (a: string) {
      const step = 3;
      const counter = {
        count: 1,
        next(): number {
          this.count += step;
          return this.count;
        },
        peek: (): number => step,
        reset: function (this: { count: number }): void {
          this.count = 0;
        },
      };
      yield* transfer(a);
      const seen = [counter.next(), counter.next(), counter.peek()];
      yield* transfer("bob");
      counter.reset();
      return [...seen, counter.next(), counter.next.name, counter.peek.name];
    });
    expect(run(main("alice")).value).toEqual([4, 7, 3, 3, "next", "peek"]);
  });

  it("33 made in the turns of a loop, each with its own variables", () => {
    const main = remote(function* (places: readonly string[]) {
      const tasks: (() => string)[] = [];
      for (const [index, place] of [...places.entries()]) {
        const tag = `${index}:${place}`;
        tasks.push(() => tag.toUpperCase());
        yield* transfer(place);
      }
      return tasks.map((task) => task());
    });
    expect(run(main(["alice", "bob"])).value).toEqual(["0:ALICE", "1:BOB"]);
  });

  it("34 that return functions", () => {
    const main = remote(function* (a: string) {
      const add =
        (x: number) =>
        (y: number): number =>
          x + y;
      const adders = [add(1), add(10)];
      yield* transfer(a);
      const later = adders.map((one) => one(5));
      yield* transfer("bob");
      return [...later, ...adders.map((one) => one(6))];
    });
    expect(run(main("alice")).value).toEqual([6, 15, 7, 16]);
  });

  it("35 that call one another", () => {
    const main = remote(function* (a: string) {
      const even = (n: number): boolean => n === 0 || odd(n - 1);
      const odd = (n: number): boolean => n !== 0 && even(n - 1);
      const table = new Map([
        ["even", even],
        ["odd", odd],
      ]);
      yield* transfer(a);
      return [table.get("even")?.(7), table.get("odd")?.(7)];
    });
    expect(run(main("alice")).value).toEqual([false, true]);
  });

  it("36 once, however many hold them", () => {
    const main = remote(function* (a: string) {
      const f = (n: number): number => n + 1;
      const held = { f, list: [f, f] };
      yield* transfer(a);
      return [held.f === held.list[0], held.list[0] === held.list[1], held.f === f, f(1)];
    });
    expect(run(main("alice")).value).toEqual([true, true, true, 2]);
  });

  it("37 with state that they share", () => {
    const main = remote(function* (a: string) {
      const state = { hits: 0 };
      const hit = [() => ++state.hits, () => (state.hits += 10)];
      hit[0]?.();
      yield* transfer(a);
      hit[0]?.();
      hit[1]?.();
      return state.hits;
    });
    expect(run(main("alice")).value).toBe(12);
  });

  it("38 in a variable that is set again", () => {
    const main = remote(function* (a: string) {
      let render = (s: string): string => `<${s}>`;
      yield* transfer(a);
      const before = render;
      render = (s) => before(s).repeat(2);
      yield* transfer("bob");
      return render("x");
    });
    expect(run(main("alice")).value).toBe("<x><x>");
  });

  it("39 declared below their use", () => {
    const main = remote(function* (a: string) {
      const limit = 3;
      const tests = [isLarge];
      yield* transfer(a);
      return [1, 5].map((n) => tests[0]?.(n));
      function isLarge(n: number): boolean {
        return n > limit;
      }
    });
    expect(run(main("alice")).value).toEqual([false, true]);
  });

  it("40 as arguments of other computations", () => {
    const visit = remote(function* (place: string, make: (where: string) => string) {
      yield* transfer(place);
      return make(yield* here());
    });
    const main = remote({ visit }, function* (tag: string) {
      const there = yield* visit("alice", (where) => `${tag}@${where}`);
      return [there, yield* visit("bob", (where) => `${where}<${there}`)];
    });
    expect(run(main("t")).value).toEqual(["t@alice", "bob<t@alice"]);
  });

  it("41 as results of other computations", () => {
    const learn = remote(function* (place: string) {
      yield* transfer(place);
      const name = yield* here();
      return { greet: (who: string): string => `${name} greets ${who}` };
    });
    const main = remote({ learn }, function* () {
      const alice = yield* learn("alice");
      const bob = yield* learn("bob");
      yield* transfer("home");
      return [alice.greet("bob"), bob.greet("alice")];
    });
    expect(run(main()).value).toEqual(["alice greets bob", "bob greets alice"]);
  });

  it("42 handed to operations, beside generators", () => {
    const main = remote(function* (a: string) {
      const name = "n";
      const say = (text: string): string => `${name}:${text}`;
      const jobs = [
        {
          *work(text: string) {
            yield* log(say(text));
          },
        },
      ];
      yield* transfer(a);
      yield* fork(function* () {
        yield* jobs[0]?.work("forked") ?? here();
      });
      return jobs.length;
    });
    expect(run(main("alice"))).toMatchObject({ value: 1, logs: ["alice:n:forked"] });
  });

  it("43 that use definitions", () => {
    const twice = fn((n: number) => n * 2);
    const main = remote({ twice }, function* (a: string) {
      const steps = [(n: number) => twice(n) + 1, twice];
      yield* transfer(a);
      return steps.reduce((value, step) => step(value), 5);
    });
    expect(run(main("alice")).value).toBe(22);
  });

  it("44 that are asynchronous stay functions", () => {
    const main = remote(function* (a: string) {
      const load = { at: async (n: number): Promise<number> => (await Promise.resolve(n)) + 1 };
      yield* transfer(a);
      return load.at(1) instanceof Promise;
    });
    expect(run(main("alice")).value).toBe(true);
  });
});

describe("a function that cannot move is named, with what keeps it (S94, S161)", () => {
  const reason = (body: (to: string) => Generator<any, unknown, any>): string => {
    try {
      run(remote(body)("alice"));
    } catch (error) {
      return (error as Error).message;
    }
    return "it moved";
  };

  it("for a variable that changes", () => {
    const message = reason(function* main(to) {
      let count = 0;
      const hooks = [{ hit: () => count++ }];
      yield* transfer(to);
      return hooks.length + count;
    });
    expect(message).toBe(
      "`hooks` of main (set on line 3, alive across line 4) cannot travel: it holds a function that captures `count`, which changes; copy it to a const before, and use that",
    );
  });

  it("for a constant that has no value yet", () => {
    const message = reason(function* main(to) {
      const early: (() => number)[] = [];
      early.push(() => later);
      yield* transfer(to);
      const later = early.length;
      return early.map((f) => f());
    });
    expect(message).toContain("`early` of main (set on line 2, alive across line 4) cannot travel:");
    expect(message).toContain("captures `later`, which has no value yet; declare the function after it");
  });

  it("for the method around it", () => {
    const message = reason(function* main(to) {
      const derived = {
        m(): string {
          return super.toString();
        },
      };
      yield* transfer(to);
      return derived;
    });
    expect(message).toContain("it holds a function that uses the `super` of the method around it");
  });

  it("for coming from elsewhere", () => {
    expect(
      reason(function* main(to) {
        const f = [Math.max];
        yield* transfer(to);
        return f;
      }),
    ).toContain("`f` of main (set on line 2, alive across line 3) cannot travel: it is a function");
  });
});
