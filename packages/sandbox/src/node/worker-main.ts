import { parentPort, workerData } from "node:worker_threads";
import { hardenedGuest } from "./compartment.ts";

if (parentPort === null) throw new Error("worker-main: expected to run in a worker");
const port = parentPort;
const guest = await hardenedGuest((workerData as { readonly bufferBytes: number }).bufferBytes);
port.on("message", (bytes: Uint8Array) => {
  const answer = guest.obey(bytes);
  // What the code left to promises runs before the answer leaves: it has no time of its own.
  if (answer !== null) setImmediate(() => port.postMessage(answer));
});
port.postMessage("ready");
