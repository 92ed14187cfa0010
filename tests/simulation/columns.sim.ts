import { remote } from "@espalier/code";
import { Process, type Pid, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { Cluster, spawn, type Member } from "./by-hand.ts";

/** Lives until it is told to end. */
const sitter = remote({}, function* (self: Self<unknown>) {
  for (;;) if ((yield* self.receive()) === "end") return;
});

/** The columns have those that are here, each in its own slot, with what waits for it. */
function expectTrue({ node: { kernel } }: Member): void {
  const { columns, guests, homed } = kernel;
  columns.refresh();
  const taken: string[] = [];
  for (const [slot, cell] of columns.cells.entries()) {
    if (cell === null) continue;
    taken.push(cell.pid.key);
    const { mailbox, received, reductions, since } = columns;
    expect([mailbox[slot], received[slot], reductions[slot], since[slot]]).toEqual([
      ...[cell.mailbox.length, cell.received, cell.reductions, cell.since],
    ]);
    expect(cell.slot).toBe(slot);
  }
  const here = [...homed, ...guests.values()].map(({ pid }) => pid.key);
  expect(taken.toSorted()).toEqual(here.toSorted());
}

test("slots are taken and given back as processes come, go home, end elsewhere and are adopted (S346)", async () => {
  const cluster = new Cluster("o", "a", "b");
  const [o, a, b] = [await cluster.start("o"), await cluster.start("a"), await cluster.start("b")] as const;
  await cluster.meet();
  // Those that are here before the first look get their slots then.
  const early = spawn(o, sitter);
  for (const member of [o, a]) expectTrue(member);
  const move = (pid: Pid<any>, to: Member): Promise<void> => cluster.wait(o.node.run(Process.migrate(pid, to.ref)));
  const pids: Pid<any>[] = [];
  for (let round = 0; round < 8; round += 1) {
    const pid = spawn(o, sitter);
    pids.push(pid);
    await cluster.pass(2);
    for (const to of [a, b, o, b]) await move(pid, to);
    await move(early, round % 2 === 0 ? a : o);
    await cluster.wait(b.node.run(Process.send(pid, round % 2 === 0 ? "end" : "stay")));
    await cluster.pass(10);
    // The first look at the third one finds guests.
    for (const member of round === 0 ? [o, a] : [o, a, b]) expectTrue(member);
  }
  // Never more than the four that stay, those that end, and who asks.
  for (const { node } of [o, a, b]) expect(node.kernel.columns.length).toBeLessThan(10);
  await cluster.wait(o.node.drain({ to: [a.ref] }));
  await cluster.pass(20);
  for (const member of [a, b]) expectTrue(member);
  for (const pid of [early, ...pids]) await cluster.wait(a.node.run(Process.send(pid, "end")));
  await cluster.pass(20);
  for (const { node } of [a, b]) {
    node.kernel.columns.refresh();
    expect(node.kernel.columns.cells.filter((cell) => cell !== null)).toEqual([]);
  }
  await cluster.stop();
});
