import { fn, remote } from "@espalier/code";
import { CauseError, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import { Process, type NodeRef, type Pid, type Self, type StandardSchema } from "@espalier/runtime";
import { Remote } from "espalier";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, type Member } from "./by-hand.ts";

let cluster: Cluster;
let o: Member;
let a: Member;
let b: Member;

beforeEach(async () => {
  cluster = new Cluster("o", "a", "b");
  [o, a, b] = [await cluster.start("o"), await cluster.start("a"), await cluster.start("b")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

type Quote = (age: number) => Operation<{ readonly at: string; readonly rate: number }>;

let names = 0;
/** Each test has its own: a program knows a private function by its name for good. */
const fresh = (what: string): string => `${what}-${(names += 1)}`;

/** Of nobody else's business: it is in no definition, and the body below is never read. */
const secret = { factor: 3, calls: [] as string[] };

function makeQuote(): Quote {
  return remote.private(fresh("quote"), function* (age: number) {
    const { id } = yield* Remote.here();
    secret.calls.push(id);
    return { at: id, rate: age * secret.factor };
  });
}

/** A process on `machine` that hands `value` to whoever asks. */
function giver(machine: Member, value: unknown): Pid<Pid<any>> {
  const { kernel } = machine.node;
  return kernel.spawn(
    kernel.root,
    function* give(self: Self<Pid<any>>): LocalGenerator<never> {
      for (;;) yield* Process.send(yield* self.receive(), value);
    },
    [],
  ).pid;
}

/** On `machine`: gets what a giver gives, and does something with it. */
function withGiven<R>(machine: Member, from: Pid<any>, use: (value: any) => LocalGenerator<R>): Promise<R> {
  return cluster.wait(
    machine.node.run(function* (self: Self<any>) {
      yield* Process.send(from, self.pid);
      return yield* use(yield* self.receive());
    }),
  );
}

const call = (age: number) =>
  function* (quote: Quote): LocalGenerator<unknown> {
    return yield* quote(age);
  };

describe("a private function", () => {
  test("runs directly where it is at home, in the caller's process", async () => {
    const problem = new Error("the very same");
    const whoami = remote.private(fresh("whoami"), async () => Promise.resolve("here"));
    const fails = remote.private(fresh("fails"), function* (): LocalGenerator<never> {
      yield* Process.sleep(1);
      throw problem;
    });
    const result = await cluster.wait(
      a.node.run(function* () {
        try {
          yield* fails();
        } catch (error) {
          return [yield* whoami(), error];
        }
        return [];
      }),
    );
    expect(result[0]).toBe("here");
    expect(result[1]).toBe(problem);
  });

  test("runs at its owner for others, and between three nodes: A hands B a reference of C's", async () => {
    const quote = makeQuote();
    // o owns it and gives it to a; a gives what it got to b.
    const passed = withGiven(a, giver(o, quote), function* (got: Quote) {
      const { node } = a;
      const { pid } = node.kernel.spawn(
        node.kernel.root,
        function* pass(self: Self<Pid<any>>): LocalGenerator<void> {
          yield* Process.send(yield* self.receive(), got);
        },
        [],
      );
      return pid;
    });
    const result = await withGiven(b, await passed, call(5));
    expect(result).toEqual({ at: o.ref.id, rate: 15 });
  });

  test("is called from a moved computation, as its argument and as its dependency, and its body stays", async () => {
    const quote = makeQuote();
    await withGiven(o, giver(o, quote), call(1));
    const asArgument = remote(function* (node: NodeRef, ask: Quote) {
      yield* Remote.transfer(node);
      const there = yield* Remote.here();
      const { at, rate } = yield* ask(2);
      return { there: there.id, at, rate };
    });
    expect(await cluster.wait(o.node.run(asArgument(a.ref, quote)))).toEqual({
      there: a.ref.id,
      at: o.ref.id,
      rate: 6,
    });
    const asDependency = remote({ quote }, function* (node: NodeRef) {
      yield* Remote.transfer(node);
      const { at, rate } = yield* quote(3);
      const there = yield* Remote.here();
      return { there: there.id, at, rate };
    });
    expect(await cluster.wait(o.node.run(asDependency(a.ref)))).toEqual({ there: a.ref.id, at: o.ref.id, rate: 9 });
    expect(JSON.stringify(o.said)).not.toContain("secret.factor");
  });

  test("fails as its body does, and the owner and the caller live on", async () => {
    const fails = remote.private(fresh("fails"), function* (what: string): LocalGenerator<number> {
      yield* Process.sleep(5);
      throw new RangeError(`no ${what}`);
    });
    const seen = await withGiven(b, giver(o, fails), function* (got: typeof fails) {
      try {
        return yield* got("rate");
      } catch (error) {
        yield* Process.sleep(100);
        return error;
      }
    });
    expect(seen).toBeInstanceOf(CauseError);
    expect((seen as CauseError).reason).toMatchObject({
      type: "error",
      error: { name: "RangeError", message: "no rate" },
    });
  });

  test("ends when its caller does (S184)", async () => {
    let ended = 0;
    const waits = remote.private(fresh("waits"), function* (): LocalGenerator<void> {
      try {
        yield* Process.sleep(1_000_000);
      } finally {
        ended += 1;
      }
    });
    await withGiven(b, giver(o, waits), function* (got: typeof waits) {
      const pid = yield* Process.spawn(function* () {
        yield* got();
      });
      yield* Process.sleep(100);
      expect(ended).toBe(0);
      yield* Process.exit(pid, { type: "kill" });
    });
    await cluster.pass(100);
    expect(ended).toBe(1);
  });

  test("ends when its caller's node is given up, and its caller sees `unresponsive` when its own falls silent", async () => {
    let steps = 0;
    const waits = remote.private(fresh("waits"), function* (): LocalGenerator<never> {
      for (;;) {
        yield* Process.sleep(100);
        steps += 1;
      }
    });
    const held = await withGiven(b, giver(o, waits), function* (got: typeof waits) {
      yield* Process.sleep(0);
      return got;
    });
    const seen = b.node.run(function* () {
      try {
        return yield* held();
      } catch (error) {
        return (error as CauseError).reason;
      }
    });
    await cluster.pass(1_000);
    cluster.part("o", "b");
    expect(await cluster.wait(seen)).toMatchObject({ type: "unresponsive" });
    cluster.heal();
    await cluster.pass(2_000);
    const stopped = steps;
    expect(stopped).toBeGreaterThan(3);
    await cluster.pass(2_000);
    expect(steps).toBe(stopped);
  });

  test("ends when the home of a caller that had moved is lost", async () => {
    let steps = 0;
    const waits = remote.private(fresh("waits"), function* (): LocalGenerator<never> {
      for (;;) {
        yield* Process.sleep(100);
        steps += 1;
      }
    });
    await withGiven(b, giver(o, waits), function* () {
      yield* Process.sleep(0);
    });
    const caller = remote(function* (node: NodeRef, ask: typeof waits) {
      yield* Remote.transfer(node);
      yield* ask();
    });
    void a.node.run(caller(b.ref, waits)).catch(() => {});
    await cluster.pass(1_000);
    expect(steps).toBeGreaterThan(3);
    cluster.crash("a");
    await cluster.pass(3_000);
    const stopped = steps;
    await cluster.pass(2_000);
    expect(steps).toBe(stopped);
  });

  test("answers a caller that is moved while it waits", async () => {
    const slow = remote.private(fresh("slow"), function* (n: number) {
      yield* Process.sleep(500);
      return { twice: 2 * n, at: (yield* Remote.here()).id };
    });
    await withGiven(b, giver(o, slow), function* (got: typeof slow) {
      yield* got(1);
    });
    const caller = remote(function* (ask: typeof slow, to: Pid<any>) {
      const { twice, at } = yield* ask(21);
      const { id } = yield* Remote.here();
      yield* Process.send(to, { twice, at, id });
    });
    const seen = await cluster.wait(
      b.node.run(function* (self: Self<any>) {
        const pid = yield* Process.spawn(caller(slow, self.pid));
        yield* Process.sleep(100);
        yield* Process.migrate(pid, a.ref);
        return yield* self.receive();
      }),
    );
    expect(seen).toEqual({ twice: 42, at: o.ref.id, id: a.ref.id });
  });

  test("is not reached when its owner is gone", async () => {
    const quote = makeQuote();
    const seen = await withGiven(b, giver(o, quote), function* (got: Quote) {
      cluster.crash("o");
      yield* Process.sleep(10);
      try {
        return yield* got(1);
      } catch (error) {
        return (error as CauseError).reason.type;
      }
    });
    expect(seen).toBe("noconnection");
  });

  test("survives a restart of its owner: what others hold is good in its next life (S185)", async () => {
    const quote = makeQuote();
    const held = await withGiven(b, giver(o, quote), function* (got: Quote) {
      yield* Process.sleep(0);
      return got;
    });
    cluster.crash("o");
    await cluster.pass(100);
    o = await cluster.start("o");
    const result = await cluster.wait(
      b.node.run(function* () {
        return yield* held(4);
      }),
    );
    expect(result).toEqual({ at: o.ref.id, rate: 12 });
  });

  test("checks arguments and results, and what cannot travel is refused where it is (S187)", async () => {
    const positive: StandardSchema<[number]> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) =>
          (value as number[])[0]! > 0
            ? { value: [(value as number[])[0]! * 10] }
            : { issues: [{ message: "expected a positive number", path: [0] }] },
      },
    };
    const checked = remote.private(
      fresh("checked"),
      function* (n: number): LocalGenerator<unknown> {
        yield* Process.sleep(0);
        return n === 20 ? { socket: new WeakMap() } : n;
      },
      { accepts: positive },
    );
    const outcomes = await withGiven(b, giver(o, checked), function* (got: typeof checked) {
      const seen: string[] = [String(yield* got(1))];
      for (const argument of [-1, 2, Symbol.iterator as never]) {
        try {
          yield* got(argument);
        } catch (error) {
          seen.push((error as Error).message);
        }
      }
      return seen;
    });
    expect(outcomes[0]).toBe("10");
    expect(outcomes[1]).toContain("its arguments: .0: expected a positive number");
    expect(outcomes[2]).toContain("socket cannot travel: it is an instance of WeakMap");
    expect(outcomes[3]).toContain("it is a symbol");
  });
});

