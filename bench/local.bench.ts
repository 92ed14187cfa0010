import { Node } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { benchmark, bytesEach } from "./harness.ts";
import {
  messageChannelCalls,
  messageChannelFanIn,
  messageChannelPingPong,
  plainCalls,
  plainFanIn,
  plainPingPong,
  plainRestarts,
  plainSpawns,
  rawCalls,
  rawFanIn,
  rawIdle,
  rawPingPong,
  rawSpawns,
} from "./plain.ts";
import { bytesIdle, calls, channelMessages, fanIn, pingPong, restarts, spawns } from "./processes.ts";
import { RawScheduler } from "./raw-scheduler.ts";

const node = await Node.start({ host: nodeHost() });

await benchmark(import.meta.url, "Processes on one node", [
  {
    name: "ping-pong, round trips",
    unit: "/s",
    subjects: {
      espalier: () => pingPong(node, 200_000),
      "raw generators": () => rawPingPong(200_000),
      "function and array": () => plainPingPong(1_000_000),
      MessageChannel: () => messageChannelPingPong(5_000),
    },
    aim: { value: 5e6 },
  },
  {
    name: "fan-in of 10, messages",
    unit: "/s",
    subjects: {
      espalier: () => fanIn(node, 10, 50_000),
      "raw generators": () => rawFanIn(10, 50_000),
      "function and array": () => plainFanIn(10, 200_000),
      MessageChannel: () => messageChannelFanIn(10, 2_000),
    },
    aim: { value: 14e6 },
  },
  {
    name: "channel to a subscriber, messages",
    unit: "/s",
    subjects: {
      espalier: () => channelMessages(node, 200_000),
      "espalier, room for 16": () => channelMessages(node, 200_000, { capacity: 16 }),
      "function and array": () => plainFanIn(1, 1_000_000),
      MessageChannel: () => messageChannelFanIn(1, 20_000),
    },
  },
  {
    name: "calls without a limit",
    unit: "/s",
    subjects: {
      espalier: () => calls(node, 100_000, "infinity"),
      "raw generators": () => rawCalls(200_000),
      "function and array": () => plainCalls(1_000_000),
      MessageChannel: () => messageChannelCalls(5_000),
    },
    aim: { value: 2.4e6 },
  },
  {
    name: "calls with a live timeout",
    unit: "/s",
    subjects: { espalier: () => calls(node, 100_000, "5s") },
    aim: { value: 1.3e6 },
  },
  {
    name: "spawns",
    unit: "/s",
    subjects: {
      espalier: () => spawns(node, 100_000),
      "raw generators": () => rawSpawns(100_000),
      "object and array": () => plainSpawns(100_000),
    },
    aim: { value: 1.4e6 },
  },
  {
    name: "heap of an idle process",
    unit: "B",
    subjects: {
      espalier: () => bytesIdle(node, 50_000),
      "raw generators": () => bytesEach(50_000, () => idleRawProcesses(50_000)),
    },
    aim: { value: 700 },
  },
  {
    name: "supervised crashes and restarts, one at a time",
    unit: "/s",
    subjects: { espalier: () => restarts(node, 25), "throw and catch": () => plainRestarts(100_000) },
    aim: { value: 150e3 },
  },
]);

await node.stop();

function idleRawProcesses(count: number): unknown {
  const scheduler = new RawScheduler();
  const all = rawIdle(scheduler, count);
  scheduler.run();
  return all;
}
