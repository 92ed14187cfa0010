import assert from "node:assert/strict";
import {
  Delivery,
  Process,
  remote,
  Remote,
  Server,
  type ConsumerRef,
  type LocalGenerator,
  type NodeRef,
  type Pid,
  type ProducerRef,
  type Self,
} from "espalier";
import { Attributed } from "@espalier/runtime";
import { section, type Section, type Stage } from "../rule.ts";

/** Receives, and confirms, one message after the other, and tells `to` of each. */
function* worker(_self: unknown, consumer: ConsumerRef<any>, to: Pid<any>): LocalGenerator<void> {
  for (;;) {
    const { message, ticket } = yield* Delivery.receive(consumer);
    yield* Process.send(to, message);
    yield* Delivery.confirm(consumer, ticket);
  }
}

/** Receives one message, and never confirms it. */
function* idler(_self: unknown, consumer: ConsumerRef<any>, to: Pid<any>): LocalGenerator<void> {
  yield* Process.send(to, (yield* Delivery.receive(consumer)).message);
  yield* Process.sleep("infinity");
}

/** Confirms a message elsewhere than it received it. */
const traveller = remote({}, function* traveller(consumer: ConsumerRef<any>, there: NodeRef, to: Pid<any>) {
  const { message, ticket } = yield* consumer.call.receive();
  yield* Remote.transfer(there);
  yield* Process.send(to, [message, yield* consumer.call.confirm(ticket)]);
});

/** Hands over the numbers up to `count`. */
function* sender(_self: unknown, producer: ProducerRef<any>, count: number, to: Pid<any>): LocalGenerator<void> {
  for (let number = 1; number <= count; number += 1) {
    yield* Delivery.send(producer, number);
    yield* Process.send(to, { sent: number });
  }
}

/** Consumers for the programs of another node. Each keeps what was processed. */
const Puppet = Server.define({
  init: () => new Map<string, any[]>(),
  call: {
    *consume(state: Map<string, any[]>, name: string, source: { readonly name: string; readonly node: NodeRef }) {
      const processed: any[] = [];
      state.set(name, processed);
      const consumer = yield* Server.start(
        Delivery.consumer<any>({ from: source, window: 6, retry: "50ms" }),
        undefined,
      );
      yield* Process.spawn(function* () {
        for (;;) {
          const { message, ticket } = yield* Delivery.receive(consumer);
          processed.push(typeof message === "string" ? message.length : message);
          yield* Process.sleep("2ms");
          yield* Delivery.confirm(consumer, ticket);
        }
      });
    },
    processed: (state: Map<string, any[]>, name: string) => state.get(name) as any[],
  },
});

function* boot(): LocalGenerator<void> {
  yield* Server.start(Puppet, undefined, { name: "puppet" });
}

/** A producer here, and a consumer of it on `b`. */
function* across(stage: Stage, name: string, options: { readonly chunkBytes?: number } = {}) {
  const producer = yield* Server.startLink(Delivery.producer<any>({ id: name, ...options }), undefined, { name });
  const puppet = Server.ref(Puppet, { name: "puppet", node: stage.ref("b") });
  yield* puppet.call.consume(name, { name, node: stage.node.ref });
  return { producer, puppet };
}

function pair(options: { readonly window?: number } = {}) {
  return connected(Delivery.producer<any>({ id: "pair" }), options);
}

function* connected(definition: ReturnType<typeof Delivery.producer<any>>, options: { readonly window?: number } = {}) {
  const producer = yield* Server.startLink(definition, undefined);
  const consumer = yield* Server.start(Delivery.consumer<any>(options), undefined);
  yield* Delivery.connect(producer, consumer);
  return { producer, consumer };
}

function* take(self: Self<any>, count: number): LocalGenerator<any[]> {
  const taken: any[] = [];
  while (taken.length < count) taken.push(yield* self.receive({ within: "5s" }));
  return taken;
}

