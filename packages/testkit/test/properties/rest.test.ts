import type { NodeView, ProcessView } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { properties as P, property } from "../../src/index.ts";
import { Fabricated, heartbeat, id, pid, process } from "./fabricated.ts";

const cluster = (): Fabricated => new Fabricated("alice", "bob");

describe("linkedBothWays", () => {
  const linked = (alice: readonly ProcessView[], bob: readonly ProcessView[]) =>
    cluster().shows("alice", { processes: alice }).shows("bob", { processes: bob }).after(P.linkedBothWays);
  const [a, b] = [pid("alice", 1), pid("bob", 2)];

  it("holds when both know of it", () => {
    expect(linked([process(a, { links: [b] })], [process(b, { links: [a] })])).toBeNull();
  });

  it("names the side that does not know, and the one that is over", () => {
    expect(linked([process(a, { links: [b] })], [process(b, { name: "db" })])).toBe(
      "worker (process 1 of alice) is linked with db (process 2 of bob), which is not linked with it; expected both",
    );
    expect(linked([process(a, { links: [b] })], [])).toBe(
      "worker (process 1 of alice) is linked with process 2 of bob, which is over; expected an exit",
    );
  });
});

describe("noOrphans", () => {
  const p = pid("alice", 7);
  const orphan = (alice: Partial<NodeView>, bob: Partial<NodeView> = {}) =>
    cluster().shows("alice", alice).shows("bob", bob).after(P.noOrphans);
  const away = process(p, { place: "away", host: id("bob") });
  const guest = process(p, { place: "guest" });

  it("holds of a guest that is known to be there, and of children that somebody holds", () => {
    expect(orphan({ processes: [away] }, { processes: [guest] })).toBeNull();
    const child = { parent: pid("alice", 1) };
    expect(orphan({ processes: [process(p, { ...child, name: "db" })] })).toBeNull();
    expect(orphan({ processes: [process(p, { ...child, monitoredBy: 1 })] })).toBeNull();
  });

  it("sees guests and movers that the other side does not know", () => {
    expect(orphan({}, { processes: [guest] })).toBe(
      "bob: worker (process 7 of alice) is a guest; expected its home to know of it, which says that it is over",
    );
    expect(orphan({ processes: [process(p)] }, { processes: [guest] })).toContain(
      "expected its home to hold it to be here, got at home",
    );
    expect(orphan({ processes: [away] })).toBe(
      "alice: worker (process 7 of alice) is away on bob; expected bob to have it as a guest",
    );
  });

  it("sees a process that nobody could miss", () => {
    expect(orphan({ processes: [process(p, { parent: pid("alice", 1) })] })).toBe(
      "alice: worker (process 7 of alice): its parent is over, and nobody holds it by a name, a link or a monitor",
    );
  });

  it("sees registrations, scopes, timers, channels and waits that nobody has any more", () => {
    const h = heartbeat("alice", 3);
    const stopped = { state: "stopped", cause: { type: "stopped" }, epoch: 0, version: 2 } as const;
    const entry = { heartbeat: h, decidedHere: true, status: stopped, registrations: [{ node: id("bob"), id: "1" }] };
    expect(orphan({ heartbeats: [entry] })).toBe(
      "alice: heartbeat 3 of alice: bob is registered, and waits for nothing",
    );
    const scoped = process(p, { scopes: [h] });
    expect(orphan({ heartbeats: [{ ...entry, registrations: [] }], processes: [scoped] })).toBe(
      "alice: worker (process 7 of alice) is in a scope of heartbeat 3 of alice, which has ended",
    );
    expect(orphan({ timerList: [{ what: "sleep", owner: p, remainingMs: 1 }] })).toContain(
      "a timer (sleep) belongs to",
    );
    const mailbox = {
      capacity: 1,
      whenFull: null,
      waiting: 0,
      receivers: 0,
      subscribers: 0,
      waitingSends: 0,
      dropped: 0,
      closed: null,
    };
    const channels = {
      channels: [{ id: "c1", owner: p, ...mailbox }],
      owners: 1,
      listeners: 0,
      senders: [],
      dropped: 0,
    };
    expect(orphan({ channels })).toContain("alice: channel c1 belongs to");
    const { records } = cluster().node("alice").view!;
    expect(orphan({ records: { ...records, heartbeatWaits: 2 } })).toBe(
      "alice: 2 scopes, listeners and processes wait for heartbeats; expected 0, which those know of",
    );
  });
});

