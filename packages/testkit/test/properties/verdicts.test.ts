import type { NodeEvent, NodeView } from "@espalier/runtime";
import { Heartbeat } from "espalier";
import { describe, expect, it } from "vitest";
import { properties as P } from "../../src/index.ts";
import { Fabricated, heartbeat, id, pid, process } from "./fabricated.ts";

type Told = readonly [node: string, event: NodeEvent];
type Cause = Extract<NodeEvent, { readonly type: "exit" }>["cause"];

const h = heartbeat("alice", 3);
const p = pid("alice", 7);
const cluster = (): Fabricated => new Fabricated("alice", "bob");
const end = (node: string, cause: Cause): Told => [
  node,
  { type: "heartbeat.ended", heartbeat: h, cause, decidedHere: node === "alice" },
];
const exit = (cause: Cause): Told => ["alice", { type: "exit", pid: p, label: "worker", cause }];
const down = (cause: Cause): Told => [
  "bob",
  { type: "down", to: pid("bob", 1), process: p, ref: null as never, cause },
];
const entry = (
  state: "live" | "stopped",
  registrations: readonly string[],
  decidedHere: boolean,
): NodeView["heartbeats"][number] => ({
  heartbeat: h,
  decidedHere,
  status:
    state === "live"
      ? { state, remainingMs: 1, epoch: 0, version: 1 }
      : { state, cause: { type: "stopped" }, epoch: 0, version: 2 },
  registrations: registrations.map((node) => ({ node: id(node), id: "1" })),
});

describe("absorbing", () => {
  const reset = (outcome: "accepted" | "refused"): Told => [
    "alice",
    { type: "heartbeat.reset", heartbeat: h, durationMs: 1, outcome },
  ];

  it("holds of an end that is the last that is heard", () => {
    const events = [reset("accepted"), end("alice", { type: "expired" }), reset("refused"), exit({ type: "normal" })];
    expect(cluster().after(P.absorbing, ...events)).toBeNull();
  });

  it("sees a heartbeat that ends twice, that is reset after its end, or shown as live", () => {
    const expired = end("alice", { type: "expired" });
    expect(cluster().after(P.absorbing, expired, end("alice", { type: "stopped" }))).toBe(
      "heartbeat 3 of alice had ended with expired; expected nothing more, but it ended again with stopped",
    );
    expect(cluster().after(P.absorbing, expired, reset("accepted"))).toContain("but a reset was accepted");
    const shown = cluster().shows("alice", { heartbeats: [entry("live", [], true)] });
    expect(shown.after(P.absorbing, expired)).toContain("but alice shows it as live");
  });

  it("sees a process that acts or ends after its end", () => {
    const normal = exit({ type: "normal" });
    expect(cluster().after(P.absorbing, normal, exit({ type: "killed" }))).toBe(
      "worker, process 7 of alice: it had ended with normal, and ended again with killed",
    );
    const spawns: Told = ["alice", { type: "spawn", pid: pid("alice", 8), parent: p, label: "child" }];
    expect(cluster().after(P.absorbing, normal, spawns)).toBe(
      "process 7 of alice had ended with normal, and then did: spawn",
    );
  });
});

describe("oneVerdict", () => {
  it("holds when all say the same, or what is no cause of the end", () => {
    const crash: Cause = { type: "error", error: { name: "Error", message: "boom" } };
    const said = [
      exit(crash),
      down({ type: "error", error: { name: "Error", message: "boom", stack: "elsewhere" } }),
      down({ type: "noconnection", node: id("alice") }),
      down({ type: "noproc" }),
      end("alice", { type: "stopped" }),
      end("bob", { type: "stopped" }),
      end("bob", { type: "unresponsive", node: id("alice") }),
    ];
    expect(cluster().after(P.oneVerdict, ...said)).toBeNull();
  });

  it("names both who said different things", () => {
    expect(cluster().after(P.oneVerdict, end("alice", { type: "stopped" }), end("bob", { type: "expired" }))).toBe(
      "heartbeat 3 of alice: alice reported stopped, bob reported expired; expected one cause",
    );
    expect(cluster().after(P.oneVerdict, exit({ type: "normal" }), down({ type: "killed" }))).toBe(
      "process 7 of alice: alice reported normal, bob reported killed; expected one cause",
    );
  });

  it("does not compare what two lives of one node decided about a composite that outlives its home (H31)", () => {
    const either = Heartbeat.either(h, heartbeat("bob", 1));
    const decided = (cause: Cause): Told => [
      "alice",
      { type: "heartbeat.ended", heartbeat: either, cause, decidedHere: true },
    ];
    const told = (livesLater: number): string | null => {
      const nodes = cluster();
      const checker = P.oneVerdict.begin(nodes);
      for (const [life, [node, event]] of [
        [1, decided({ type: "stopped" })],
        [1 + livesLater, decided({ type: "expired" })],
      ] as const) {
        checker.event?.({ atMs: 0, node, life, event });
      }
      return checker.check();
    };
    expect(told(1)).toBeNull();
    expect(told(0)).toContain("alice reported stopped, alice reported expired");
  });
});

describe("everySupervisorTold", () => {
  const told = (cluster: Fabricated) => cluster.after(P.everySupervisorTold);

  it("holds while the heartbeat lives, and when nobody waits any more", () => {
    const live = cluster().shows("alice", { heartbeats: [entry("live", ["bob"], true)] });
    expect(told(live.shows("bob", { heartbeats: [entry("live", ["bob"], false)] }))).toBeNull();
    expect(told(cluster().shows("alice", { heartbeats: [entry("stopped", [], true)] }))).toBeNull();
  });

  it("sees who waits for what has ended, is forgotten, or was of an earlier life", () => {
    const waits = (): Fabricated => cluster().shows("bob", { heartbeats: [entry("live", ["bob"], false)] });
    expect(told(waits().shows("alice", { heartbeats: [entry("stopped", [], true)] }))).toBe(
      "bob waits for the end of heartbeat 3 of alice, but it has ended with stopped; expected it to be told",
    );
    expect(told(waits())).toContain("but alice has forgotten it");
    const restarted = waits();
    restarted.node("alice").life = 2;
    expect(told(restarted.shows("alice", {}))).toContain("but that life of alice is over");
    const gone = waits();
    Object.assign(gone.node("alice"), { state: "gone", view: null });
    expect(told(gone)).toContain("but alice is gone");
    expect(told(cluster().shows("alice", { heartbeats: [entry("stopped", ["bob"], true)] }))).toBe(
      "heartbeat 3 of alice: it has ended with stopped, but bob has not said that it knows",
    );
  });

  it("sees a monitor of a process that is over", () => {
    const watcher = process(pid("bob", 1), { monitors: [p] });
    expect(told(cluster().shows("bob", { processes: [watcher] }))).toBe(
      "worker (process 1 of bob) on bob still waits for the end of process 7 of alice, which is over; expected it to be told",
    );
    const alive = cluster().shows("bob", { processes: [watcher] });
    expect(told(alive.shows("alice", { processes: [process(p)] }))).toBeNull();
  });
});
