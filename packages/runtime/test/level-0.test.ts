import fc from "fast-check";
import { Doing, Process, recordedMax, type Node, type Pid, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { bench } from "./helpers.ts";

type Step = "any" | "matching" | "sleep" | "work";

function* walker(self: Self<unknown>, steps: readonly Step[]) {
  for (const step of steps) {
    if (step === "any") yield* self.receive();
    else if (step === "matching") yield* self.receive({ match: (message) => message === 1 });
    else if (step === "sleep") yield* Process.sleep("1s");
    else for (let count = 0; count < 1_500; count += 1) yield* Process.parent();
  }
}

function doingOf({ status, waitingFor }: ReturnType<Node["inspect"]>["processes"][number], any: boolean): number {
  if (status !== "waiting") return Doing.runnable;
  return waitingFor === "receive" && any ? Doing.idle : Doing.waiting;
}

/** What slots held at the last refresh. */
const held = new WeakMap<Node, readonly string[]>();

function expectTrue(node: Node): void {
  const { columns } = node.kernel;
  columns.refresh();
  const refreshed = new Set(columns.refreshed.subarray(0, columns.refreshedCount));
  const holds = Array.from({ length: columns.length }, (_, slot) =>
    [columns.stays, columns.serials, columns.mailbox, columns.received, columns.reductions, columns.doing]
      .map((column) => column[slot])
      .join(" "),
  );
  for (const [slot, before] of (held.get(node) ?? []).entries()) {
    if (!refreshed.has(slot)) expect(holds[slot]).toBe(before);
  }
  held.set(node, holds);
  const { processes } = node.inspect();
  const bySerial = new Map(processes.map((view) => [view.pid.serial, view]));
  let inUse = 0;
  for (let slot = 0; slot < columns.length; slot += 1) {
    if (columns.doing[slot] === Doing.nothing) continue;
    inUse += 1;
    const view = bySerial.get(columns.serials[slot] as number);
    const cell = columns.cells[slot];
    if (view === undefined || cell === null || cell === undefined) throw new Error(`slot ${slot} is nobody's`);
    const any = cell.waiting !== null && "any" in cell.waiting && cell.waiting.any === true;
    const parent = columns.parentOf(slot);
    expect({
      mailbox: columns.mailbox[slot],
      reductions: columns.reductions[slot],
      doing: columns.doing[slot],
      parent: parent === -1 ? undefined : columns.serials[parent],
    }).toEqual({
      mailbox: view.mailbox,
      reductions: view.reductions,
      doing: doingOf(view, any),
      parent: bySerial.get(view.parent.serial)?.pid.serial,
    });
  }
  expect(inUse).toBe(processes.length);
}

test("the columns say of every process what node.inspect() says, after any program", async () => {
  const step = fc.constantFrom<Step>("any", "matching", "sleep", "work");
  const action = fc.record({
    do: fc.constantFrom("spawn", "send", "match", "kill", "exit", "time"),
    at: fc.nat(7),
    steps: fc.array(step, { maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const { node, host } = await bench();
      const pids: Pid<unknown>[] = [];
      const sent = new Map<Pid<unknown>, number>();
      for (const { do: what, at, steps } of actions) {
        const running = node.run(function* () {
          const to = pids[at % Math.max(1, pids.length)];
          if (what === "spawn" || to === undefined) pids.push(yield* Process.spawn(walker, steps));
          else if (what === "send" || what === "match") {
            if (yield* Process.alive(to)) sent.set(to, (sent.get(to) ?? 0) + 1);
            yield* Process.send(to, what === "match" ? 1 : 0);
          } else if (what === "kill") yield* Process.kill(to);
          else if (what === "exit") yield* Process.exit(to, { type: "shutdown" });
          else yield* Process.sleep("700ms");
        });
        await host.wait(running);
        expectTrue(node);
        const { columns } = node.kernel;
        for (const [pid, count] of sent) {
          if (pid.cell !== null) expect(columns.received[pid.cell.slot]).toBe(count);
        }
      }
      await host.wait(node.stop());
    }),
    { numRuns: 25 },
  );
});

test("slots are given back, and a slot that another process has is nobody's parent", async () => {
  const { node, host } = await bench();
  await host.wait(
    node.run(function* () {
      for (let round = 0; round < 20; round += 1) {
        const pids: Pid<unknown>[] = [];
        for (let count = 0; count < 50; count += 1) pids.push(yield* Process.spawn(walker, ["any"]));
        yield* Process.sleep(0);
        for (const pid of pids) yield* Process.kill(pid);
      }
      yield* Process.spawn(function* (self: Self<unknown>) {
        yield* Process.spawn(walker, ["any"]);
        yield* Process.spawn(walker, ["any"]);
        void self;
      });
    }),
  );
  expect(node.kernel.columns.length).toBeLessThan(60);
  host.run();
  await host.wait(node.run(function* () {}));
  expectTrue(node);
  await host.wait(node.stop());
});

test("the recorder has the last events, and nothing of the values of processes", async () => {
  const { node, host } = await bench();
  const { recorder } = node.kernel;
  const rounds = recordedMax / 2 + 10;
  await host.wait(
    node.run(function* () {
      for (let count = 0; count < rounds; count += 1) {
        yield* Process.spawn(function* short() {});
        if (count % 100 === 0) yield* Process.sleep(0);
      }
      const pid = yield* Process.spawn(walker, ["any"]);
      yield* Process.exit(pid, { type: "exit", reason: { secret: "of a process" } });
      yield* Process.sleep("2s");
    }),
  );
  const entries = recorder.entries();
  expect(entries.length).toBe(recordedMax);
  expect(entries.at(-1)?.serial).toBe(recorder.count);
  expect(entries[0]?.serial).toBe(recorder.count - recordedMax + 1);
  expect(entries.some(({ event }) => event.type === "exit" && event.cause.type === "exit")).toBe(true);
  expect(JSON.stringify(entries.map(({ event }) => event))).not.toContain("of a process");
  expect(recorder.entries(recorder.count - 1)).toHaveLength(1);
  const times = entries.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect((times.at(-1) as number) - (times.at(-2) as number)).toBeGreaterThanOrEqual(2_000);
  await host.wait(node.stop());
});

test("a storm of dead letters is counted, and recorded in samples", async () => {
  const { node, host } = await bench();
  await host.wait(
    node.run(function* () {
      const gone = yield* Process.spawn(walker, ["any"]);
      yield* Process.kill(gone);
      for (let count = 0; count < 500; count += 1) yield* Process.send(gone, { secret: "letter" });
    }),
  );
  const letters = node.kernel.recorder.entries().filter(({ event }) => event.type === "dead-letter");
  expect(node.inspect().deadLetters).toBe(500);
  expect(letters).toHaveLength(10);
  expect(JSON.stringify(letters.map(({ event }) => event))).not.toContain('letter"}');
  await host.wait(node.stop());
});

test("what a process handles is known until it waits for the next message", async () => {
  const { node, host } = await bench();
  const seen: unknown[] = [];
  const message = { what: "to do" };
  await host.wait(
    node.run(function* () {
      const pid = yield* Process.spawn(function* (self: Self<unknown>) {
        yield* self.receive();
        yield* Process.sleep("1s");
        yield* self.receive();
      });
      yield* Process.sleep(0);
      yield* Process.send(pid, message);
      yield* Process.sleep("500ms");
      seen.push(pid.cell?.handling);
      yield* Process.sleep("1s");
      seen.push(pid.cell?.handling);
    }),
  );
  expect(seen).toEqual([message, undefined]);
  await host.wait(node.stop());
});
