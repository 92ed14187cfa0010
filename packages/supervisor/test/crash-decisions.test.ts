import { Process, type CrashReport } from "@espalier/runtime";
import { Supervisor } from "@espalier/supervisor";
import { expect, test } from "vitest";
import { Bench, boom, crash } from "./bench.ts";

const decisions = (bench: Bench): unknown[] => bench.node.crashes.map(({ decision }) => decision);

test("the report of a child's crash says what its supervisor decided (S312)", async () => {
  const bench = await Bench.start();
  const Shop = Supervisor.define({
    intensity: { restarts: 2, within: "5s" },
    children: [
      Supervisor.worker("till", bench.child("till"), [], { ready: true }),
      Supervisor.worker("guest", bench.child("guest"), [], { ready: true, restart: "temporary" }),
    ],
  });
  await bench.run(function* (self) {
    yield* self.trapExit();
    yield* Supervisor.startLink(Shop);
    yield* crash("guest");
    yield* crash("till");
    yield* crash("till");
    yield* Process.sleep(1);
    expect(decisions(bench)).toEqual([
      "not restarted: temporary",
      "restarted, 1 of 2 in 5 s",
      "restarted, 2 of 2 in 5 s",
    ]);
    yield* crash("till");
    yield* Process.sleep(1);
  });
  expect(decisions(bench).at(-1)).toBe("gave up: 3 restarts needed, 2 allowed in 5 s");
  const [, till] = bench.node.crashes as CrashReport[];
  expect(till?.cause).toEqual(boom);
  // The supervisor says of itself what it can say briefly.
  expect(till?.ancestors[0]?.details).toEqual({
    type: "supervisor",
    kind: "static",
    strategy: "one-for-one",
    phase: "running",
    intensity: { restarts: 2, withinSeconds: 5 },
    restarts: 0,
    childCount: 1,
    children: [],
  });
});

test("a back-off, and a restart that fails, are decisions, too", async () => {
  const bench = await Bench.start();
  const Shop = Supervisor.define({
    intensity: { restarts: 5, within: "5s" },
    children: [
      Supervisor.worker("till", bench.child("till"), [], { ready: true }),
      Supervisor.worker("slow", bench.child("slow"), [], {
        ready: true,
        backoff: { min: "1s", max: "10s", jitter: 0 },
      }),
    ],
  });
  await bench.run(function* (self) {
    yield* self.trapExit();
    yield* Supervisor.startLink(Shop);
    yield* crash("slow");
    expect(decisions(bench)).toEqual(["restarted after 1000 ms"]);
    bench.failures["till"] = 1;
    yield* crash("till");
    yield* Process.sleep(1);
  });
  // Of the crash that was first; the attempt that failed is a crash of its own, about which nothing is decided.
  expect(decisions(bench)).toEqual(["restarted after 1000 ms", "restarted, 2 of 5 in 5 s", null]);
});

test("that a supervisor ends because of a child is a decision, and of no other supervisor's child of that id", async () => {
  const bench = await Bench.start();
  const job = { ready: true, restart: "temporary", significant: true } as const;
  const Jobs = Supervisor.define({
    autoShutdown: "any-significant",
    children: [Supervisor.worker("job", bench.child("job"), [], job)],
  });
  const Others = Supervisor.define({ children: [Supervisor.worker("job", bench.child("other"), [], { ready: true })] });
  const backoff = { min: "1s", max: "10s", jitter: 0 } as const;
  const Slow = Supervisor.define({
    children: [Supervisor.worker("job", bench.child("slow"), [], { ready: true, backoff })],
  });
  await bench.run(function* (self) {
    yield* self.trapExit();
    yield* Supervisor.startLink(Jobs);
    yield* Supervisor.startLink(Others);
    yield* Supervisor.startLink(Slow);
    yield* crash("job");
    yield* crash("slow");
    bench.failures["slow"] = 1;
    yield* crash("other");
    yield* Process.sleep("1100ms");
  });
  expect(decisions(bench)).toEqual([
    "not restarted: it was significant, and its supervisor ends",
    "restarted after 2000 ms",
    "restarted, 1 of 1 in 5 s",
    // Of the attempt that failed.
    null,
  ]);
});

test("a dynamic supervisor tells of its children's crashes, and answers briefly however many it has", async () => {
  const bench = await Bench.start();
  const Sessions = Supervisor.defineDynamic("session", bench.child("session"), { ready: true });
  await bench.run(function* (self) {
    yield* self.trapExit();
    const sessions = yield* Supervisor.startLink(Sessions);
    yield* Supervisor.startChild(sessions, []);
    yield* crash("session");
    yield* Process.sleep(1);
  });
  expect(decisions(bench)).toEqual([expect.stringMatching(/^restarted, 1 of 3 in 5 s$/)]);
  expect(bench.node.crashes[0]?.ancestors[0]?.details).toMatchObject({ kind: "dynamic", childCount: 1, children: [] });
});

test("what supervisors do is on the flight recorder, but the first start of a child", async () => {
  const bench = await Bench.start();
  const Shop = Supervisor.define({ children: [Supervisor.worker("till", bench.child("till"), [], { ready: true })] });
  await bench.run(function* (self) {
    yield* self.trapExit();
    yield* Supervisor.startLink(Shop);
    yield* crash("till");
    yield* Process.sleep(1);
  });
  const reports = bench.node.kernel.recorder
    .entries()
    .flatMap(({ event }) => (event.type === "supervisor" ? [event.report.type] : []));
  expect(reports.slice(0, 3)).toEqual(["child-ended", "restarting", "child-started"]);
});
