import { Heartbeat } from "@espalier/heartbeat";
import { Node, type NodeEvent, type Pid, Process, Remote, type Self } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { builtin, remote } from "../src/index.ts";
import { CompiledFrame } from "../src/frame.ts";

// What a node answers in place, and that nothing but time tells it from an operation that is yielded.

const log: string[] = [];
const note = (text: string): void => void log.push(text);
for (const [name, value] of Object.entries({ Heartbeat, Process, Remote, note })) builtin(name, value);

type Kernel = Awaited<ReturnType<typeof Node.start>>["kernel"];

/** Puts another handler in the place of each, which does the same: so everything is yielded. */
function yieldAll({ handlers }: Kernel): void {
  for (const [type, handler] of [...handlers]) {
    handlers.set(type, (kernel, cell, operation) => handler(kernel, cell, operation));
  }
}

interface Outcome {
  readonly value: unknown;
  readonly log: readonly string[];
  readonly events: readonly NodeEvent["type"][];
  /** Of each process that was still there: label and reductions. */
  readonly processes: readonly (readonly [string, number])[];
  /** How often frames were stepped with an answer. */
  readonly steps: number;
}

async function run(how: "in place" | "yielded", body: (self: Self<any>) => Remote<unknown>): Promise<Outcome> {
  log.length = 0;
  const steps = vi.spyOn(CompiledFrame.prototype, "next");
  const host = new ManualHost();
  const node = await host.wait(Node.start({ host }));
  if (how === "yielded") yieldAll(node.kernel);
  const events: NodeEvent["type"][] = [];
  node.events.subscribe(({ type }) => void events.push(type));
  const value = await host.wait(node.run(body));
  const processes = node.inspect().processes.map(({ label, reductions }) => [label, reductions] as const);
  const outcome = { value, log: [...log], events, processes, steps: steps.mock.calls.length };
  await host.wait(node.stop());
  return outcome;
}

afterEach(() => vi.restoreAllMocks());

/** Runs it in both ways and expects the same of both. The result, and how often frames were stepped in each. */
async function expectSame(
  body: (self: Self<any>) => Remote<unknown>,
): Promise<{ inPlace: number; yielded: number; value: unknown }> {
  const { steps: inPlace, ...one } = await run("in place", body);
  vi.restoreAllMocks();
  const { steps: yielded, ...other } = await run("yielded", body);
  expect(one).toEqual(other);
  return { inPlace, yielded, value: one.value };
}

describe("what finishes at once is answered in place (S226)", () => {
  it("and a loop of it is suspended once a slice", async () => {
    const loop = remote(function* (_self: Self<any>, turns: number) {
      let same = 0;
      for (let turn = 0; turn < turns; turn += 1) if ((yield* Process.parent()).serial >= 0) same += 1;
      return same;
    });
    const { inPlace, yielded, value } = await expectSame((self) => loop(self, 3_500));
    expect(value).toBe(3_500);
    expect(yielded).toBe(3_501);
    expect(inPlace).toBe(4);
  });

  it("in the same order among processes, with the same reductions", async () => {
    const echo = remote(function* echo(self: Self<readonly [Pid<number>, number]>) {
      for (;;) {
        const [from, n] = yield* self.receive();
        yield* Process.send(from, n + 1);
      }
    });
    const spin = remote(function* spin(_self: Self<any>, name: string, turns: number) {
      for (let turn = 0; turn < turns; turn += 1) {
        if (turn % 250 === 0) note(`${name} ${turn}`);
        yield* Process.whereis("nobody");
      }
      yield* Process.sleep("infinity");
    });
    const main = remote({ echo, spin }, function* (self: Self<any>) {
      const other = yield* Process.spawn(echo);
      yield* Process.spawn(spin, "a", 4_321);
      yield* Process.spawn(spin, "b", 3_000);
      let sum = 0;
      for (let n = 0; n < 1_500; n += 1) {
        yield* Process.send(other, [self.pid, n]);
        if (n % 3 === 0) yield* Process.send(self.pid, 1_000_000);
        sum += yield* self.receive({ match: (m: number) => m < 1_000_000 });
        if (n % 300 === 0) note(`main ${n}`);
      }
      const late = yield* self.receive({ match: (m: number) => m < 0, within: "5ms", otherwise: 7 });
      let more = 0;
      while ((yield* self.receive({ within: 0, otherwise: 0 })) > 0) more += 1;
      yield* Process.sleep("1s");
      return [sum, late, more, yield* Process.alive(other)];
    });
    const { inPlace, yielded, value } = await expectSame(main);
    expect(value).toEqual([(1_500 * 1_501) / 2, 7, 500, true]);
    expect(inPlace).toBeLessThan(yielded / 2);
  });

  it("an error is thrown at its yield*, with the same line", async () => {
    const main = remote(function* main(_self: Self<any>) {
      for (let turn = 0; turn < 3; turn += 1) {
        try {
          yield* Process.send("nobody", turn);
        } catch (error) {
          const { message, stack } = error as Error;
          note(message);
          for (const line of (stack ?? "").split("\n")) if (/ main \(|CompiledFrame|\.ask /.test(line)) note(line);
        } finally {
          yield* Process.now();
        }
      }
      try {
        yield* Process.alive("no pid" as never);
      } catch (error) {
        note((error as Error).message);
      }
      yield* Process.send("nobody", "thrown out");
    });
    const outer = remote({ main }, function* outer(self: Self<any>) {
      try {
        return yield* main(self);
      } catch (error) {
        return (error as Error).stack?.split("\n").filter((line) => / (main|outer) \(/.test(line));
      }
    });
    const { value } = await expectSame(outer);
    expect(log.filter((line) => line.startsWith("    at"))).toHaveLength(3);
    expect(value).toEqual([expect.stringContaining("at main ("), expect.stringContaining("at outer (")]);
  });

  it("a scope that ends is left before anything else, and its finally blocks may ask for nothing", async () => {
    const inside = remote(function* inside(heartbeat: Heartbeat) {
      try {
        yield* Process.now();
        yield* Heartbeat.stop(heartbeat);
        note("not reached");
        yield* Process.now();
      } finally {
        try {
          yield* Process.parent();
          note("not reached either");
        } catch (error) {
          note((error as Error).name);
        }
      }
    });
    const main = remote({ inside }, function* (_self: Self<any>) {
      const heartbeat = yield* Heartbeat.create("1h");
      try {
        yield* Heartbeat.link(heartbeat, inside(heartbeat));
      } catch (error) {
        note((error as Error).name);
      }
    });
    await expectSame(main);
    expect(log).toEqual(["OperationRefusedError", "CauseError"]);
  });

  it("but what may look at the frames is yielded", async () => {
    const main = remote(function* (self: Self<any>) {
      yield* Process.register("main");
      yield* Remote.attempt(Process.now());
      yield* Process.migrate(self.pid, yield* Remote.here());
      yield* Process.unregister("main");
      return "done";
    });
    const { inPlace, yielded } = await expectSame(main);
    expect(inPlace).toBe(yielded - 1);
  });
});
