// Races with something that goes wrong: each at a time of its own, because it strikes everything.
import type { Fault, RandomStream } from "@espalier/testkit";
import { type Down, fn, Process, remote, Remote, type NodeRef, type Self, Task } from "espalier";
import { outcomeOf, relayAt, settledAs } from "../member.ts";
import { inSeries, type Race, racing, soonAfter } from "../race.ts";

const both = [
  ["a", "b"],
  ["b", "a"],
] as const;

const crashOfB =
  (spreadMs: number) =>
  (random: RandomStream): readonly Fault[] => [
    soonAfter({ atMs: 0, type: "crash", node: "b", lastsMs: 50 }, random, spreadMs),
  ];
const cut =
  (spreadMs: number) =>
  (random: RandomStream): readonly Fault[] => [
    soonAfter({ atMs: 0, type: "cut", between: ["a", "b"] }, random, spreadMs),
  ];

/** Goes there, and says so. */
const goThere = remote({}, function* (there: NodeRef) {
  yield* Remote.transfer(there);
  return "there";
});

/** Needs three definitions that no other node has. */
const small = fn((value: string) => value.slice(0, 5));
const middle = fn({ small }, (value: string) => small(`${value} and back`));
const goThereWithMuch = remote({ middle }, function* (there: NodeRef) {
  yield* Remote.transfer(there);
  return middle("there");
});

const goAndStay = remote({}, function* (_self: Self, there: NodeRef, forMs: number) {
  yield* Remote.transfer(there);
  yield* Process.sleep(forMs);
});

const beThere = remote({}, function* (_self: Self) {
  yield* Process.sleep(1);
});

const races: readonly Race[] = [
  {
    name: "a call against a crash of the server's node",
    allowed: ["1", "noconnection", "noproc"],
    faults: crashOfB(8),
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const relay = yield* relayAt(node.peer("b").ref);
        node.mark("begun");
        yield* Process.sleep(rng.between(0, 6));
        return yield* outcomeOf(relay.call.add());
      }),
  },
  {
    name: "a monitor against a crash of the node",
    allowed: ["noconnection", "noproc", "lives"],
    faults: crashOfB(6),
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<Down>) {
        const relay = yield* relayAt(node.peer("b").ref);
        node.mark("begun");
        yield* Process.sleep(rng.between(0, 80));
        yield* self.monitor(relay.pid);
        const down = yield* self.receive({ within: 500, otherwise: null });
        return down?.cause.type ?? "lives";
      }),
  },
  {
    name: "a transfer against a partition",
    allowed: ["there", "noconnection", "unresponsive", "refused"],
    faults: (random) => [
      soonAfter({ atMs: 0, type: "partition", links: both, lastsMs: 100 + random.below(1_100) }, random, 6),
    ],
    virtualMs: 1_300,
    run: async ({ node }) => {
      const { ref } = node.peer("b");
      await node.app.node.run(() => relayAt(ref));
      node.mark("begun");
      return settledAs(node.app.node.run(goThere(ref)));
    },
  },
  {
    name: "a message against a cut",
    allowed: ["heard", "lost"],
    faults: cut(6),
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<string>) {
        const relay = yield* relayAt(node.peer("b").ref);
        node.mark("begun");
        yield* Process.sleep(rng.between(0, 6));
        yield* relay.cast.tell(self.pid, "heard");
        return yield* self.receive({ within: 300, otherwise: "lost" });
      }),
  },
  {
    name: "a call through a cut, from both sides",
    allowed: ["1,1", "1,noconnection", "noconnection,1", "noconnection,noconnection"],
    faults: cut(6),
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const relay = yield* relayAt(node.peer("b").ref);
        node.mark("begun");
        yield* Process.sleep(rng.between(0, 6));
        const task = yield* Task.async(function* () {
          return yield* outcomeOf(relay.call.add());
        });
        yield* Process.sleep(rng.between(0, 3));
        const second = yield* outcomeOf(relay.call.add());
        return `${yield* Task.await(task)},${second}`;
      }),
  },
  {
    name: "a process begun elsewhere during a partition",
    allowed: ["normal", "noconnection", "unresponsive"],
    faults: (random) => [
      soonAfter({ atMs: 0, type: "partition", links: both, lastsMs: 100 + random.below(900) }, random, 6),
    ],
    virtualMs: 1_300,
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<Down>) {
        yield* relayAt(node.peer("b").ref);
        node.mark("begun");
        yield* Process.sleep(rng.between(0, 10));
        yield* self.monitor(yield* Process.spawnAt(node.peer("b").ref, beThere));
        return (yield* self.receive()).cause.type;
      }),
  },
  {
    name: "code that is asked for against a crash",
    allowed: ["there", "noconnection", "unresponsive", "refused"],
    faults: crashOfB(10),
    run: async ({ node }) => {
      const { ref } = node.peer("b");
      await node.app.node.run(() => relayAt(ref));
      node.mark("begun");
      return settledAs(node.app.node.run(goThereWithMuch(ref)));
    },
  },
  {
    name: "a guest that wakes up against the verdict",
    allowed: ["normal", "unresponsive"],
    faults: (random) => [soonAfter({ atMs: 0, type: "pause", node: "b", lastsMs: 200 + random.below(900) }, random, 5)],
    virtualMs: 1_500,
    run: ({ node }) =>
      node.app.node.run(function* (self: Self<Down>) {
        yield* relayAt(node.peer("b").ref);
        const pid = yield* Process.spawn(goAndStay, node.peer("b").ref, 100);
        yield* self.monitor(pid);
        yield* Process.sleep(60);
        node.mark("begun");
        return (yield* self.receive()).cause.type;
      }),
  },
  {
    name: "a stall against the end of a call",
    allowed: ["1", "timeout"],
    faults: (random) => [
      soonAfter({ atMs: 0, type: "stall", link: ["b", "a"], lastsMs: 50 + random.below(200) }, random, 3),
    ],
    virtualMs: 400,
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const relay = yield* relayAt(node.peer("b").ref);
        node.mark("begun");
        yield* Process.sleep(rng.between(0, 6));
        return yield* outcomeOf(relay.call.add().within(120));
      }),
  },
  {
    name: "a name that is looked up against a restart",
    allowed: ["found", "not found", "noconnection"],
    faults: crashOfB(5),
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const { ref } = node.peer("b");
        yield* relayAt(ref);
        node.mark("begun");
        yield* Process.sleep(rng.between(0, 120));
        const outcome = yield* outcomeOf(Process.whereisAt(ref, "relay"));
        return outcome === "undefined" ? "not found" : outcome.startsWith("Pid") ? "found" : outcome;
      }),
  },
];

/** One for each. */
export const struck = races.map((race) => ({ race, scenario: racing(race.name, [race], { module: import.meta.url }) }));
/** All of them. */
export const series = inSeries("struck", races, { module: import.meta.url });
