import type { NodeEvent } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { properties as P } from "../../src/index.ts";
import { Fabricated, heartbeat, id, pid } from "./fabricated.ts";

type Told = readonly [node: string, event: NodeEvent];

const p = pid("alice", 7);
const cluster = (): Fabricated => new Fabricated("alice", "bob", "carol");
const started = (node: string, epoch: number, to: string): Told => [
  node,
  { type: "transfer.started", pid: p, epoch, to, bytes: 1 },
];
const granted = (node: string, epoch: number): Told => [node, { type: "transfer.granted", pid: p, epoch }];
const acting = (node: string, epoch: number): Told => [node, { type: "guest.acting", pid: p, epoch }];
const performed = (epoch: number): Told => ["alice", { type: "guest.performed", pid: p, epoch }];
const lost = (epoch: number, node: string): Told => [
  "alice",
  { type: "transfer.lost", pid: p, epoch, node: id(node), incarnation: `${node}-1` },
];
const ended: Told = ["alice", { type: "exit", pid: p, label: "worker", cause: { type: "normal" } }];

describe("oneOwner", () => {
  it("holds while a process goes from node to node, fails to go, and ends", () => {
    const hops = [
      started("alice", 0, "bob"),
      granted("bob", 1),
      acting("bob", 1),
      performed(1),
      started("bob", 1, "carol"),
      ["bob", { type: "transfer.failed", pid: p, epoch: 3, reason: "refused" }],
      acting("bob", 3),
      started("bob", 3, "carol"),
      granted("carol", 4),
      acting("carol", 4),
      ["carol", { type: "guest.finished", pid: p, epoch: 4 }],
      performed(4),
      ended,
    ] satisfies Told[];
    expect(cluster().after(P.oneOwner, ...hops)).toBeNull();
  });

  it("names both nodes when a second one may act, unless the first is over", () => {
    const two = [started("alice", 0, "bob"), granted("bob", 1), granted("carol", 2)];
    expect(cluster().after(P.oneOwner, ...two)).toBe(
      "process 7 of alice: carol may act in epoch 2 while bob may in epoch 1; expected one owner",
    );
    const over = cluster();
    over.node("bob").state = "crashed";
    expect(over.after(P.oneOwner, ...two)).toBeNull();
  });

  it("sees an epoch that does not grow, a turn without ownership, and an act of an earlier epoch that is accepted", () => {
    const { after } = { after: (...events: Told[]) => cluster().after(P.oneOwner, ...events) };
    expect(after(granted("bob", 2), started("bob", 2, "carol"), granted("carol", 2))).toContain(
      "epoch 2 begins on carol; expected one above 2, which had begun",
    );
    expect(after(granted("bob", 1), started("bob", 1, "carol"), acting("bob", 1))).toBe(
      "process 7 of alice: bob acts for it in epoch 1; expected nobody to",
    );
    expect(after(granted("bob", 1), started("bob", 1, "carol"), granted("carol", 2), acting("bob", 1))).toBe(
      "process 7 of alice: bob acts for it in epoch 1; expected carol in epoch 2",
    );
    expect(after(granted("bob", 1), started("bob", 1, "carol"), granted("carol", 2), performed(1))).toBe(
      "process 7 of alice: alice accepted what was done in epoch 1; expected 2, which has begun",
    );
    expect(after(granted("bob", 1), started("carol", 1, "alice"))).toContain("carol offers it to another node");
  });
});

describe("noActAfterVerdict", () => {
  it("holds of what acts before the verdict, and of others", () => {
    const other = pid("alice", 8);
    const after: Told = ["bob", { type: "guest.acting", pid: other, epoch: 1 }];
    expect(
      cluster().after(P.noActAfterVerdict, acting("bob", 1), performed(1), lost(1, "bob"), ended, after),
    ).toBeNull();
  });

  it("says who declared it over, and who let it act", () => {
    expect(cluster().after(P.noActAfterVerdict, acting("bob", 1), lost(1, "bob"), acting("bob", 1))).toBe(
      "process 7 of alice: alice declared it lost with bob, and then bob gave it a turn in epoch 1",
    );
    expect(cluster().after(P.noActAfterVerdict, ended, performed(1))).toBe(
      "process 7 of alice: alice said that it has ended, and then alice accepted what it did in epoch 1",
    );
  });

  it("sees what a process does in a scope whose heartbeat has ended (P22)", () => {
    const scope = heartbeat("carol", 3);
    const at = (type: "scope.entered" | "scope.cancelled" | "scope.left"): Told => [
      "bob",
      { type, pid: p, heartbeat: scope },
    ];
    const links: Told = ["bob", { type: "link", from: p, to: pid("bob", 1) }];
    const cancelled = [at("scope.entered"), links, at("scope.cancelled")];
    expect(cluster().after(P.noActAfterVerdict, ...cancelled, at("scope.left"), links)).toBeNull();
    expect(cluster().after(P.noActAfterVerdict, ...cancelled, links)).toBe(
      "process 7 of alice did link on bob in a scope of heartbeat 3 of carol, which has ended; expected it to leave that first",
    );
  });
});
