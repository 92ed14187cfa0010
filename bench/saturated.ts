import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { DevTools } from "@espalier/devtools/node";
import type { LocalGenerator } from "@espalier/heartbeat";
import { Node, Process, type Pid, type Self } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";

// A program that is looked at while its processes never wait: node bench/saturated.ts idle | ping-pong | fan-out. It says where its dev tools are, and a
// server of the same event loop that does nothing.

function* pong(self: Self<Pid<any>>): LocalGenerator<void> {
  for (;;) yield* Process.send(yield* self.receive(), self.pid);
}

function* ping(self: Self<Pid<any>>): LocalGenerator<void> {
  const other = yield* Process.spawn(pong);
  for (;;) {
    yield* Process.send(other, self.pid);
    yield* self.receive();
  }
}

/** Sends to a thousand, who answer all. */
function* fanOut(self: Self<Pid<any>>): LocalGenerator<void> {
  const others: Pid<any>[] = [];
  for (let other = 0; other < 1_000; other += 1) others.push(yield* Process.spawn(pong));
  for (;;) {
    for (const other of others) yield* Process.send(other, self.pid);
    for (let answer = 0; answer < others.length; answer += 1) yield* self.receive();
  }
}

const node = await Node.start({ host: nodeHost() });
const [load] = process.argv.slice(2);
if (load === "ping-pong") void node.run(ping).catch(() => {});
if (load === "fan-out") void node.run(fanOut).catch(() => {});
const bare = createServer((_request, response) => response.end("{}"));
await once(bare.listen(0, "127.0.0.1"), "listening");
const tools = await DevTools.start({ nodes: [node], discoverable: false });
process.on("disconnect", () => process.exit());
process.send?.({ target: tools.target(), bare: `http://127.0.0.1:${(bare.address() as AddressInfo).port}/` });
