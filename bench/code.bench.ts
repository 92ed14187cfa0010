import { Node } from "espalier";
import { closes, computes, definitions, parses, recursions, tree, yields } from "./compiled.ts";
import { benchmark, type Question } from "./harness.ts";
import {
  clones,
  close,
  type Data,
  firstSteps,
  firstTransfers,
  hop,
  messagesSent,
  migration,
  rawTrips,
  steps,
  transferBytes,
  transfers,
} from "./moves.ts";

// What it costs that code can move: compiled code against the code as it was written, definitions, hops, transfers, migration, sandboxes.

const node = await Node.start();

function hopQuestion(name: string, depth: number, data: Data, hops: number): Question {
  return {
    name,
    unit: "µs",
    subjects: { espalier: () => hop(depth, data, hops), structuredClone: () => clones(depth, data, hops) },
  };
}

/** @param bytes about what a transfer takes on the wire. */
function transferQuestions(data: Data, bytes: number, trips: number): readonly Question[] {
  const what = data === "none" ? "a small frame" : "a frame with 100 KB";
  return [
    {
      name: `transfers of ${what}`,
      unit: "/s",
      subjects: {
        espalier: () => transfers(data, trips),
        "code missing, process and definition new": () => firstTransfers(data, trips),
        "ws, as many bytes": () => rawTrips(bytes, 4 * trips),
      },
    },
    {
      name: `bytes of a transfer of ${what}`,
      unit: "B",
      subjects: {
        espalier: () => transferBytes("warm", data),
        "code missing, process and definition new": () => transferBytes("code missing", data),
      },
    },
  ];
}

const turns = 200_000;
const messages = 10_000;

await benchmark(
  import.meta.url,
  "Code that moves",
  [
    {
      name: "loop that yields*, turns",
      unit: "/s",
      subjects: {
        compiled: () => yields(node, "compiled", turns),
        "native yield*": () => yields(node, "native", turns),
        "native yield": () => yields(node, "plain", turns),
      },
      aim: { value: 0.8, of: "native yield*" },
    },
    {
      name: "loop that does not yield, turns",
      unit: "/s",
      subjects: {
        compiled: () => computes(node, "compiled", 50_000_000),
        native: () => computes(node, "native", 50_000_000),
      },
      aim: { value: 0.8, of: "native" },
    },
    {
      name: "recursion through yield*, frames",
      unit: "/s",
      subjects: { compiled: () => recursions(node, "compiled"), native: () => recursions(node, "native") },
      aim: { value: 0.8, of: "native" },
    },
    {
      name: "loop with callbacks and a function that is kept, turns",
      unit: "/s",
      subjects: { compiled: () => closes(node, "compiled", turns), native: () => closes(node, "native", turns) },
    },
    {
      name: "definitions",
      unit: "/s",
      subjects: {
        "with the inspector": () => definitions("defined", true, 100),
        "without it": () => definitions("defined", false, 100),
        "compiled, without it": () => definitions("compiled", false, 100),
        "hashed, without it": () => definitions("hashed", false, 100),
        "acorn alone": () => parses(100),
      },
    },
    {
      name: "definitions in a tree of 200, hashed",
      unit: "/s",
      subjects: { espalier: () => tree(200), "acorn alone": () => parses(200) },
    },
    hopQuestion("hop of a small frame", 1, "none", 2_000),
    hopQuestion("hop of 50 frames", 50, "none", 200),
    hopQuestion("hop of a frame with 100 KB", 1, "100 KB", 20),
    ...transferQuestions("none", 300, 50),
    ...transferQuestions("100 KB", 100_000, 10),
    {
      name: "migration with 10,000 messages queued",
      unit: "µs",
      subjects: {
        espalier: () => migration(messages),
        "the messages sent one by one": () => messagesSent(messages),
      },
    },
    {
      name: "steps of a stranger's code",
      unit: "/s",
      subjects: {
        "sandbox in a process": () => steps("process", 500),
        "sandbox in a worker": () => steps("worker", 500),
        "trusted, in the node": () => steps("none", 5_000),
      },
    },
    {
      name: "first step of a stranger's code",
      unit: "µs",
      subjects: {
        "sandbox in a process": () => firstSteps("process"),
        "sandbox in a worker": () => firstSteps("worker"),
        "trusted, in the node": () => firstSteps("none"),
      },
    },
  ],
  { processes: 2, runs: 5, warmUpMs: 100 },
);

await Promise.all([node.stop(), close()]);
process.exit();
