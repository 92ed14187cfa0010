import inspector from "node:inspector";
import { Node, Process, Server, type NodeEvent } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { DevTools } from "../../src/node/index.ts";

// A program whose event loop is blocked in several ways, one after the other. It says on standard output what its node said.

const afterMs = 150;

function spin(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs) Math.sqrt(untilMs);
}

function chargeCard(): void {
  spin(500);
}

const Till = Server.define({
  init: () => ({}),
  cast: {
    pay: () => chargeCard(),
    wait: () => readSlowly(),
  },
});

/** Native code, which cannot be looked into until it is back. */
function readSlowly(): void {
  const text = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => ({ index })));
  const untilMs = performance.now() + 100;
  while (performance.now() < untilMs) JSON.parse(text);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const events: NodeEvent[] = [];
const node = await Node.start({ host: nodeHost() });
node.events.subscribe((event) => {
  if (event.type === "loop.blocked") events.push(event);
});
const till = await node.run(function* shop() {
  return yield* Server.start(Till, undefined);
});

/** Blocks the loop, and says what the node said of it. On a busy machine the watchdog may not get its turn meanwhile: then it is tried again. */
async function blocked(step: string, block: () => unknown, attempts = 5): Promise<void> {
  events.length = 0;
  for (let attempt = 0; attempt < attempts && events.length === 0; attempt += 1) {
    await block();
    await pause(400);
  }
  console.log(JSON.stringify({ step, events }));
}

const first = await DevTools.start({ nodes: [node], discoverable: false, watchdog: { afterMs } });
await pause(300);
await blocked("a server", () =>
  node.run(function* customer() {
    yield* till.cast.pay();
  }),
);
await blocked("native code", () =>
  node.run(function* customer() {
    yield* till.cast.wait();
  }),
);
await blocked("no process", () => spin(500));
await blocked("several", () =>
  node.run(function* crowd() {
    for (let one = 0; one < 300; one += 1) {
      yield* Process.spawn(function* clerk() {
        spin(1);
      });
    }
  }),
);
await blocked("quiet", () => {}, 1);
inspector.open(0);
await pause(100);
await blocked("a debugger", () => spin(300), 1);
inspector.close();
await first.stop();
await blocked("stopped", () => spin(300), 1);
const second = await DevTools.start({ nodes: [node], discoverable: false, watchdog: { afterMs, print: false } });
await pause(300);
console.error("nothing more");
await blocked("not said", () => spin(300));
await second.stop();
await DevTools.start({ nodes: [node], discoverable: false, watchdog: true });
// Nothing is left to do, and the watchdog that was not stopped does not keep it alive.
await node.stop();
console.log(JSON.stringify({ step: "end", events: [] }));
