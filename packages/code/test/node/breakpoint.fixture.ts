import { Worker } from "node:worker_threads";
import { remote } from "../../src/index.ts";
import { Machines, transfer } from "../machines.ts";

// Run by breakpoint.test.ts in a process of its own, without any tool between the file and the engine. Its line numbers matter.
const job = remote({}, function* job(alice: string, bob: string) {
  let total = 0;
  for (const place of [alice, bob]) {
    total += place.length;
    yield* transfer(place);
    total *= 2;
  }
  const inner = function* (bonus: number) {
    yield* transfer("home");
    return bonus + 1;
  };
  return total + (yield* inner(10));
});

// A debugger on another thread, because a paused program cannot debug itself.
const worker = new Worker(new URL("./breakpoint.debugger.js", import.meta.url), {
  workerData: { url: import.meta.url, lines: process.argv.slice(2).map(Number) },
});
worker.once("message", () => {
  // oxlint-disable-next-line require-post-message-target-origin -- a thread, not a window
  worker.postMessage(new Machines().run(job("alice", "bob")).value);
});
worker.once("error", (error) => {
  throw error;
});
