import { Channel, Heartbeat, Process, remote, Remote, type NodeRef, type Pid, type Self } from "espalier";
import type { Places, Program } from "../program.ts";

/** Squares numbers at `node`, and sends what it finds; it gives up at a number that is negative. */
const crunch = remote(
  {},
  function* (node: NodeRef, numbers: readonly number[], inbox: Channel<number>, log: Pid<string>) {
    yield* Remote.transfer(node);
    for (const n of numbers) {
      if (n < 0) throw new RangeError(`${n} is negative`);
      yield* Process.send(log, `crunch: ${n}`);
      yield* Channel.send(inbox, n * n);
    }
    yield* Process.sleep("infinity");
  },
);

/** Stops it when told to. */
const stop = remote({}, function* (self: Self<string>, lifetime: Heartbeat, log: Pid<string>) {
  yield* self.receive();
  yield* Process.send(log, "other: stops it");
  yield* Heartbeat.stop(lifetime);
});

export const lifetimes: readonly Program[] = [
  {
    name: "a scope that is left on another node than it was entered on",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const lifetime = yield* Heartbeat.create("1h");
      const inside = yield* Heartbeat.link(lifetime, function* () {
        yield* Remote.transfer(alice);
        yield* Process.send(log, "inside");
        yield* Remote.transfer(bob);
        return 42;
      });
      yield* Heartbeat.stop(lifetime);
      const status = yield* Heartbeat.status(lifetime);
      return [inside, status.state];
    }),
    expected: [42, "stopped"],
    effects: ["inside"],
    transfers: 2,
  },
  {
    name: "a scope that ends from outside while what is in it is away",
    body: remote({ stop }, function* (_self: Self, { alice, bob, log }: Places) {
      const lifetime = yield* Heartbeat.create("1h");
      const ended = yield* Heartbeat.supervise(lifetime);
      const other = yield* Process.spawn(stop, lifetime, log);
      try {
        yield* Heartbeat.link(lifetime, function* () {
          yield* Remote.transfer(alice);
          yield* Process.send(other, "now");
          yield* Process.sleep("infinity");
        });
      } catch (error: any) {
        yield* Process.send(log, error.reason.type);
        yield* Remote.transfer(bob);
      }
      return (yield* ended).type;
    }),
    expected: "stopped",
    effects: ["other: stops it", "stopped"],
    transfers: 2,
  },
  {
    name: "what fails in a scope fails its heartbeat, and who supervises it elsewhere is told",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const lifetime = yield* Heartbeat.create("1h");
      const ended = yield* Heartbeat.supervise(lifetime);
      try {
        yield* Heartbeat.link(lifetime, function* () {
          yield* Remote.transfer(alice);
          throw new RangeError("inside");
        });
      } catch (error) {
        yield* Process.send(log, (error as Error).message);
      }
      yield* Remote.transfer(bob);
      const cause = yield* ended;
      return cause.type === "error" ? cause.error.message : cause.type;
    }),
    expected: "inside",
    effects: ["inside"],
    transfers: 2,
  },
  {
    name: "lifetimes that are combined, reset and asked from elsewhere",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const a = yield* Heartbeat.create("1h");
      const b = yield* Heartbeat.create("1h");
      const both = yield* Heartbeat.supervise(Heartbeat.both(a, b));
      yield* Remote.transfer(alice);
      yield* Heartbeat.reset(b, "2h");
      yield* Heartbeat.fail(b, { type: "exit", reason: "enough" });
      const cause = yield* both;
      yield* Process.send(log, cause.type);
      yield* Remote.transfer(bob);
      return [cause, (yield* Heartbeat.status(a)).state];
    }),
    expected: [{ type: "exit", reason: "enough" }, "live"],
    effects: ["exit"],
    transfers: 2,
  },
  {
    name: "a channel with a buffer: order is kept, wherever one sends and receives",
    body: remote({}, function* (_self: Self, { alice, bob, home, log }: Places) {
      const lifetime = yield* Heartbeat.create("1h");
      const channel = yield* Channel.create<number>({ capacity: 10 });
      const next = yield* Channel.subscribe(lifetime, channel);
      yield* Channel.send(channel, 1);
      yield* Remote.transfer(alice);
      yield* Channel.send(channel, 2);
      const seen = [yield* next];
      yield* Remote.transfer(bob);
      const delivery = yield* Channel.deliver(channel, 3);
      yield* Process.send(log, delivery.type);
      seen.push(yield* next);
      yield* Remote.transfer(home);
      seen.push(yield* next);
      return seen;
    }),
    expected: [1, 2, 3],
    effects: ["delivered"],
    transfers: 3,
  },
  {
    name: "receives what a fork sends from elsewhere, as the documents have it",
    body: remote({ crunch }, function* (_self: Self, { alice, bob, log }: Places) {
      const forTen = yield* Heartbeat.create("10s");
      const inbox = yield* Channel.create<number>();
      const read = yield* Channel.subscribe(forTen, inbox);
      yield* Remote.fork(Heartbeat.link(forTen, crunch(alice, [3, 4], inbox, log)));
      yield* Remote.transfer(bob);
      const seen = [yield* read, yield* read];
      yield* Heartbeat.stop(forTen);
      return seen;
    }),
    expected: [9, 16],
    effects: ["crunch: 3", "crunch: 4"],
    transfers: 2,
  },
  {
    name: "supervises a fork, moves on, and learns its cause, as the documents have it",
    body: remote({ crunch }, function* (_self: Self, { alice, bob, log }: Places) {
      const lifetime = yield* Heartbeat.create("1h");
      const inbox = yield* Channel.create<number>();
      const getCause = yield* Heartbeat.supervise(lifetime);
      yield* Remote.fork(Heartbeat.link(lifetime, crunch(alice, [2, -1], inbox, log)));
      yield* Remote.transfer(bob);
      const cause = yield* getCause;
      yield* Process.send(log, "told");
      switch (cause.type) {
        case "error":
          return cause.error.message;
        default:
          return cause.type;
      }
    }),
    expected: "-1 is negative",
    effects: ["crunch: 2", "told"],
    transfers: 2,
  },
];
