import fc from "fast-check";
import { Doing, keptMs, Process, recordedMax, type Node, type Pid, type Self } from "@espalier/runtime";
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
const held = new WeakMap<Node, { readonly built: number; readonly holds: readonly string[] }>();

function expectTrue(node: Node): void {
  const { columns } = node.kernel;
  columns.refresh();
  const refreshed = new Set(columns.refreshed.subarray(0, columns.refreshedCount));
  const holds = Array.from({ length: columns.length }, (_, slot) =>
    [columns.stays, columns.serials, columns.mailbox, columns.received, columns.reductions, columns.doing]
      .map((column) => column[slot])
      .join(" "),
  );
  const before = held.get(node);
  const former = before?.built === columns.built ? before.holds : [];
  expect(former.flatMap((was, slot) => (refreshed.has(slot) || holds[slot] === was ? [] : [slot]))).toEqual([]);
  held.set(node, { built: columns.built, holds });
  const { processes } = node.inspect();
  const bySerial = new Map(processes.map((view) => [view.pid.serial, view]));
  const said: object[] = [];
  const seen: object[] = [];
  for (let slot = 0; slot < columns.length; slot += 1) {
    if (columns.doing[slot] === Doing.nothing) continue;
    const view = bySerial.get(columns.serials[slot] as number);
    const cell = columns.cells[slot];
    if (view === undefined || cell === null || cell === undefined) throw new Error(`slot ${slot} is nobody's`);
    const any = cell.waiting !== null && "any" in cell.waiting && cell.waiting.any === true;
    const parent = columns.parentOf(slot);
    said.push({
      mailbox: columns.mailbox[slot],
      reductions: columns.reductions[slot],
      doing: columns.doing[slot],
      parent: parent === -1 ? undefined : columns.serials[parent],
    });
    seen.push({
      mailbox: view.mailbox,
      reductions: view.reductions,
      doing: doingOf(view, any),
      parent: bySerial.get(view.parent.serial)?.pid.serial,
    });
  }
  expect(said).toEqual(seen);
  expect(said).toHaveLength(processes.length);
}

