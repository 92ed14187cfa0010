import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Subscription } from "@espalier/devtools";
import { DevToolsClient, type Target } from "@espalier/devtools/node";
import { benchmark, type Question, type Subject } from "./harness.ts";

// What a page that is open costs the program that is looked at, end to end: samples, answers, JSON, HTTP, and the watch over the event loop. It is
// the processor time of the program's main thread in a second, without what it uses when nobody looks, so that a busy machine matters little.

const processes = 100_000;
const settlingMs = 3_000;
const measuredMs = 4_000;
/** Whoever has looked is thought to look for so long. */
const lingeringMs = 7_000;

class Watched {
  readonly #program: ChildProcess;
  readonly client: DevToolsClient;

  static async start(busy: number): Promise<Watched> {
    const program = fork(fileURLToPath(new URL("watched.ts", import.meta.url)), [`${processes}`, `${busy}`]);
    const [{ target }] = (await once(program, "message")) as [{ readonly target: Target }];
    return new Watched(program, await DevToolsClient.open(target));
  }

  constructor(program: ChildProcess, client: DevToolsClient) {
    this.#program = program;
    this.client = client;
    program.unref();
    program.channel?.unref();
  }

  /** What its main thread has used by now, in µs. `say`: what else it is to do. */
  async usedUs(say = "nothing"): Promise<number> {
    this.#program.send(say);
    this.#program.channel?.ref();
    const [{ us }] = (await once(this.#program, "message")) as [{ readonly us: number }];
    this.#program.channel?.unref();
    return us;
  }

  async usedPerSecond(): Promise<number> {
    const before = await this.usedUs();
    await sleep(measuredMs);
    return ((await this.usedUs()) - before) / (measuredMs / 1000);
  }
}

/** `look`: begins to look, and returns what ends it. */
function costing(busy: number, look: (watched: Watched) => Promise<() => Promise<unknown>>): Subject {
  let started: Promise<Watched> | null = null;
  return async () => {
    const watched = await (started ??= Watched.start(busy));
    await sleep(lingeringMs);
    const alone = await watched.usedPerSecond();
    const stop = await look(watched);
    await sleep(settlingMs);
    const looked = await watched.usedPerSecond();
    await stop();
    return looked - alone;
  };
}

/** As the page does: every page of it has the overview, too. */
function following(more: (watched: Watched) => Promise<readonly Subscription[]>): Parameters<typeof costing>[1] {
  return async (watched) => {
    const ending = new AbortController();
    const subscriptions = [{ id: "overview", method: "overview", parameters: {} } as const, ...(await more(watched))];
    const read = async (): Promise<void> => {
      for await (const frame of watched.client.follow(subscriptions, ending.signal)) {
        if (frame.type === "trouble") throw new Error(`expected values, got ${frame.error.message}`);
      }
    };
    const reading = read();
    return async () => {
      ending.abort();
      await reading;
    };
  };
}

const sort = { by: "mailbox", descending: true, mode: "total" } as const;
const now = following(async () => []);
const list = following(async () => [{ id: "table", method: "table", parameters: { sort, first: 0, count: 96 } }]);
const tree = following(async ({ client }) => {
  let open: readonly string[] = [];
  for (let depth = 0; depth < 3; depth += 1) {
    const { rows } = await client.ask("tree", { open, first: 0, count: 500 });
    open = rows.filter(({ children }) => children > 0).map(({ key }) => key);
  }
  return [{ id: "tree", method: "tree", parameters: { open, first: 0, count: 96 } }];
});

function question(name: string, busy: number): Question {
  return {
    name: `100,000 processes, ${name}: of the main thread in a second`,
    unit: "µs",
    subjects: {
      "the page Now": costing(busy, now),
      "the page Processes": costing(busy, list),
      "the page Tree": costing(busy, tree),
      "a raw pass over four columns": costing(busy, async (watched) => {
        await watched.usedUs("pass");
        return () => watched.usedUs("stop");
      }),
    },
    aim: { value: 2000 },
  };
}

await benchmark(
  import.meta.url,
  "What dev tools cost a program",
  [question("all idle", 0), question("1,000 messages and 100 new ones a second", 1_000)],
  { processes: 1, runs: 3, warmUpMs: 0 },
);
