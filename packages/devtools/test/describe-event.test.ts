import { describeEvent, voiceOf } from "@espalier/devtools";
import type { Cause } from "@espalier/heartbeat";
import { Node, NodeAddress, Pid, Process, Ref, type NodeEvent, type Self } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import type { SupervisorReport } from "@espalier/supervisor";
import { expect, test } from "vitest";

const address = new NodeAddress("abcdefghij", "1");
const pid = new Pid(address, 7);
const to = new Pid(address, 8);
const node = "klmnopqrst";
const cause: Cause = { type: "killed" };
const ref = new Ref(pid, 1);

test("each event of a node is a sentence", () => {
  const supervisor = (report: SupervisorReport<Pid>): NodeEvent => ({ type: "supervisor", supervisor: pid, report });
  const events: readonly NodeEvent[] = [
    { type: "spawn", pid, parent: to, label: "till" },
    { type: "exit", pid, label: "till", cause },
    { type: "cleanup-failed", pid, label: "till", cause },
    { type: "unlink", from: pid, to },
    { type: "demonitor", from: pid, ref },
    { type: "down", to: pid, process: "db", ref, cause },
    { type: "unregister", pid, name: "db" },
    { type: "dead-letter", from: pid, to: "db", message: { secret: 1 }, reason: "noproc" },
    supervisor({ type: "start-failed", id: "db", cause, decision: "retry" }),
    supervisor({ type: "backing-off", id: "db", delayMs: 99.6 }),
    supervisor({ type: "child-stopping", id: "db", pid: to, byHand: true }),
    { type: "connection.busy", node, queuedBytes: 9 },
    { type: "handshake.failed", node: null, dialled: false, remote: "1.2.3.4", why: "refused", reason: "no" },
    { type: "access.revoked", node, sessions: 1, computations: 2 },
    { type: "checkpoint.resumed", pid, label: "till", computation: "c", epoch: 3 },
    { type: "home.kept", pid, to: node, reason: "busy" },
    { type: "application", application: "shop", as: "permanent", change: { type: "started" } },
    { type: "devtools.action", by: "page", action: "kill", process: pid, outcome: { type: "refused", reason: "no" } },
  ];
  expect(events.map((event) => describeEvent(event).text)).toEqual([
    "till Pid(abcdefgh.7) is spawned by Pid(abcdefgh.8)",
    "till Pid(abcdefgh.7) ends: killed",
    "a finally block of till Pid(abcdefgh.7) threw while it ended: killed",
    "Pid(abcdefgh.7) is not linked to Pid(abcdefgh.8) any more",
    "Pid(abcdefgh.7) ends a monitor",
    "Pid(abcdefgh.7) is told that db is down: killed",
    "Pid(abcdefgh.7) is not called db any more",
    "nobody will see a message of Pid(abcdefgh.7) to db: noproc",
    "Pid(abcdefgh.7): child db did not start: killed (retry)",
    "Pid(abcdefgh.7): child db is started again after 100 ms",
    "Pid(abcdefgh.7): child db, Pid(abcdefgh.8), is told to end, by hand",
    "9 bytes wait for klmnopqr: senders wait, too",
    "handshake with 1.2.3.4 failed (refused): no",
    "klmnopqr is let in no more: 1 sessions and 2 computations end",
    "till Pid(abcdefgh.7) goes on from a checkpoint, as epoch 3",
    "the home of Pid(abcdefgh.7) is not handed over to klmnopqr: busy",
    "application shop is started",
    "page: kill Pid(abcdefgh.7), which was refused: no",
  ]);
  expect(events.map((event) => describeEvent(event).pids.map(({ serial }) => serial))).toEqual([
    [7, 8],
    [7],
    [7],
    [7, 8],
    [7],
    [7],
    [7],
    [7],
    [7],
    [7],
    [7, 8],
    [],
    [],
    [],
    [7],
    [7],
    [],
    [7],
  ]);
});

test("an event that nobody has words for says what is text, and runs no code of it", () => {
  const value = { toString: () => expect.fail("called"), type: "kind" };
  const event = { type: "shop.sold", by: pid, count: 3, what: "tea", value, message: "secret", other: {} };
  Object.defineProperty(event, "open", { get: () => expect.fail("called"), enumerable: true });
  expect(describeEvent(event as unknown as NodeEvent).text).toBe(
    "shop.sold by Pid(abcdefgh.7) count 3 what tea value kind other …",
  );
});

test("a node's own voice names processes as it knows them", async () => {
  const host = new ManualHost();
  const own = await host.wait(Node.start({ host }));
  const running = own.run(function* till(self: Self<unknown>) {
    yield* Process.register("till 1");
    yield* self.receive();
  });
  host.run();
  const [{ pid: named } = { pid }] = own.inspect().processes;
  const heard: NodeEvent = { type: "link", from: named, to: pid };
  expect(describeEvent(heard, voiceOf(own))).toEqual({ text: "till 1 1 is linked to abcdefgh.7", pids: [named, pid] });
  await host.wait(own.stop());
  await expect(running).rejects.toThrow("shutdown");
});
