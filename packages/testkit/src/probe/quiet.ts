import type { Observed } from "../scenario/observation.ts";
import { WorldStuckError, type World } from "../world/world.ts";
import type { SimNode } from "./sim-node.ts";
import type { Traffic } from "./traffic.ts";

export interface QuiesceOptions {
  /** Virtual time. Default: one hour. */
  readonly withinMs?: number;
}

/** What is to become quiet: see `Sim.quiesce`. */
export interface Noisy {
  readonly nodes: readonly SimNode[];
  readonly events: readonly Observed[];
  readonly traffic: Traffic;
  readonly world: World;
  readonly silenceMs: number;
}

/** What is under way for so long is held back by something, and does not arrive by itself. */
const heldBackMs = 60_000;

/** Lets things happen until nothing has, and nothing will. @throws WorldStuckError naming who is not quiet, when there is no end of it. */
export async function untilQuiet(noisy: Noisy, { withinMs = 3_600_000 }: QuiesceOptions): Promise<void> {
  const { world, silenceMs, traffic } = noisy;
  const untilMs = world.nowMs + withinMs;
  let sinceMs = world.nowMs;
  let before = activityOf(noisy);
  for (;;) {
    const busy = busyIn(noisy);
    if (busy === null && world.nowMs - Math.max(sinceMs, traffic.lastMs) >= silenceMs) return;
    if (world.nowMs >= untilMs) {
      throw new WorldStuckError(
        `the cluster has not become quiet within ${withinMs} ms: ${busy ?? "something happens again and again"}`,
      );
    }
    await world.run(Math.min(silenceMs / 4, untilMs - world.nowMs));
    const now = activityOf(noisy);
    if (now !== before || busy !== null) sinceMs = world.nowMs;
    before = now;
  }
}

/** What changes when anything happens that counts. */
function activityOf({ nodes, events }: Noisy): string {
  const steps = nodes.map(({ life, state, view }) => {
    const processes = view?.processes.map(({ pid, reductions, mailbox }) => [pid.serial, reductions, mailbox]);
    return [life, state, processes ?? null];
  });
  return JSON.stringify([steps, events.filter(({ event }) => !event.type.startsWith("node.")).length]);
}

/** Who will do something by itself; null when nobody will. */
function busyIn({ nodes, traffic, world }: Noisy): string | null {
  for (const { name, state, view } of nodes) {
    if (state === "booting") return `${name} boots`;
    if (state !== "running" || view === null) continue;
    const [timer] = view.timerList;
    if (timer !== undefined) return `${name} has a timer: ${timer.what} in ${timer.remainingMs} ms`;
  }
  const runs = (id: string): boolean => nodes.some(({ ref, state }) => ref.id === id && state === "running");
  const underWay = traffic.underWay(runs).some((sentMs) => world.nowMs - sentMs < heldBackMs);
  return underWay ? "a message is under way" : null;
}
