import { remote } from "@espalier/code";
import { Heartbeat, type LocalGenerator } from "@espalier/heartbeat";
import {
  type Message,
  type Node,
  type NodeRef,
  type Pid,
  Process,
  Remote,
  type Self,
  type Transport,
} from "@espalier/runtime";
import type { ManualHost } from "@espalier/runtime/testing";
import { Server } from "espalier";

/** What one adds, and may fail. */
export const Counter = Server.define({
  label: "counter",
  init: () => ({ count: 0 }),
  call: { add: (state: { count: number }, by: number) => (state.count += by) },
});

const wander = remote({}, function* (self: Self<unknown>, to: NodeRef, report: Pid<any>) {
  yield* Remote.transfer(to);
  for (;;) {
    const message = yield* self.receive();
    yield* Process.send(report, message);
  }
});

const settled = remote({}, function* (self: Self<unknown>, report: Pid<any>) {
  for (;;) yield* Process.send(report, yield* self.receive());
});

const collect = function* (self: Self<unknown>): LocalGenerator<void> {
  for (;;) yield* self.receive();
};

/** Sees what goes from a node to another. */
export function listening(said: Message[]): (sessions: Transport) => Transport {
  return (sessions) => {
    const send = sessions.send.bind(sessions);
    sessions.send = (peer, message) => {
      said.push(structuredClone(message));
      return send(peer, message);
    };
    return sessions;
  };
}

/**
 * Everything that two nodes have to say to each other, once: signals, calls, code, heartbeats, processes that move and homes that are handed
 * over. In the end nothing of it is left.
 */
export async function converse(host: ManualHost, guest: Node, town: Node): Promise<void> {
  const run = (node: Node, what: any, ...parameters: readonly unknown[]): Promise<any> =>
    host.wait(node.run(what, ...parameters)).catch(() => null);
  const pass = async (ms: number): Promise<void> => {
    await host.settle();
    host.advance(ms);
    await host.settle();
  };
  const here = guest.kernel.spawn(guest.kernel.root, collect, []).pid;
  const there = town.kernel.spawn(town.kernel.root, collect, []).pid;
  const counter = { name: "counter", node: town.ref };

  await run(guest, function* (self: Self<any>) {
    yield* Server.ref(Counter, counter).call.add(1);
    const target = (yield* Process.whereisAt(town.ref, "target")) as Pid<any>;
    for (const message of [1, "text", { deep: [new Map([[1, new Set(["a"])]]), new Date(0)] }, self.pid]) {
      yield* Process.send(target, message);
    }
    yield* Process.send(target, new Uint8Array(150_000));
    const ref = yield* Process.monitor(target);
    yield* Process.demonitor(ref);
    yield* Process.trapExit(true);
    yield* Process.link(target);
    yield* Process.unlink(target);
    yield* Process.monitor(target);
    yield* Process.link(target);
    yield* Process.exit(target, { type: "exit", reason: "enough" });
    yield* self.receive();
  });
  // A computation that goes over, is spoken with and comes back, from either side.
  for (const [from, to, report] of [
    [guest, town, here],
    [town, guest, there],
  ] as const) {
    const { pid } = from.kernel.spawn(from.kernel.root, wander, [to.ref, report]);
    await pass(100);
    await run(from, Process.send(pid, { round: 1 }));
    await pass(500);
    await run(to, Process.send(pid, "from there"));
    await run(from, Process.killProcess(pid));
    await pass(3_000);
  }
  // A home that is handed over, and dies there.
  for (const [from, to, report] of [
    [guest, town, here],
    [town, guest, there],
  ] as const) {
    const { pid } = from.kernel.spawn(from.kernel.root, settled, [report]);
    await pass(10);
    await run(from, Process.migrate(pid, to.ref, { home: true }));
    await run(from, Process.send(pid, "moved"));
    await pass(500);
    await run(to, Process.killProcess(pid));
    await run(from, Process.killProcess(pid));
    await pass(3_000);
  }
  const heartbeat = (await run(town, Heartbeat.create("1h"))) as Heartbeat;
  const own = (await run(guest, Heartbeat.create("1h"))) as Heartbeat;
  for (const [node, watched] of [
    [guest, heartbeat],
    [town, own],
  ] as const) {
    void node
      .run(function* () {
        yield* yield* Heartbeat.supervise(watched);
      })
      .catch(() => {});
  }
  await pass(500);
  await run(guest, Heartbeat.fail(heartbeat, { type: "exit", reason: "over" }));
  await run(guest, Heartbeat.fail(own, { type: "exit", reason: "over" }));
  await pass(2_000);
  for (const [node, pid] of [
    [guest, here],
    [town, there],
  ] as const) {
    await run(node, Process.killProcess(pid));
  }
}
