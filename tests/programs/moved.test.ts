import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster, type Member } from "../simulation/by-hand.ts";
import { programs } from "./list.ts";
import { moveAtEveryYield, type Asked } from "./moving.ts";
import { expectedOf, prepare, run } from "./run.ts";

let cluster: Cluster;
let members: Member[];
const asked: Asked = { times: 0 };

const count = (type: string): number =>
  members.reduce((sum, { events }) => sum + events.filter((event) => event.type === type).length, 0);

beforeAll(async () => {
  cluster = new Cluster("home", "alice", "bob");
  members = [await cluster.start("home"), await cluster.start("alice"), await cluster.start("bob")];
  await cluster.meet();
  await cluster.wait(prepare(members[0]!.node, members[1]!.ref));
  for (const [index, { node }] of members.entries()) {
    moveAtEveryYield(node.kernel, members[(index + 1) % members.length]!.ref, asked);
  }
});

afterAll(() => cluster.stop());

describe("moved at every yield, through bytes (S206)", () => {
  it.each(programs)("$name", async (program) => {
    const [home, alice, bob] = members as [Member, Member, Member];
    const before = { asked: asked.times, arrived: count("transfer.arrived") };
    const ran = await cluster.wait(run(home.node, program, { alice: alice.ref, bob: bob.ref }));
    expect(ran).toEqual(expectedOf(program, true));
    const moves = asked.times - before.asked;
    expect(moves).toBeGreaterThanOrEqual(program.effects.length);
    // Nothing stayed, but what has to.
    const stays = program.refused === undefined ? 0 : 1;
    expect(count("transfer.arrived") - before.arrived).toBeGreaterThanOrEqual(moves - stays);
  });
});
