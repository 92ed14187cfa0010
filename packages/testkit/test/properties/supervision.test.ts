import type { NodeEvent, ProcessDetails } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { properties as P } from "../../src/index.ts";
import { Fabricated, pid, process } from "./fabricated.ts";

type Told = readonly [node: string, event: NodeEvent];
type Report = Extract<NodeEvent, { readonly type: "supervisor" }>["report"];
type View = Extract<ProcessDetails, { readonly type: "supervisor" }>;

const supervisor = pid("alice", 1);
const cluster = (): Fabricated => new Fabricated("alice", "bob");
const says = (report: Report): Told => ["alice", { type: "supervisor", supervisor, report }];
const ends = (serial: number, type: "shutdown" | "normal" = "shutdown"): Told => [
  "alice",
  { type: "exit", pid: pid("alice", serial), label: "worker", cause: { type } },
];

describe("childrenRunning", () => {
  const child = (fields: Partial<View["children"][number]>): View["children"][number] => ({
    id: "db",
    type: "worker",
    restart: "permanent",
    significant: false,
    state: "running",
    pid: pid("alice", 2),
    ...fields,
  });
  const holds = (children: View["children"], phase: View["phase"] = "running", more = [process(pid("alice", 2))]) => {
    const details: View = {
      type: "supervisor",
      kind: "static",
      strategy: "one-for-one",
      phase,
      intensity: { restarts: 1, withinSeconds: 5 },
      restarts: 0,
      childCount: children.length,
      children,
    };
    const processes = [process(supervisor, { label: "supervisor", details }), ...more];
    return cluster().shows("alice", { processes }).after(P.childrenRunning);
  };
  const who = "supervisor (process 1 of alice): ";

  it("holds when permanent children run, and others as they like", () => {
    expect(holds([child({}), child({ restart: "transient", state: "absent", pid: null })])).toBeNull();
  });

  it("says which child does not run, and what the supervisor is doing", () => {
    const absent = { state: "absent", pid: null } as const;
    expect(holds([child(absent)])).toBe(`${who}child "db" (permanent) is absent; expected it to be running`);
    expect(holds([child({ ...absent, state: "restarting", restart: "transient" })])).toBe(
      `${who}child "db" (transient) waits for its restart; expected it to run`,
    );
    expect(holds([child({})], "restarting")).toBe(
      `${who}it is restarting; expected it to be running, with nothing in hand`,
    );
    expect(holds([child({})], "running", [])).toContain("is held to be running; expected its process to live");
  });

  it("sees an old incarnation of a child beside the new one", () => {
    const old = process(pid("alice", 3), { parent: supervisor, place: "away", label: "clerk" });
    expect(holds([child({})], "running", [process(pid("alice", 2), { parent: supervisor }), old])).toBe(
      `${who}clerk (process 3 of alice) was started by it and is none of its children; expected it to have ended`,
    );
  });
});

describe("restartIntensity", () => {
  const intensity = { restarts: 2, withinSeconds: 5 };
  const restarting = (nowMs: number): Told => says({ type: "restarting", id: "db", attempts: 0, intensity, nowMs });
  const gaveUp = (nowMs: number): Told => says({ type: "gave-up", id: "db", attempts: 3, intensity, nowMs });
  const after = (...events: Told[]) => cluster().after(P.restartIntensity, ...events);

  it("holds of as many restarts as are allowed in each window, and of a supervisor that ends when it needs more", () => {
    expect(after(restarting(0), restarting(5_999), restarting(6_500), gaveUp(6_900), ends(1))).toBeNull();
  });

  it("counts by itself, and says what is allowed", () => {
    const who = "supervisor process 1 of alice: ";
    expect(after(restarting(0), restarting(100), restarting(5_900))).toBe(
      `${who}3 restarts; expected at most 2 in 5 s`,
    );
    expect(after(restarting(0), gaveUp(9_000))).toBe(
      `${who}it gave up at the 1. restart, although 2 restarts in 5 s are allowed`,
    );
    const tooMany = [restarting(0), restarting(1), gaveUp(2)];
    expect(after(...tooMany, ends(1, "normal"))).toBe(`${who}it gave up and ended with normal; expected shutdown`);
    const started = says({ type: "child-started", id: "db", pid: pid("alice", 9), added: false });
    expect(after(...tooMany, started)).toBe(`${who}it started db after it gave up`);
    expect(after(...tooMany, restarting(9_000))).toBe(`${who}it restarts db after it gave up`);
  });

  it("sees a supervisor that gave up and goes on", () => {
    const settling = cluster();
    settling.phase = "settling";
    const details = { type: "supervisor", phase: "running" } as View;
    settling.shows("alice", { processes: [process(supervisor, { details })] });
    expect(settling.after(P.restartIntensity, restarting(0), restarting(1), gaveUp(2))).toContain(
      "it gave up, and runs; expected it to end",
    );
  });
});

describe("stopOrder", () => {
  const spawned = (serial: number): Told => [
    "alice",
    { type: "spawn", pid: pid("alice", serial), parent: supervisor, label: "worker" },
  ];
  const started = (id: string, serial: number, added = true): Told[] => [
    spawned(serial),
    says({ type: "child-started", id, pid: pid("alice", serial), added }),
  ];
  const stopping = (id: string, serial: number, byHand = false): Told =>
    says({ type: "child-stopping", id, pid: pid("alice", serial), byHand });
  const three = [...started("a", 2), ...started("b", 3), ...started("c", 4)];
  const after = (...events: Told[]) => cluster().after(P.stopOrder, ...events);

  it("holds of children that stop in reverse, one at a time, after restarts as before", () => {
    const restarted = [ends(2), ...started("a", 5, false)];
    expect(
      after(...three, ...restarted, stopping("c", 4), ends(4), stopping("b", 3), ends(3), stopping("a", 5)),
    ).toBeNull();
    // One that had ended by itself is not waited for.
    expect(after(...three, ends(4), stopping("c", 4), stopping("b", 3))).toBeNull();
  });

  it("lets any child be stopped by hand, and puts one that is added anew at the end", () => {
    const byHand = [stopping("a", 2, true), ends(2), stopping("b", 3, true), ends(3)];
    expect(after(...three, ...byHand, stopping("c", 4))).toBeNull();
    expect(after(...three, ...byHand, ...started("a", 6), stopping("a", 6), ends(6), stopping("c", 4))).toBeNull();
  });

  it("names the children and the order that was expected", () => {
    expect(after(...three, stopping("a", 2), ends(2), stopping("b", 3))).toBe(
      "supervisor process 1 of alice: b is told to end after a; expected the reverse of the start order a, b, c",
    );
    expect(after(...three, stopping("c", 4), stopping("b", 3))).toBe(
      "supervisor process 1 of alice: b is told to end while c (process 4 of alice) has not ended; expected one at a time",
    );
  });
});