test("the columns say of every process what node.inspect() says, after any program (S305)", async () => {
  const step = fc.constantFrom<Step>("any", "matching", "sleep", "work");
  const action = fc.record({
    do: fc.constantFrom("spawn", "send", "match", "kill", "exit", "time", "long"),
    at: fc.nat(7),
    steps: fc.array(step, { minLength: 1, maxLength: 5 }),
    looks: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const { node, host } = await bench();
      const pids: Pid<unknown>[] = [];
      const sent = new Map<Pid<unknown>, number>();
      for (const { do: what, at, steps, looks } of actions) {
        const running = node.run(function* () {
          const to = pids[at % Math.max(1, pids.length)];
          if (what === "spawn" || to === undefined) pids.push(yield* Process.spawn(walker, steps));
          else if (what === "send" || what === "match") {
            if (yield* Process.alive(to)) sent.set(to, (sent.get(to) ?? 0) + 1);
            yield* Process.send(to, what === "match" ? 1 : 0);
          } else if (what === "kill") yield* Process.kill(to);
          else if (what === "exit") yield* Process.exit(to, { type: "shutdown" });
          else yield* Process.sleep(what === "long" ? keptMs + 1 : 700);
        });
        await host.wait(running);
        const { columns } = node.kernel;
        if (what === "long") expect(columns.isKept).toBe(false);
        if (looks) expectTrue(node);
        for (const [pid, count] of sent) {
          if (looks && pid.cell !== null) expect(columns.received[pid.cell.slot]).toBe(count);
        }
      }
      expectTrue(node);
      await host.wait(node.stop());
      expect(node.kernel.columns.cells.every((cell) => cell === null)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test("slots are given back, and a slot that another process has is nobody's parent", async () => {
  const { node, host } = await bench();
  node.kernel.columns.refresh();
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
  expect(node.kernel.came).toBeGreaterThan(1_000);
  host.run();
  await host.wait(node.run(function* () {}));
  expectTrue(node);
  await host.wait(node.stop());
});

test("the recorder has the last events, and nothing of the values of processes (S306)", async () => {
  const { node, host } = await bench();
  const { recorder } = node.kernel;
  await host.wait(
    node.run(function* () {
      yield* Process.spawn(function* short() {});
      // What its end leaves behind.
      while (recorder.count < recordedMax + 10) recorder.add({ type: "node-stopped" });
      yield* Process.sleep("1s");
      const pid = yield* Process.spawn(walker, ["any"]);
      yield* Process.exit(pid, { type: "exit", reason: { secret: "of a process" } });
      yield* Process.sleep("2s");
    }),
  );
  const entries = recorder.entries();
  expect(entries.length).toBe(recordedMax);
  expect(entries.at(-1)?.serial).toBe(recorder.count);
  expect(entries[0]?.serial).toBe(recorder.count - recordedMax + 1);
  expect(entries.slice(-3).map(({ event }) => event.type)).toEqual(["spawn", "exit", "exit"]);
  expect(recorder.seldom().every(({ event }) => event.type === "node-stopped")).toBe(true);
  expect(JSON.stringify(entries.slice(-3).map(({ event }) => event))).not.toContain("of a process");
  expect(recorder.entries(recorder.count - 1)).toHaveLength(1);
  const times = entries.map(({ atMs }) => atMs);
  expect(times.every((atMs, index) => index === 0 || atMs >= (times[index - 1] as number))).toBe(true);
  expect((times.at(-1) as number) - (times.at(-2) as number)).toBeGreaterThanOrEqual(2_000);
  await host.wait(node.stop());
});

test("a storm of dead letters is counted, and recorded in samples (S307)", async () => {
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

test("what a process handles is known until it waits for the next message (S308)", async () => {
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

test("a process that is looked at in its turn is looked at again the next time", async () => {
  const { node, host } = await bench();
  const { columns } = node.kernel;
  const pid = await host.wait(
    node.run(function* () {
      return yield* Process.spawn(function* (self: Self<unknown>) {
        columns.refresh();
        expect(columns.doing[self.pid.cell?.slot ?? -1]).toBe(Doing.runnable);
        for (let count = 0; count < 10; count += 1) yield* Process.parent();
        yield* self.receive();
      });
    }),
  );
  await host.settle();
  expectTrue(node);
  expect(columns.doing[pid.cell?.slot ?? -1]).toBe(Doing.idle);
  await host.wait(node.stop());
});

test("while nobody looks there are no columns, and looking or not, no timers are set (S344)", async () => {
  const { node, host } = await bench();
  const { columns } = node.kernel;
  let timers = 0;
  const { after } = host.clock;
  Object.assign(host.clock, {
    after(...parameters: Parameters<typeof after>) {
      timers += 1;
      return after(...parameters);
    },
  });
  const some = (): Promise<Pid<unknown>[]> =>
    host.wait(
      node.run(function* () {
        const pids: Pid<unknown>[] = [];
        for (let count = 0; count < 98; count += 1) pids.push(yield* Process.spawn(walker, ["any"]));
        yield* Process.spawn(function* parent(self: Self<unknown>) {
          yield* Process.spawn(walker, ["any"]);
          yield* self.receive();
        });
        return pids;
      }),
    );
  const [first] = await some();
  expect(first?.cell?.slot).toBe(-1);
  expect([columns.isKept, columns.length, columns.serials.length]).toEqual([false, 0, 0]);
  await host.settle();
  expectTrue(node);
  expect(columns.length).toBe(100);
  expect(columns.parents.some((parent) => parent > 0)).toBe(true);
  const stay = columns.stays[first?.cell?.slot as number];
  await some();
  expect(columns.length).toBeGreaterThanOrEqual(200);
  host.advance(keptMs - 1);
  await host.wait(node.run(function* () {}));
  expect(columns.isKept).toBe(true);
  host.advance(1);
  await host.wait(node.run(function* () {}));
  expect([first?.cell?.slot, columns.isKept, columns.cells.length, columns.serials.length]).toEqual([-1, false, 0, 0]);
  expectTrue(node);
  expect(columns.built).toBe(2);
  expect(columns.stays[first?.cell?.slot as number]).not.toBe(stay);
  expect(timers).toBe(0);
  await host.wait(node.stop());
});

test("the recorder has what happened last, in order, from one event to more than there is room for (S345)", async () => {
  const { node, host } = await bench();
  const { recorder } = node.kernel;
  for (let count = 1; count <= recordedMax + 100; count += 1) {
    recorder.add({ type: "node-stopped" });
    if (count < 5 || (count > 62 && count < 67) || count > recordedMax + 96) {
      const last = recorder.entries(Math.max(0, count - 3)).map(({ serial }) => serial);
      expect(last).toEqual([count - 2, count - 1, count].slice(-count));
    }
  }
  expect(recorder.entries()[0]?.serial).toBe(101);
  await host.wait(node.stop());
});
