import { remote } from "@espalier/code";
import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import { Process, Remote, type Down, type NodeId, type Pid, type Self } from "@espalier/runtime";
import { Supervisor, type SupervisorReport } from "@espalier/supervisor";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, verdictMs, type Member } from "./by-hand.ts";

let cluster: Cluster;
let home: Member;
let away: Member;
let office: Office;

beforeEach(async () => {
  cluster = new Cluster("home", "away");
  [home, away] = [await cluster.start("home"), await cluster.start("away")];
  await cluster.meet();
  office = await open();
});

afterEach(async () => {
  await cluster.stop();
});

interface Sighting {
  readonly pid: Pid;
  readonly node: NodeId;
  readonly count: number;
}

/** Says every 100 ms who and where it is. */
const clerk = remote({}, function* clerk(self: Self<never>, to: Pid<Sighting>) {
  const { id } = yield* Remote.here();
  for (let count = 1; ; count += 1) {
    yield* Process.send(to, { pid: self.pid, node: id, count });
    yield* Process.sleep(100);
  }
});

/** What is seen at home of a clerk that works away. */
interface Office {
  readonly supervisor: Pid;
  readonly sightings: Sighting[];
  readonly reports: SupervisorReport<Pid>[];
}

/** Supervises a clerk from home, to run away. */
async function open(): Promise<Office> {
  const { kernel, events } = home.node;
  const sightings: Sighting[] = [];
  const reports: SupervisorReport<Pid>[] = [];
  events.subscribe((event) => {
    if (event.type === "supervisor") reports.push(event.report);
  });
  const collector = kernel.spawn(
    kernel.root,
    function* collect(self: Self<Sighting>): LocalGenerator<never> {
      for (;;) sightings.push(yield* self.receive());
    },
    [],
  );
  const definition = Supervisor.define({
    intensity: { restarts: 3, within: "10s" },
    children: [Supervisor.worker("clerk", clerk, [collector.pid], { on: away.ref })],
  });
  const { pid: supervisor } = await cluster.wait(home.node.run(Supervisor.start(definition)));
  await cluster.pass(500);
  return { supervisor, sightings, reports };
}

/** The incarnations of the clerk that were seen, in order. */
function incarnations({ sightings }: Office): readonly number[] {
  return [...new Set(sightings.map(({ pid }) => pid.serial))];
}

function ends({ reports }: Office): readonly string[] {
  return reports.flatMap((report) =>
    report.type === "child-ended" ? [`${report.cause.type}: ${report.decision}`] : [],
  );
}

