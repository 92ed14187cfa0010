import { describe, expect, it } from "vitest";
import {
  counterBounds,
  fifoQueue,
  type HistoryEntry,
  linearizable,
  models,
  monotonic,
  OpFailedError,
  OpUnknownError,
  type Op,
  type Property,
  property,
  scenario,
  simulate,
  totalQueue,
  uniqueIds,
  type Json,
} from "../src/index.ts";

/** What came of it: `"?"` and `"failed"` stand for themselves. */
type Row = readonly [client: string, op: string, input: Json, outcome: Json, fromMs?: number, toMs?: number];

/** What a property says of a history: one row after another unless they have times. */
function said(property: Property, rows: readonly Row[]): string | null {
  const entries = rows.map(([client, op, input, output, fromMs, toMs], serial): HistoryEntry => {
    const atMs = toMs ?? serial * 10 + 5;
    const outcome: HistoryEntry["outcome"] =
      output === "?"
        ? { type: "unknown" }
        : output === "failed"
          ? { type: "failed", atMs, reason: "no" }
          : { type: "ok", atMs, output };
    return { serial, node: "a", client, op, input, invokedMs: fromMs ?? serial * 10, outcome };
  });
  return property.begin({ history: { entries } } as never).check();
}

describe("an exact checker", { timeout: 60_000 }, () => {
  it("finds an id that was given twice", () => {
    const rows: Row[] = [
      ["a", "next", null, 1],
      ["b", "next", null, 2],
      ["b", "other", null, 2],
      ["b", "next", null, "?"],
      ["b", "next", null, "?"],
    ];
    expect(said(uniqueIds("next"), rows)).toBeNull();
    expect(said(uniqueIds("next"), [...rows, ["c", "next", null, 2]])).toBe("c: next() = 2, and so did b");
  });

  it("finds a count that is too low, or too high", () => {
    const adds: Row[] = [
      ["a", "add", 3, null],
      ["a", "add", 2, "?"],
      ["a", "add", 9, "failed"],
    ];
    for (const [count, what] of [
      [3, null],
      [5, null],
      [2, "2: expected 3 to 5"],
      [6, "6: expected 3 to 5"],
      ["x", '"x": expected 3 to 5'],
    ] as const) {
      expect(said(counterBounds(), [...adds, ["b", "read", null, count]])).toBe(
        what === null ? null : `b: read() = ${what}`,
      );
    }
    const around: Row[] = [
      ["a", "add", -3, null, 0, 10],
      ["b", "read", null, -1, 5, 6],
      ["a", "add", 7, null, 20, 30],
    ];
    expect(said(counterBounds(), around)).toBeNull();
    expect(
      said(counterBounds(), [
        ["a", "add", 1, null, 20, 30],
        ["b", "read", null, 1, 5, 6],
      ]),
    ).toBe("b: read() = 1: expected 0 to 0");
  });

  it("finds what comes out of a queue without having been put in, too often, or never", () => {
    const put: Row[] = [
      ["a", "enqueue", 1, null],
      ["a", "enqueue", 2, "?"],
      ["a", "enqueue", 3, "failed"],
    ];
    const take = (value: Json): Row => ["b", "dequeue", null, value];
    expect(said(totalQueue(), [...put, take(1), take(2), take(null)])).toBeNull();
    expect(said(totalQueue(), [...put, take(1), take(1)])).toBe("b: dequeue() = 1: put in 1 times, taken out 2 times");
    expect(said(totalQueue(), [...put, take(3)])).toBe("b: dequeue() = 3: put in 0 times, taken out 1 times");
    const drained = totalQueue({ drained: true });
    expect(said(drained, [...put, take(2)])).toBe("put in and never taken out: 1");
    expect(said(drained, [...put, take(1)])).toBeNull();
    expect(said(drained, [...put, take("?")])).toBeNull();
  });

  it("finds what goes back for one client", () => {
    const rows: Row[] = [
      ["a", "read", null, 1],
      ["a", "read", null, 3],
      ["b", "read", null, 2],
    ];
    expect(said(monotonic("read"), rows)).toBeNull();
    expect(said(monotonic("read"), [...rows, ["a", "read", null, 2]])).toBe("a: read() = 2, after a: read() = 3");
  });

  it("finds what overtakes in a queue", () => {
    const put: Row[] = [
      ["a", "enqueue", 1, null],
      ["a", "enqueue", 2, null],
      ["b", "enqueue", 3, null],
    ];
    const take = (client: string, value: Json): Row => [client, "dequeue", null, value];
    expect(said(fifoQueue(), [...put, take("x", 3), take("x", 1), take("x", 2)])).toBeNull();
    expect(said(fifoQueue(), [...put, take("x", 2), take("y", 1)])).toBeNull();
    expect(said(fifoQueue(), [...put, take("x", 2), take("x", 1)])).toBe(
      "x: dequeue() = 1, after 2, which a put in later",
    );
  });
});

describe("the history of a run", { timeout: 60_000 }, () => {
  const run = async (
    op: Op<object>,
    eventually: readonly Property<any>[] = [property("nothing", () => null)],
    count = 3,
  ) =>
    simulate(
      scenario<object>("x", {
        nodes: { a: {} },
        boot: () => ({}),
        workload: (w) => w.op("write", { count, args: (rng) => rng.below(9) }, op),
        eventually,
        budget: { virtualMs: 1_000, settleMs: 1 },
      }),
      { seed: 1 },
    );

  it("has every operation with its input and what came of it", async () => {
    const { history, ok } = await run(({ args }) => Promise.resolve({ wrote: args as number, skipped: undefined }));
    expect(ok).toBe(true);
    expect(history.entries).toHaveLength(3);
    for (const { op, input, outcome } of history.entries)
      expect([op, outcome]).toMatchObject(["write", { type: "ok", output: { wrote: input } }]);
  });

  it("has failed and unknown operations, and the run goes on; other errors end it, thrown or rejected", async () => {
    const failed = await run(() => Promise.reject(new OpFailedError("full")));
    expect(failed.ok).toBe(true);
    expect(failed.history.entries[2]?.outcome).toMatchObject({ type: "failed", reason: "full" });
    const unknown = await run(() => {
      throw new OpUnknownError("timed out");
    });
    expect(unknown.ok).toBe(true);
    expect(unknown.history.entries[2]?.outcome).toEqual({ type: "unknown" });
    const broken = await run(() => {
      throw new Error("oops");
    });
    expect(broken.failure).toMatchObject({ property: "op write", what: expect.stringMatching(/oops/) as string });
  });

  it("fails a run that no order explains, and one that is too long to say", async () => {
    let value: unknown = null;
    const write: Op<object> = ({ node, args }) => {
      value = args;
      node.invoke("read").ok(value as number);
    };
    expect((await run(write, [linearizable(models.register())])).ok).toBe(true);
    const wrong: Op<object> = ({ node }) => node.invoke("read").ok(77);
    expect((await run(wrong, [linearizable(models.register())])).failure).toMatchObject({
      property: "linearizable (register)",
      what: expect.stringMatching(/^no order explains what the clients saw/) as string,
    });
    expect((await run(write, [linearizable(models.register(), { stepsMax: 2 })])).failure?.what).toMatch(
      /^unknown: the search was given up/,
    );
  });
});
