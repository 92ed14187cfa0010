import {
  Heartbeat,
  type Node,
  type NodeRef,
  type Pid,
  Process,
  Remote,
  remote,
  type Self,
  Server,
  Supervisor,
} from "espalier";
import { expect, it } from "vitest";
import { faults, type Place, properties as P, received, scenario, sent, simulate, startNode } from "../../src/index.ts";

const timing = { lease: { beat: "200ms", lease: "1s", delay: "100ms" } } as const;

/** Goes from node to node in the scope of a heartbeat, linked with whoever waits for it. */
const travel = remote({}, function* (path: readonly NodeRef[]) {
  for (const node of path) {
    yield* Remote.transfer(node);
    for (let stay = 0; stay < 3; stay = stay + 1) yield* Process.sleep(100);
  }
  return yield* Remote.here();
});

/** Is heard by its home, wherever it is. */
const walk = remote({ travel }, function* (_self: Self<never>, scope: Heartbeat, path: readonly NodeRef[]) {
  yield* Heartbeat.link(scope, travel(path));
});

const counter = Server.define({
  label: "counter",
  init: () => ({ count: 0 }),
  call: {
    add: (state, n: number) => {
      if (n === 5) throw new Error("five");
      state.count += n;
      return state.count;
    },
  },
});

/** A worker that runs on another machine. */
const far = remote({}, function* () {
  for (;;) yield* Process.sleep(300);
});

interface App {
  readonly node: Node;
  readonly inbox: Pid<{ readonly flow: string; readonly id: number }>;
  serial: number;
}

async function boot(place: Place): Promise<App> {
  const node = await startNode(place, timing);
  const { peers } = place;
  const next = peers[(peers.findIndex(({ name }) => name === place.name) + 1) % peers.length]!;
  const inbox = await new Promise<App["inbox"]>((resolve, reject) => {
    node
      .run(function* inbox(self: Self<{ readonly flow: string; readonly id: number }>) {
        yield* Process.register("inbox");
        resolve(self.pid);
        for (;;) {
          const { flow, id } = yield* self.receive();
          received(place, "post", id, flow);
        }
      })
      .catch(reject);
  });
  const tree = Supervisor.define({
    strategy: "one-for-all",
    intensity: { restarts: 100, within: "1s" },
    children: [
      Supervisor.worker("counter", counter, [], { name: "counter" }),
      Supervisor.worker("second", counter, []),
      Supervisor.worker("far", far, [], { on: next.ref, restart: "transient" }),
    ],
  });
  node
    .run(function* keeper(self: Self<any>) {
      yield* self.trapExit();
      yield* Process.register("keeper");
      for (;;) {
        const supervisor = yield* Supervisor.start(tree);
        const ref = yield* self.monitor(supervisor.target);
        yield* self.receive({ match: (message: any) => message.type === "DOWN" && message.ref.equals(ref) });
      }
    })
    .catch(() => {});
  return { node, inbox, serial: 0 };
}

const busy: Parameters<typeof scenario<App>>[1] = {
  nodes: { alice: {}, bob: {}, carol: {} },
  boot,
  workload: (w) => {
    w.op("travel", { count: 8 }, async ({ node, rng }) => {
      const path = Array.from({ length: 1 + rng.below(3) }, () => rng.pick(node.peers).ref);
      const lastsMs = 200 + rng.below(3_000);
      await node.app.node
        .run(function* follow(self: Self<any>) {
          const scope = yield* Heartbeat.create(lastsMs);
          const { pid } = yield* Process.spawnMonitor(walk, scope, path);
          const end = yield* Heartbeat.supervise(scope);
          yield* self.receive();
          yield* Heartbeat.stop(scope);
          void pid;
          return yield* end;
        })
        .catch(() => {});
    });
    w.op("add", { count: 20, args: (rng) => 1 + rng.below(5) }, async ({ node, args }) => {
      await node.app.node.run(Server.ref(counter, "counter").call.add(args)).catch(() => {});
    });
    w.op("post", { count: 20 }, async ({ node, rng }) => {
      const to = rng.pick(node.peers);
      const { app } = node;
      const flow = `${node.name} ${node.life} to ${to.name}`;
      app.serial += 1;
      const id = app.serial;
      sent(node, "post", id, flow);
      await app.node
        .run(function* () {
          const inbox = yield* Process.whereisAt<any>(to.ref, "inbox");
          if (inbox !== undefined) yield* Process.send(inbox, { flow, id });
        })
        .catch(() => {});
    });
  },
  faults: faults.swarm([
    faults.crash({ lastsMaxMs: 4_000 }),
    faults.pause({ lastsMaxMs: 4_000 }),
    faults.partition(),
    faults.cut({ countMax: 4 }),
    faults.stall(),
  ]),
  always: [
    P.absorbing,
    P.oneVerdict,
    P.oneOwner,
    P.noActAfterVerdict,
    P.restartIntensity,
    P.stopOrder,
    P.noUnhandledRejection,
    P.noDeadlock(),
    P.noDup("post"),
    P.fifo("post"),
    P.whenQuiet(P.noOrphans),
  ],
  eventually: [
    P.childrenRunning,
    P.noOrphans,
    P.linkedBothWays,
    P.everySupervisorTold,
    P.mapsBounded(),
    P.noLoss("post"),
  ],
  sometimes: ["transfer.lost", "guest.acting", "scope.cancelled"],
  budget: { virtualMs: 10_000, settleMs: 60_000 },
};

it("holds of a busy cluster under faults, all properties together", { timeout: 60_000 }, async () => {
  const marks = new Map<string, number>();
  for (let seed = 1; seed <= 4; seed += 1) {
    const result = await simulate(scenario("busy", busy), { seed });
    expect(result.failure?.text).toBeUndefined();
    for (const [mark, count] of result.marks) marks.set(mark, (marks.get(mark) ?? 0) + count);
  }
  // What never happens shows nothing.
  for (const mark of [
    "transfer.lost",
    "guest.acting",
    "guest.performed",
    "scope.cancelled",
    "heartbeat.told",
    "down",
  ]) {
    expect([mark, marks.get(mark) ?? 0]).not.toEqual([mark, 0]);
  }
});