describe("mapsBounded", () => {
  const { moving, homes, records } = cluster().node("alice").view!;
  const after = (fields: Partial<NodeView>, slack = 0) =>
    cluster().shows("bob", fields).after(P.mapsBounded({ slack }));

  it("holds of records of what lives", () => {
    const processes = [process(pid("bob", 1), { place: "away" }), process(pid("alice", 1), { place: "guest" })];
    expect(after({ processes, moving: { ...moving, homes: 1, guests: 1 } })).toBeNull();
  });

  it.each([
    ["records of processes that moved", { moving: { ...moving, homes: 1 } }],
    ["records of guests", { moving: { ...moving, guests: 1 } }],
    ["processes on their way out", { moving: { ...moving, leavers: 1 } }],
    ["forwarding entries", { moving: { ...moving, forwarding: 1 } }],
    ["answers to grants", { moving: { ...moving, answers: 1 } }],
    ["handovers of homes under way", { homes: { ...homes, underway: 1 } }],
    ["homes that were taken", { homes: { ...homes, residents: 1 } }],
    ["names", { records: { ...records, names: 1 } }],
    ["watchers from elsewhere", { records: { ...records, remoteWatchers: 1 } }],
    ["heartbeats", { records: { ...records, heartbeats: 1 } }],
    ["unlinks that were not acknowledged", { records: { ...records, unlinks: 1 } }],
    ["news of heartbeats that nobody has heard", { records: { ...records, unheard: 1 } }],
    ["open scopes of processes that are away", { records: { ...records, openScopes: 1 } }],
    ["things that wait for definitions", { records: { ...records, awaitingCode: 1 } }],
    ["peers of whose definitions something is remembered", { records: { ...records, codeOfPeers: 1 } }],
    ["processes that others want to move", { records: { ...records, migrations: 1 } }],
    ["processes with a checkpoint", { records: { ...records, checkpoints: 1 } }],
  ])("counts %s, and allows for slack", (kind, fields) => {
    expect(after(fields)).toBe(`bob keeps 1 ${kind}; expected at most 0`);
    expect(after(fields, 1)).toBeNull();
  });
});

describe("whenQuiet", () => {
  it("asks once nothing was said for that long, and again after the next word", () => {
    let asked = 0;
    const wrong = property("wrong", () => `asked ${(asked += 1)} times`);
    const quiet = cluster();
    const { name, begin } = P.whenQuiet(wrong, { quietMs: 100 });
    expect(name).toBe("wrong when quiet");
    const checker = begin(quiet);
    const at = (nowMs: number): string | null => {
      quiet.nowMs = nowMs;
      return checker.check();
    };
    expect(at(99)).toBeNull();
    expect(at(100)).toBe("asked 1 times");
    expect(at(150)).toBeNull();
    checker.event?.({ atMs: 150, node: "alice", life: 1, event: { type: "node-stopped" } });
    expect(at(249)).toBeNull();
    expect(at(250)).toBe("asked 2 times");
  });
});

describe("noDeadlock", () => {
  const [a, b] = [pid("alice", 1), pid("bob", 2)];
  const begin = (quiet: Fabricated, patienceMs?: number) => {
    const checker = P.noDeadlock(patienceMs === undefined ? {} : { patienceMs }).begin(quiet);
    return (nowMs: number): string | null => {
      quiet.nowMs = nowMs;
      return checker.check();
    };
  };

  it("sees processes that wait for each other, across nodes", () => {
    const ring = cluster()
      .shows("alice", { processes: [process(a, { waitingOn: b, waitingFor: "call get to b" })] })
      .shows("bob", { processes: [process(b, { waitingOn: a, waitingFor: "call put to a" })] });
    expect(begin(ring)(0)).toBe(
      "processes wait for each other: worker (process 1 of alice) in call get to b; worker (process 2 of bob) in call put to a",
    );
  });

  it("sees an obligation about which nothing happens, once its patience is over", () => {
    const waiting = (reductions: number) =>
      cluster().shows("alice", { processes: [process(a, { waitingOn: b, waitingFor: "call get to b", reductions })] });
    const stuck = waiting(5);
    const at = begin(stuck, 10_000);
    expect([at(0), at(9_000)]).toEqual([null, null]);
    expect(at(10_000)).toBe(
      "worker (process 1 of alice) waits: call get to b, and nothing has happened about it for 10000 ms",
    );
    const busy = waiting(5);
    const then = begin(busy, 10_000);
    then(0);
    busy.shows("alice", waiting(6).node("alice").view!);
    expect(then(10_000)).toBeNull();
    busy.node("bob").state = "paused";
    expect(then(60_000)).toBeNull();
  });

  it("sees transfers and supervisors that come to no end", () => {
    const { moving } = cluster().node("alice").view!;
    const leaving = begin(cluster().shows("alice", { moving: { ...moving, leavers: 2 } }));
    leaving(0);
    expect(leaving(30_000)).toBe("alice has 2 transfers under way, and nothing has happened about it for 30000 ms");
    const details = { type: "supervisor", phase: "stopping" } as ProcessView["details"];
    const stopping = begin(cluster().shows("alice", { processes: [process(a, { details })] }));
    stopping(0);
    expect(stopping(30_000)).toContain("worker (process 1 of alice) is stopping, and nothing has happened");
  });
});