describe("a child that is supervised from here and runs there", () => {
  test("runs there, from its first step", async () => {
    expect(office.sightings.length).toBeGreaterThan(3);
    expect(new Set(office.sightings.map(({ node }) => node))).toEqual(new Set([away.ref.id]));
    const children = await cluster.wait(home.node.run(Supervisor.whichChildren(office.supervisor)));
    expect(children.map(({ child }) => child)).toEqual([office.sightings[0]?.pid]);
  });

  test("is stopped with its supervisor, there too (S143, R-960)", async () => {
    await cluster.wait(home.node.run(Supervisor.stop(office.supervisor)));
    const { length } = office.sightings;
    await cluster.pass(500);
    expect(office.sightings).toHaveLength(length);
    expect(away.node.inspect().processes).toEqual([]);
    expect(ends(office)).toEqual([]);
  });

  test("is restarted there after it crashed (S142)", async () => {
    const [first] = office.sightings;
    await cluster.wait(home.node.run(Process.exit(first!.pid, { type: "exit", reason: "boom" })));
    await cluster.pass(500);
    expect(ends(office)).toEqual(["exit: restart"]);
    expect(incarnations(office)).toHaveLength(2);
    expect(away.node.inspect().processes).toHaveLength(1);
  });

  test("is not restarted because a connection broke: that proves nothing (S142, settled 1)", async () => {
    cluster.breakLinks("home", "away");
    await cluster.pass(3 * verdictMs);
    expect(ends(office)).toEqual([]);
    expect(incarnations(office)).toHaveLength(1);
    // It went on, and nothing that it said was lost.
    expect(office.sightings.map(({ count }) => count)).toEqual(office.sightings.map((_, index) => index + 1));
  });

  test("is not restarted while its machine is silent and not yet given up, and goes on afterwards (S142, settled 1)", async () => {
    cluster.part("home", "away");
    await cluster.pass(600);
    const { length } = office.sightings;
    cluster.heal();
    await cluster.pass(3 * verdictMs);
    expect(ends(office)).toEqual([]);
    expect(incarnations(office)).toHaveLength(1);
    expect(office.sightings.length).toBeGreaterThan(length);
  });

  test("is restarted after the verdict on its machine, and the old one never acts again (S142, P13, P24)", async () => {
    cluster.part("home", "away");
    await cluster.pass(2 * verdictMs);
    expect(ends(office)[0]).toBe("unresponsive: restart");
    cluster.heal();
    await cluster.pass(3 * verdictMs);
    const seen = incarnations(office);
    expect(seen.length).toBeGreaterThan(1);
    // One after the other, never mixed: a sighting of an earlier one after one of a later one would be an act of the dead.
    const serials = office.sightings.map(({ pid }) => pid.serial);
    expect(serials).toEqual([...serials].sort((a, b) => a - b));
    expect(away.node.inspect().processes).toHaveLength(1);
  });

  test("takes the link with its machine along when that is given up for its silence (R-305, R-1301)", async () => {
    const { kernel } = away.node;
    const { pid: other } = kernel.spawn(
      kernel.root,
      function* idle(self: Self<unknown>): LocalGenerator<unknown> {
        return yield* self.receive();
      },
      [],
    );
    let cause: Cause | null = null;
    void home.node.run(function* (self: Self<Down>) {
      yield* self.monitor(other);
      cause = (yield* self.receive()).cause;
    });
    await cluster.pass(100);
    cluster.part("home", "away");
    await cluster.pass(verdictMs);
    expect(ends(office)[0]).toBe("unresponsive: restart");
    expect(cause).toEqual({ type: "noconnection", node: away.ref.id });
  });

  test("is restarted on its machine's next life: that proves that the former one is over (settled 1)", async () => {
    cluster.crash("away");
    away = await cluster.start("away");
    const { length } = office.sightings;
    await cluster.pass(verdictMs);
    expect(ends(office)).toEqual(["unresponsive: restart"]);
    expect(incarnations(office)).toHaveLength(2);
    expect(office.sightings.length).toBeGreaterThan(length);
    expect(away.node.inspect().processes).toHaveLength(1);
  });

  test("waits for its machine as long as that stays away, and does not use up the restarts of its supervisor (S143)", async () => {
    cluster.crash("away");
    await cluster.pass(verdictMs + 60_000);
    const tries = office.reports.filter((report) => report.type === "backing-off");
    expect(tries.map(({ delayMs }) => delayMs)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
    const children = await cluster.wait(home.node.run(Supervisor.whichChildren(office.supervisor)));
    expect(children.map(({ child }) => child)).toEqual(["restarting"]);
    away = await cluster.start("away");
    const { length } = office.sightings;
    await cluster.pass(36_000);
    expect(office.sightings.length).toBeGreaterThan(length);
    expect(incarnations(office)).toHaveLength(2);
    expect(away.node.inspect().processes).toHaveLength(1);
    // One restart is what counts: two more are allowed in the next seconds.
    for (let count = 0; count < 2; count += 1) {
      await cluster.wait(home.node.run(Process.exit(office.sightings.at(-1)!.pid, { type: "exit", reason: "boom" })));
      await cluster.pass(300);
    }
    expect(await cluster.wait(home.node.run(Process.alive(office.supervisor)))).toBe(true);
  });

  test("is stopped at once with its supervisor while its machine stays away (S143, R-950)", async () => {
    cluster.crash("away");
    await cluster.pass(verdictMs + 5_000);
    await cluster.wait(home.node.run(Supervisor.stop(office.supervisor)));
    expect(home.node.inspect().timers).toBe(0);
  });
});
