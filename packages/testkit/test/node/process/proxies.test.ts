import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { expect, it, vi } from "vitest";
import { Proxies } from "../../../src/node/process/proxies.ts";
import { RealTime } from "../../../src/node/process/real-time.ts";
import { KeyedRandom } from "../../../src/world/random.ts";

/** Listens, and then stands still: the kernel makes two connections for it, and lets all others wait. */
const standsStill = `
  const { createServer } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  const server = createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 10);
  });
`;

const sockets = (): number => process.getActiveResourcesInfo().filter((type) => /TCPSocket|Connect/.test(type)).length;

it("breaks connections with a process that stands still, made or not", async () => {
  const worker = new Worker(standsStill, { eval: true });
  const [port] = (await once(worker, "message")) as [number];
  const before = sockets();
  const proxies = new Proxies({
    nodes: ["a", "b"],
    timing: new RealTime({ originMs: 0, dilation: 1 }),
    random: new KeyedRandom(1),
    portOf: () => port,
  });
  await proxies.open();
  const dialled = Array.from({ length: 5 }, () =>
    connect({ host: "127.0.0.1", port: proxies.port("a", "b") as number }),
  );
  for (const socket of dialled) socket.on("error", () => {});
  // Both sides of each, and what goes on to the one that stands still.
  await vi.waitFor(() => expect(sockets()).toBeGreaterThanOrEqual(before + 3 * dialled.length));
  await proxies.close();
  await vi.waitFor(() => expect(sockets()).toBe(before));
  await worker.terminate();
});
