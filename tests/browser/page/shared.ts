// What the page and the server both know: one module, which each takes from `espalier` as it is there.

import {
  type Down,
  type LocalGenerator,
  type NodeDown,
  type NodeRef,
  Nodes,
  type NodeUp,
  type Pid,
  Process,
  Remote,
  remote,
  type Self,
  Server,
} from "espalier";

export const Doubler = Server.define({
  label: "doubler",
  init: () => ({}),
  call: { double: (_state, number: number) => number * 2 },
});

export const Counter = Server.define({
  label: "counter",
  init: () => ({ count: 0 }),
  call: {
    add(state, by: number) {
      state.count += by;
      return state.count;
    },
    /** Asks a server of whoever calls, before it answers. */
    *addDouble(state, number: number, doubler: Pid<unknown>) {
      state.count += yield* Server.ref(Doubler, doubler).call.double(number);
      return state.count;
    },
  },
});

/** Sends back what it gets. */
export function* echo(self: Self<{ readonly from: Pid<number>; readonly number: number }>) {
  for (;;) {
    const { from, number } = yield* self.receive();
    yield* Process.send(from, number);
  }
}

/** Waits for its end. */
export function* idle(self: Self<never>): LocalGenerator<void> {
  yield* self.receive();
}

/** Tells what becomes of a process elsewhere, of one here that is linked with it, and of the connections of this node. */
export function* watch(
  self: Self<Down | NodeUp | NodeDown>,
  node: NodeRef,
  name: string,
  tell: (what: string) => void,
): LocalGenerator<never> {
  yield* Nodes.monitor();
  const watched = yield* Process.whereisAt(node, name);
  if (watched === undefined) throw new Error(`expected somebody called ${name} on ${node.url}`);
  const linked = yield* Process.spawn(function* (own: Self<never>) {
    yield* Process.link(watched);
    yield* own.receive();
  });
  yield* Process.monitor(linked);
  yield* Process.monitor(watched);
  tell("watching");
  for (;;) {
    const message = yield* self.receive();
    if (message.type === "nodeup") tell(`up: ${message.incarnation}`);
    else if (message.type === "nodedown") tell(`down: ${message.reason}`);
    else tell(`${message.process === linked ? "linked" : "monitored"}: ${message.cause.type}`);
  }
}

/** Goes there, and comes back: where it was each time, and what it computed there. */
export const tour = remote({}, function* tour(there: NodeRef, back: NodeRef, rounds: number) {
  const places = [(yield* Remote.here()).id];
  let sum = 0;
  for (let round = 1; round <= rounds; round += 1) {
    yield* Remote.transfer(round % 2 === 1 ? there : back);
    sum += round;
    places.push((yield* Remote.here()).id);
  }
  return { places, sum };
});
