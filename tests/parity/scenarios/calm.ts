// Races between nodes that nothing goes wrong with.
import {
  Channel,
  type Down,
  type Exit,
  Heartbeat,
  NameTakenError,
  type NodeRef,
  Process,
  remote,
  Remote,
  type Self,
  Task,
} from "espalier";
import { outcomeOf, relayAt, worker } from "../member.ts";
import { type Race, racing } from "../race.ts";

/** Up to about as long as it takes to ask another node. */
const aMoment = 6;

/** Goes to one node, and on to the next. */
const hop = remote({}, function* (_self: Self, first: NodeRef, second: NodeRef) {
  yield* Remote.transfer(first);
  yield* Remote.transfer(second);
});

export const races: readonly Race[] = [
  {
    name: "messages of two senders",
    allowed: ["b,c", "c,b"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<string>) {
        const [b, c] = [yield* relayAt(node.peer("b").ref), yield* relayAt(node.peer("c").ref)];
        yield* b.cast.tell(self.pid, "b");
        yield* Process.sleep(rng.between(0, 2));
        yield* c.cast.tell(self.pid, "c");
        return `${yield* self.receive()},${yield* self.receive()}`;
      }),
  },
  {
    name: "one name for two processes",
    allowed: ["b has it", "c has it"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<string>) {
        const name = `seat-${rng.below(1e9)}`;
        const take = function* (own: Self<string>) {
          const who = yield* own.receive();
          try {
            yield* Process.register(name);
            yield* Process.send(self.pid, who);
            yield* Process.sleep("1s");
          } catch (error) {
            if (!(error instanceof NameTakenError)) throw error;
          }
        };
        const [b, c] = [yield* relayAt(node.peer("b").ref), yield* relayAt(node.peer("c").ref)];
        yield* b.cast.tell(yield* Process.spawn(take), "b");
        yield* Process.sleep(rng.between(0, 2));
        yield* c.cast.tell(yield* Process.spawn(take), "c");
        return `${yield* self.receive()} has it`;
      }),
  },
  {
    name: "a timer against a message",
    allowed: ["timer", "message"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<string>) {
        const relay = yield* relayAt(node.peer("b").ref);
        yield* Process.sendAfter(rng.between(0, aMoment), self.pid, "timer");
        yield* relay.cast.tell(self.pid, "message");
        return yield* self.receive();
      }),
  },
  {
    name: "the end of a receive against a message",
    allowed: ["nothing", "message"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<string>) {
        const relay = yield* relayAt(node.peer("b").ref);
        yield* relay.cast.tell(self.pid, "message");
        return yield* self.receive({ within: rng.between(0, aMoment), otherwise: "nothing" });
      }),
  },
  {
    name: "the end of a call against its reply",
    allowed: ["1", "timeout"],
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const relay = yield* relayAt(node.peer("b").ref);
        return yield* outcomeOf(relay.call.add().within(rng.between(0, aMoment)));
      }),
  },
  {
    name: "a timer that is cancelled against its end",
    allowed: ["cancelled", "fired"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<string>) {
        const relay = yield* relayAt(node.peer("b").ref);
        const timer = yield* Process.sendAfter(rng.between(0, aMoment), self.pid, "fired");
        yield* relay.call.add();
        if ((yield* Process.cancelTimer(timer)) !== false) return "cancelled";
        return yield* self.receive({ within: 0 });
      }),
  },
  {
    name: "awaiting a task against ending it",
    allowed: ["value", "nothing"],
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const relay = yield* relayAt(node.peer("b").ref);
        const task = yield* Task.asyncNoLink(function* () {
          yield* relay.call.add();
          return "value";
        });
        yield* Process.sleep(rng.between(0, aMoment));
        const ended = yield* Task.shutdown(task);
        return ended === null ? "nothing" : "value";
      }),
  },
  {
    name: "a heartbeat's reset against its expiry",
    allowed: ["accepted", "refused"],
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const relay = yield* relayAt(node.peer("b").ref);
        const heartbeat = yield* Heartbeat.create(rng.between(1, aMoment));
        return yield* relay.call.reset(heartbeat, 100);
      }),
  },
  {
    name: "two that stop one heartbeat",
    allowed: ["accepted,refused", "refused,accepted"],
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const [b, c] = [yield* relayAt(node.peer("b").ref), yield* relayAt(node.peer("c").ref)];
        const heartbeat = yield* Heartbeat.create("10s");
        const first = yield* Task.async(function* () {
          return yield* b.call.halt(heartbeat);
        });
        yield* Process.sleep(rng.between(0, 2));
        const second = yield* c.call.halt(heartbeat);
        return `${yield* Task.await(first)},${second}`;
      }),
  },
  {
    name: "a delivery against the end of its listener",
    allowed: ["delivered", "refused"],
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const relay = yield* relayAt(node.peer("b").ref);
        const channel = yield* Channel.create<string>();
        yield* Channel.receive(yield* Heartbeat.create(rng.between(1, aMoment)), channel);
        return yield* relay.call.deliver(channel, "value");
      }),
  },
  {
    name: "the end of a monitor against DOWN",
    allowed: ["demonitored", "down"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<Down>) {
        const relay = yield* relayAt(node.peer("b").ref);
        const victim = yield* relay.call.victim(self.pid);
        const ref = yield* self.monitor(victim);
        yield* relay.cast.kill(victim);
        yield* Process.sleep(rng.between(0, aMoment));
        const was = yield* Process.demonitor(ref, { flush: true });
        const late = yield* self.receive({ within: 20, otherwise: null });
        if (late !== null) return "a DOWN after that";
        return was ? "demonitored" : "down";
      }),
  },
  {
    name: "the end of a link against EXIT",
    allowed: ["unlinked", "exit"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<Exit>) {
        yield* self.trapExit();
        const relay = yield* relayAt(node.peer("b").ref);
        const victim = yield* relay.call.victim(self.pid);
        yield* Process.link(victim);
        yield* relay.cast.kill(victim);
        yield* Process.sleep(rng.between(0, aMoment));
        yield* Process.unlink(victim);
        const before = yield* self.receive({ within: 0, otherwise: null });
        const late = yield* self.receive({ within: 20, otherwise: null });
        if (late !== null) return "an EXIT after that";
        return before === null ? "unlinked" : "exit";
      }),
  },
  {
    name: "a message against a kill",
    allowed: ["heard", "killed before"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<string>) {
        const [b, c] = [yield* relayAt(node.peer("b").ref), yield* relayAt(node.peer("c").ref)];
        const victim = yield* b.call.victim(self.pid);
        // By way of the third node, which knows the way by then.
        yield* c.cast.tell(victim, "first");
        yield* self.receive();
        yield* c.cast.tell(victim, "heard");
        yield* Process.sleep(rng.between(0, aMoment));
        yield* b.cast.kill(victim);
        return yield* self.receive({ within: 60, otherwise: "killed before" });
      }),
  },
  {
    name: "a call against a kill",
    allowed: ["reply", "killed", "noproc"],
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const relay = yield* relayAt(node.peer("b").ref);
        const server = yield* relay.call.worker();
        const isCalledFirst = rng.chance(0.5);
        if (!isCalledFirst) yield* relay.cast.kill(server.pid);
        yield* Process.sleep(isCalledFirst ? 0 : rng.between(0, aMoment));
        const called = yield* Task.async(function* () {
          return yield* outcomeOf(server.call.add());
        });
        if (isCalledFirst) yield* relay.cast.kill(server.pid);
        const outcome = yield* Task.await(called);
        return /^\d+$/.test(outcome) ? "reply" : outcome;
      }),
  },
  {
    name: "a restart against a call by name",
    allowed: ["reply", "killed", "noproc"],
    run: ({ node, rng }) =>
      node.app.node.run(function* () {
        const relay = yield* relayAt(node.peer("b").ref);
        const pid = yield* Process.whereis("worker");
        if (pid !== undefined) yield* relay.cast.kill(pid);
        yield* Process.sleep(rng.between(0, aMoment));
        const outcome = yield* outcomeOf(worker.call.slow(2));
        return /^\d+$/.test(outcome) ? "reply" : outcome;
      }),
  },
  {
    name: "a restart against a monitor of the name",
    allowed: ["lives", "killed", "noproc"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<Down>) {
        const relay = yield* relayAt(node.peer("b").ref);
        const pid = yield* Process.whereis("worker");
        if (pid !== undefined) yield* relay.cast.kill(pid);
        yield* Process.sleep(rng.between(0, aMoment));
        yield* self.monitor("worker");
        const down = yield* self.receive({ within: 40, otherwise: null });
        return down === null ? "lives" : down.cause.type;
      }),
  },
  {
    name: "two transfers against a kill",
    allowed: ["normal", "killed"],
    run: ({ node, rng }) =>
      node.app.node.run(function* (self: Self<Down>) {
        const pid = yield* Process.spawn(hop, node.peer("b").ref, node.peer("c").ref);
        yield* self.monitor(pid);
        yield* Process.sleep(rng.between(0, 40));
        yield* Process.kill(pid);
        return (yield* self.receive()).cause.type;
      }),
  },
];

export const calm = racing("calm", races, { module: import.meta.url, count: 2 });
