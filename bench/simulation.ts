import type { LocalGenerator } from "@espalier/heartbeat";
import { property, scenario, simulate, startNode, type Place, type RunResult, type Scenario } from "@espalier/testkit";
import { Process, type Node, type Pid, type Self } from "espalier";

// What is simulated in the tables of simulation.bench.ts: the whole runtime, with everything that ships.

interface App {
  readonly node: Node;
}

export type CryptoName = "node" | "plain";

/** How many answers came to those who asked, in all runs so far. */
export const answered: { count: number } = { count: 0 };

const holds = property<App>("holds", () => null);

function* echo(self: Self<Pid<number>>): LocalGenerator<void> {
  yield* Process.register("echo");
  for (;;) yield* Process.send(yield* self.receive(), 0);
}

/** Asks the echo of another node, and waits for the answer, again and again. */
function* asking(self: Self<number>, place: Place, pauseMs: number): LocalGenerator<void> {
  const { peers, name } = place;
  const next = peers[(peers.findIndex((peer) => peer.name === name) + 1) % peers.length] as Place["peers"][number];
  let target: Pid<Pid<number>> | undefined;
  for (;;) {
    if (pauseMs > 0) yield* Process.sleep(pauseMs);
    target ??= yield* Process.whereisAt<Pid<number>>(next.ref, "echo");
    if (target === undefined) continue;
    yield* Process.send(target, self.pid);
    yield* self.receive();
    answered.count += 1;
  }
}

interface Size {
  readonly nodes: number;
  readonly actors: number;
  readonly pauseMs: number;
  readonly virtualMs: number;
}

function cluster({ nodes, actors, pauseMs, virtualMs }: Size, kept: Node[] | null = null): Scenario<App> {
  const names = Array.from({ length: nodes }, (_, index) => `n${index}`);
  return scenario<App>("cluster", {
    nodes: Object.fromEntries(names.map((name) => [name, {}])),
    boot: async (place) => {
      const node = await startNode(place);
      kept?.push(node);
      void node.run(echo).catch(() => {});
      const own = Array.from({ length: actors }, (_, index) => names[index % nodes]).filter(
        (name) => name === place.name,
      );
      for (const _ of own) void node.run(asking, place, pauseMs).catch(() => {});
      return { node };
    },
    eventually: [holds],
    budget: { virtualMs, settleMs: 1, events: 100_000_000 },
  });
}

/** 3 nodes with 10 actors, each of which asks another node once a second. */
export function beats(virtualMs: number): Scenario<App> {
  return cluster({ nodes: 3, actors: 10, pauseMs: 1_000, virtualMs });
}

/** The same, and what it was made of is kept when it is over. */
export function beatsKept(virtualMs: number, kept: Node[]): Scenario<App> {
  return cluster({ nodes: 3, actors: 10, pauseMs: 1_000, virtualMs }, kept);
}

/** 3 nodes with 30 actors that ask each other without a pause. */
export function load(virtualMs: number): Scenario<App> {
  return cluster({ nodes: 3, actors: 30, pauseMs: 0, virtualMs });
}

/** Two nodes meet, exchange a word, and that is all: less than 200 events. */
export const short: Scenario<App> = cluster({ nodes: 2, actors: 2, pauseMs: 100, virtualMs: 150 });

/** Runs a scenario, and expects that nothing went wrong. */
export async function runOnce(what: Scenario<App>, seed: number, crypto: CryptoName): Promise<RunResult> {
  const result = await simulate(what, { seed, ...(crypto === "plain" ? { crypto } : {}) });
  if (result.failure !== undefined) throw new Error(result.failure.text);
  return result;
}
