import { faults, type Property } from "@espalier/testkit";
import * as travels from "../../simulation/scenarios/travelling.ts";

const { travelling } = travels;

const near: readonly number[] = [1_000, 1_110];
const lastsMaxMs = 2_500;

/** Silences about as long as a lease, and longer, beside messages that go astray. */
export const underSilence: typeof travelling = {
  ...travelling,
  name: "computations that travel, through silences",
  faults: faults.swarm([
    faults.partition({ near, lastsMaxMs }),
    faults.stall({ near, lastsMaxMs }),
    faults.pause({ near, lastsMaxMs }),
    faults.suspend({ near, lastsMaxMs }),
    faults.cut({ countMax: 4 }),
    faults.messages({ kinds: ["transfer.*", "lease.*"], countMax: 6, holdMaxMs: 2_000 }),
  ]),
  sometimes: [],
  budget: { ...travelling.budget, virtualMs: 4_000, settleMs: 12_000 },
  module: import.meta.url,
};

/** Nobody is silent but who crashes. */
const onlyTheCrashedAreGivenUp: Property = {
  name: "nobody is given up who has not crashed (P11)",
  begin: (cluster) => {
    let wrong: string | null = null;
    return {
      event: ({ event }) => {
        if (event.type !== "transfer.lost") return;
        const given = cluster.nodes.find(({ ref }) => ref.id === event.node);
        if (given?.state === "running" && given.life === 1) wrong ??= `${given.name} was given up, and had not crashed`;
      },
      check: () => wrong,
    };
  },
};

/** A node that crashes as soon as it has taken a process over, and its claim is lost. */
export const underCrashesAtArrival: typeof travelling = {
  ...travelling,
  name: "computations that travel, through crashes at arrival",
  faults: ({ nodes, random }) => {
    const rng = random.stream("faults:arrival");
    const node = rng.pick(nodes);
    const others = nodes.filter((other) => other !== node);
    const after = { mark: "transfer.arrived", node, nth: 1 + rng.below(4) };
    return [
      ...others.map(
        (other) => ({ type: "drop", atMs: 0, link: [node, other], kind: "transfer.claim", count: 4 }) as const,
      ),
      { type: "crash", atMs: 5 + rng.below(60), after, node, lastsMs: 2_500 },
    ];
  },
  always: [...travelling.always, onlyTheCrashedAreGivenUp],
  sometimes: [],
  budget: { ...travelling.budget, virtualMs: 4_000, settleMs: 30_000 },
  module: import.meta.url,
};
