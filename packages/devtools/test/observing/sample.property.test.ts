import fc from "fast-check";
import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Pid, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { Bench } from "./bench.ts";

/** Takes messages when it is told to; others wait. */
function* hoarder(self: Self<"take" | "thing">): LocalGenerator<void> {
  for (;;) {
    yield* self.receive({ match: (message) => message === "take" });
    for (let taken = 0; taken < 3; taken += 1) yield* self.receive({ within: 0, otherwise: null });
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constantFrom("spawn" as const, "take" as const, "kill" as const), at: fc.nat(9) }),
  fc.record({ do: fc.constant("send" as const), at: fc.nat(9), count: fc.integer({ min: 1, max: 6 }) }),
  // Somebody else reads the columns, too; or nobody does for so long that they are dropped.
  fc.record({
    do: fc.constantFrom("sample" as const, "sample" as const, "refresh" as const, "long" as const),
    at: fc.constant(0),
  }),
);

test("a sample says what all processes add up to, and how fast each has changed, whoever else reads the columns (S348)", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const bench = await Bench.start();
      const { node, host, observer } = bench;
      const pids: Pid<any>[] = [];
      const received = new Map<string, number>();
      const begin = { do: "sample", at: 0 } as const;
      let before: ReadonlyMap<string, { readonly received: number; readonly mailbox: number }> = new Map();
      let beforeMs: number | null = null;
      for (const one of [begin, { do: "spawn", at: 0 } as const, ...steps, begin]) {
        if (one.do === "refresh") node.kernel.columns.refresh();
        else if (one.do === "long") {
          host.advance(130_000);
          await bench.begin(function* () {});
          beforeMs = null;
        } else if (one.do === "sample") {
          host.advance(500);
          await host.settle();
          observer.sample();
          const { processes } = node.inspect();
          const nowMs = host.clock.monotonic();
          const seconds = beforeMs === null ? null : (nowMs - beforeMs) / 1000;
          const now = new Map(
            processes.map(({ pid, mailbox }) => [pid.key, { mailbox, received: received.get(pid.key) ?? 0 }]),
          );
          const overview = observer.overview();
          expect(overview.processes).toBe(processes.length);
          expect(overview.history.mailbox.at(-1)).toBe(processes.reduce((sum, { mailbox }) => sum + mailbox, 0));
          const sort = { by: "pid", descending: false, mode: "total" } as const;
          const { rows } = observer.table({ sort, filter: { system: true }, first: 0, count: 500 });
          expect(rows.map(({ pid }) => pid)).toEqual(processes.map(({ pid }) => pid.key));
          for (const row of rows) {
            const { received, mailbox } = now.get(row.pid) as { received: number; mailbox: number };
            const then = before.get(row.pid) ?? { received: 0, mailbox: 0 };
            expect(row).toMatchObject({
              received,
              mailbox,
              receivedPerSecond: seconds === null ? null : (received - then.received) / seconds,
              mailboxPerSecond: seconds === null ? null : (mailbox - then.mailbox) / seconds,
            });
          }
          before = now;
          beforeMs = nowMs;
        } else {
          const pid = pids[one.at % Math.max(1, pids.length)];
          await bench.begin(function* () {
            if (one.do === "spawn") pids.push((yield* Process.spawn(hoarder)) as Pid<any>);
            else if (pid === undefined || !(yield* Process.alive(pid))) return;
            else if (one.do === "kill") yield* Process.kill(pid);
            else {
              const count = one.do === "send" ? one.count : 1;
              for (let sent = 0; sent < count; sent += 1)
                yield* Process.send(pid, one.do === "send" ? "thing" : "take");
              received.set(pid.key, (received.get(pid.key) ?? 0) + count);
            }
          });
        }
      }
    }),
    { numRuns: 40 },
  );
});