describe("Remote.via", () => {
  const runLength = {
    encode: fn((values: readonly string[]) => {
      const runs: [string, number][] = [];
      for (const value of values) {
        const last = runs.at(-1);
        if (last !== undefined && last[0] === value) last[1] += 1;
        else runs.push([value, 1]);
      }
      return runs;
    }),
    decode: fn((runs: readonly [string, number][]) =>
      runs.flatMap(([value, times]) => Array.from({ length: times }, () => value)),
    ),
  };

  test("takes a value along in another form (S186)", async () => {
    const letters = remote({ runLength }, function* (node: NodeRef) {
      const there = yield* Remote.via(node, { encode: runLength.encode, decode: runLength.decode }, ["a", "a", "b"]);
      const { id } = yield* Remote.here();
      return { there, id };
    });
    expect(await cluster.wait(o.node.run(letters(a.ref)))).toEqual({ there: ["a", "a", "b"], id: a.ref.id });
  });

  test("of a value that could not travel itself", async () => {
    const socket = new (class Socket {
      readonly port = 80;
    })();
    const open = fn((port: number) => ({ opened: port }));
    const port = (value: any): number => value.port;
    const move = remote(
      { open },
      function* (node: NodeRef, local: { readonly encode: unknown; readonly value: unknown }) {
        return yield* Remote.via(node, { encode: local.encode as never, decode: open as never }, local.value as never);
      },
    );
    expect(await cluster.wait(o.node.run(move(a.ref, { encode: port, value: socket })))).toEqual({ opened: 80 });
  });

  test("needs a decode that travels", () => {
    expect(() => Remote.via(a.ref, { encode: Number, decode: Number }, 1)).toThrow("define it with fn");
  });
});