function* nothing(self: Self<any>): LocalGenerator<void> {
  assert.equal(yield* self.receive({ within: "50ms", otherwise: null }), null);
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

export const delivery: Section = section(import.meta.url, (rule) => {
  rule("R-1408", "a message is there until it is confirmed, and the next one only then", function* (self) {
    const { producer, consumer } = yield* pair();
    yield* Process.spawn(sender, producer, 3, self.pid);
    const first = yield* Delivery.receive(consumer);
    const again = yield* Delivery.receive(consumer);
    assert.deepEqual([first.message, again.message], [1, 1]);
    assert.equal(yield* Delivery.confirm(consumer, first.ticket), false, "it was given again");
    assert.equal(yield* Delivery.confirm(consumer, again.ticket), true);
    assert.equal(yield* Delivery.confirm(consumer, again.ticket), false);
    const second = yield* Delivery.receive(consumer);
    assert.equal(second.message, 2);
    assert.equal(yield* Delivery.confirm(consumer, second.ticket), true);
    assert.equal((yield* Delivery.receive(consumer)).message, 3);
  });

  rule("R-1408", "nobody hands over more than was asked for, and more is asked for at half of it", function* (self) {
    const { producer, consumer } = yield* pair({ window: 4 });
    yield* Process.spawn(sender, producer, 9, self.pid);
    const sent = (to: number, from = 1): any[] => numbers(from, to).map((number) => ({ sent: number }));
    assert.deepEqual(yield* take(self, 4), sent(4));
    yield* nothing(self);
    yield* Delivery.confirm(consumer, (yield* Delivery.receive(consumer)).ticket);
    yield* nothing(self);
    yield* Delivery.confirm(consumer, (yield* Delivery.receive(consumer)).ticket);
    assert.deepEqual(yield* take(self, 2), sent(6, 5));
    yield* nothing(self);
  });

  rule("R-1408", "without a consumer a sender waits", { everyOrder: true }, function* (self) {
    const producer = yield* Server.startLink(Delivery.producer<any>({ id: "alone" }), undefined);
    assert.equal(yield* Delivery.trySend(producer, 0), false);
    assert.equal(yield* Delivery.send(producer, 1).within("20ms", { otherwise: "waits" }), "waits");
    const consumer = yield* Server.start(Delivery.consumer<any>(), undefined);
    yield* Delivery.connect(producer, consumer);
    yield* Delivery.send(producer, 2);
    assert.equal(yield* Delivery.trySend(producer, 3), true);
    // As with any call: that nobody waits for the answer takes nothing back.
    assert.equal((yield* Delivery.receive(consumer)).message, 1);
    yield* nothing(self);
  });

  rule("R-1408", "who wants to know waits until its message was processed", function* (self) {
    const { producer, consumer } = yield* pair();
    yield* Process.spawn(function* () {
      yield* Delivery.send(producer, 1);
      yield* Delivery.send(producer, 2, { confirmed: true });
      yield* Process.send(self.pid, "processed");
    });
    yield* Delivery.confirm(consumer, (yield* Delivery.receive(consumer)).ticket);
    const { ticket } = yield* Delivery.receive(consumer);
    yield* nothing(self);
    yield* Delivery.confirm(consumer, ticket);
    assert.deepEqual(yield* take(self, 1), ["processed"]);
  });

  rule("R-1408", "what a process has not confirmed when it ends goes to the next that receives", function* (self) {
    const { producer, consumer } = yield* pair();
    const first = yield* Process.spawn(idler, consumer, self.pid);
    yield* Delivery.send(producer, 1);
    yield* Delivery.send(producer, 2);
    assert.deepEqual(yield* take(self, 1), [1]);
    yield* Process.spawn(worker, consumer, self.pid);
    yield* nothing(self);
    yield* Process.kill(first);
    assert.deepEqual(yield* take(self, 2), [1, 2]);
  });

  rule("R-1408", "a consumer that ends is replaced, and what was not confirmed comes again in order", function* (self) {
    const { producer, consumer } = yield* pair({ window: 4 });
    yield* Process.spawn(sender, producer, 6, yield* deaf());
    yield* Delivery.confirm(consumer, (yield* Delivery.receive(consumer)).ticket);
    yield* Delivery.confirm(consumer, (yield* Delivery.receive(consumer)).ticket);
    assert.equal((yield* Delivery.receive(consumer)).message, 3);
    yield* Process.kill(consumer.pid);
    const next = yield* Server.start(Delivery.consumer<any>({ window: 2 }), undefined);
    yield* Delivery.connect(producer, next);
    yield* Process.spawn(worker, next, self.pid);
    assert.deepEqual(yield* take(self, 4), [3, 4, 5, 6]);
    yield* nothing(self);
  });

  rule("R-1408", "a consumer that connects takes the place of the one that was there", function* (self) {
    const { producer, consumer } = yield* pair();
    yield* Delivery.send(producer, 1);
    const late = yield* Delivery.receive(consumer);
    yield* Delivery.connect(producer, consumer);
    assert.ok(yield* Delivery.confirm(consumer, late.ticket), "it was connected already");
    yield* Delivery.send(producer, 2);
    const later = yield* Delivery.receive(consumer);
    const next = yield* Server.start(Delivery.consumer<any>(), undefined);
    yield* Delivery.connect(producer, next);
    yield* Process.spawn(worker, next, self.pid);
    assert.deepEqual(yield* take(self, 1), [2]);
    assert.equal(yield* Delivery.confirm(consumer, later.ticket), false);
    yield* Delivery.send(producer, 3);
    assert.deepEqual(yield* take(self, 1), [3]);
    // Well beyond the time after which the first one would ask again.
    yield* Process.sleep("3s");
    yield* Delivery.send(producer, 4, { confirmed: true });
    assert.deepEqual(yield* take(self, 1), [4]);
    yield* nothing(self);
    yield* Process.kill(next.pid);
    yield* Delivery.connect(producer, consumer);
    yield* Process.spawn(worker, consumer, self.pid);
    yield* Delivery.send(producer, 5);
    assert.deepEqual(yield* take(self, 1), [5]);
  });

  rule("R-1408", "a producer that is started again under its name is found again", function* (self) {
    const definition = Delivery.producer<any>({ id: "reborn" });
    const first = yield* Server.start(definition, undefined, { name: "reborn" });
    const consumer = yield* Server.start(Delivery.consumer<any>({ from: "reborn", retry: "20ms" }), undefined);
    yield* Process.spawn(worker, consumer, self.pid);
    yield* Delivery.send(first, 1, { confirmed: true });
    yield* Process.kill(first.pid);
    yield* Process.sleep("100ms");
    const second = yield* Server.start(definition, undefined, { name: "reborn" });
    yield* Delivery.send(second, 2, { confirmed: true });
    assert.deepEqual(yield* take(self, 2), [1, 2]);
  });

  rule("R-1408", "many pull from one, and each message is one consumer's", function* (self) {
    const { producer, consumer: busy } = yield* connected(Delivery.workPulling<any>({ id: "pulled" }), { window: 2 });
    yield* Delivery.send(producer, "a");
    assert.equal((yield* Delivery.receive(busy)).message, "a");
    const other = yield* Server.start(Delivery.consumer<any>({ window: 2 }), undefined);
    yield* Delivery.connect(producer, other);
    yield* Process.spawn(worker, other, self.pid);
    yield* Process.sleep("10ms");
    for (let number = 1; number <= 6; number += 1) yield* Delivery.send(producer, number);
    // The one that does not confirm has no more than it asked for: one, if the other was not quicker.
    const taken = yield* take(self, 5);
    const sixth = yield* self.receive({ within: "50ms", otherwise: null });
    if (sixth !== null) taken.push(sixth);
    yield* Process.kill(busy.pid);
    const rest = yield* take(self, 7 - taken.length);
    assert.deepEqual(rest[0], "a");
    assert.deepEqual(
      [...taken, ...rest.slice(1)].sort((one, other) => one - other),
      numbers(1, 6),
    );
    yield* nothing(self);
  });

  rule(
    "R-1408",
    "across nodes every message is processed once and in order, whole also when it is large",
    { nodes: ["b"], boot },
    function* large(_self, stage) {
      const { producer, puppet } = yield* across(stage, "large", { chunkBytes: 1_024 });
      yield* Delivery.send(producer, 1);
      yield* Delivery.send(producer, "x".repeat(20_000));
      yield* Delivery.send(producer, 2, { confirmed: true });
      assert.deepEqual(yield* puppet.call.processed("large"), [1, 20_000, 2]);
    },
  );

  rule(
    "R-1408",
    "who has a message may move, and confirm it from there",
    { nodes: ["b"], boot },
    function* (self, stage) {
      const { producer, consumer } = yield* pair();
      yield* Process.spawn(traveller(consumer, stage.ref("b"), self.pid));
      yield* Delivery.send(producer, 1, { confirmed: true });
      assert.deepEqual(yield* take(self, 1), [[1, true]]);
    },
  );

  rule(
    "R-1408",
    "the first message of a stream is sent again until it is acknowledged",
    {
      nodes: ["b"],
      boot,
      simulatedOnly: "it loses one message of its choice",
      faults: [{ type: "drop", link: ["a", "b"], kind: "signal.message", atMs: 0, after: { mark: "lose" } }],
    },
    function* lost(_self, stage) {
      const { producer, puppet } = yield* across(stage, "lost");
      yield* Process.sleep("20ms");
      stage.mark("lose");
      yield* Process.sleep("5ms");
      yield* Delivery.send(producer, 1, { confirmed: true });
      assert.deepEqual(yield* puppet.call.processed("lost"), [1]);
    },
  );

  // The next two play one of the sides: no link repeats a message, or lets one overtake another.
  rule("R-1408", "what is repeated is dropped, and what is missing is asked for again", function* (self) {
    const consumer = yield* Server.start(
      Delivery.consumer<any>({ from: self.pid, window: 8, retry: "20ms" }),
      undefined,
    );
    const tell = (message: object) => Process.send<any>(consumer.pid, new Attributed(self.pid, message));
    const heard = function* (): LocalGenerator<any> {
      const { from, message } = yield* self.receive({
        match: (one: unknown) => one instanceof Attributed,
        within: "1s",
      });
      assert.ok(from.equals(consumer.pid));
      return message;
    };
    const piece = (sequence: number) =>
      tell({ type: "delivery.piece", stream: 1, sequence, content: { value: sequence }, isLast: true });
    const { type, attempt } = yield* heard();
    assert.equal(type, "delivery.open");
    assert.deepEqual(yield* heard(), { type, attempt }, "it asks again until it is answered");
    yield* tell({ type: "delivery.offer", attempt, stream: 1 });
    const asked = { type: "delivery.demand", stream: 1, received: 0, confirmed: 0, upTo: 8, again: false };
    assert.deepEqual(yield* heard(), asked);
    assert.deepEqual(yield* heard(), { ...asked, again: true }, "it asks again for what does not come");
    for (const sequence of [2, 1, 1, 4, 5, 3, 2]) yield* piece(sequence);
    assert.deepEqual(yield* heard(), { ...asked, again: true });
    assert.deepEqual(yield* heard(), { ...asked, received: 1, again: true });
    for (const sequence of [2, 3, 2, 3]) yield* piece(sequence);
    yield* Process.spawn(worker, consumer, self.pid);
    const processed: unknown[] = [];
    while (processed.length < 3)
      processed.push(yield* self.receive({ match: (one: unknown) => typeof one === "number" }));
    assert.deepEqual(processed, [1, 2, 3]);
  });

  rule("R-1408", "a late message of a consumer that was replaced changes nothing", function* (self) {
    const producer = yield* Server.startLink(Delivery.producer<any>({ id: "late" }), undefined);
    const tell = (message: object) => Process.send<any>(producer.pid, new Attributed(self.pid, message));
    const heard = function* (): LocalGenerator<any> {
      return (yield* self.receive({ match: (one: unknown) => one instanceof Attributed, within: "1s" })).message;
    };
    const demand = { type: "delivery.demand", stream: 1, received: 0, confirmed: 0, upTo: 2, again: false };
    yield* tell({ type: "delivery.open", attempt: 7 });
    assert.deepEqual(yield* heard(), { type: "delivery.offer", attempt: 7, stream: 1 });
    yield* tell(demand);
    yield* Delivery.send(producer, "x");
    const sent = yield* heard();
    assert.deepEqual([sent.type, sent.stream, sent.sequence, sent.isLast], ["delivery.piece", 1, 1, true]);
    yield* tell({ ...demand, again: true });
    assert.deepEqual(yield* heard(), sent, "it is sent again");
    const consumer = yield* Server.start(Delivery.consumer<any>(), undefined);
    yield* Delivery.connect(producer, consumer);
    assert.equal((yield* Delivery.receive(consumer)).message, "x");
    const closed = { type: "delivery.closed", stream: 1, isReplaced: true };
    assert.deepEqual(yield* heard(), closed);
    yield* tell({ ...demand, received: 1, confirmed: 1 });
    assert.deepEqual(yield* heard(), closed);
    yield* tell({ type: "delivery.demand", stream: "nonsense" });
    yield* tell({ type: "delivery.open", attempt: 8 });
    assert.deepEqual(yield* heard(), { type: "delivery.offer", attempt: 8, stream: 3 });
    yield* Delivery.send(producer, "y");
    assert.equal((yield* Delivery.receive(consumer)).message, "x", "nobody but its consumer confirms");
  });

  rule(
    "R-1408",
    "across lost connections every message is processed once and in order, as long as both live",
    {
      nodes: ["b"],
      boot,
      lastsMs: 3_000,
      faults: [
        { type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "some" } },
        { type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "more" } },
      ],
    },
    function* cut(_self, stage) {
      const { producer, puppet } = yield* across(stage, "cut");
      for (let number = 1; number <= 40; number += 1) {
        if (number === 10) stage.mark("some");
        if (number === 25) stage.mark("more");
        yield* Delivery.send(producer, number);
      }
      yield* Delivery.send(producer, 41, { confirmed: true });
      assert.deepEqual(yield* puppet.call.processed("cut"), numbers(1, 41));
    },
  );
});

/** Somebody who reads nothing. */
function* deaf(): LocalGenerator<Pid<any>> {
  const pid = yield* Process.spawn(function* () {
    yield* Process.sleep("infinity");
  });
  return pid as Pid<any>;
}

export const { scenarios }: Section = delivery;
