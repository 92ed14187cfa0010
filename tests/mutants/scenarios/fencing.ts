import {
  faults,
  properties,
  property,
  scenario,
  startNode,
  type FaultFamily,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import { Process, remote, Supervisor, type Node, type Pid, type Self } from "espalier";

/** Which incarnation of the child has acted. */
interface Office {
  readonly node: Node;
  readonly acts: number[];
}

/** Does something that its home sees, every few milliseconds. */
const clerk = remote({}, function* (self: Self<never>, ledger: Pid<number>) {
  for (;;) {
    yield* Process.send(ledger, self.pid.serial);
    yield* Process.sleep(10);
  }
});

const neverBeside: Property<Office> = property(
  "no act of an incarnation comes after one of its successor (P13)",
  ({ nodes }) => {
    const acts = nodes[0]?.seen?.acts ?? [];
    const at = acts.findIndex((serial, index) => serial < (acts[index - 1] ?? 0));
    return at < 0 ? null : `an act of ${acts[at]} after one of ${acts[at - 1]}`;
  },
);

/**
 * A supervisor at home, its child on another node. No delay is allowed for and much drift, so that the margin between the holder of a lease
 * and its judge is what is tested: clocks go wrong by up to half of it.
 */
function fencing(name: string, disturbances: FaultFamily): Scenario<Office> {
  return scenario<Office>(`fencing ${name}`, {
    nodes: { home: {}, away: {} },
    boot: async (place) => {
      const lease = { beat: "100ms", lease: "500ms", driftMax: 0.1, delay: "0ms" } as const;
      const node = await startNode(place, { lease });
      const acts: number[] = [];
      if (place.name === "away") return { node, acts };
      node
        .run(function* keep(self: Self<number>) {
          yield* Supervisor.start(
            Supervisor.define({
              intensity: { restarts: 1_000, within: "1s" },
              children: [Supervisor.worker("clerk", clerk, [self.pid], { on: place.peer("away").ref })],
            }),
          );
          for (;;) acts.push(yield* self.receive());
        })
        .catch((error: unknown) => place.tell(`the office has closed: ${String(error)}`));
      return { node, acts };
    },
    faults: disturbances,
    always: [neverBeside, properties.oneOwner, properties.noActAfterVerdict],
    eventually: [properties.childrenRunning, properties.noOrphans],
    budget: { virtualMs: 4_000, settleMs: 30_000, events: 200_000 },
    module: import.meta.url,
  });
}

const near: readonly number[] = [500, 550];
/** Long enough for a verdict at the judge's next look. */
const long: readonly number[] = [600, 700];
const silence: readonly FaultFamily[] = [
  faults.partition({ near, lastsMaxMs: 1_500 }),
  faults.stall({ near, lastsMaxMs: 1_500 }),
];

/** Clocks that go wrong by as much as is allowed for, one fast and one slow, in silences somewhat longer than a lease. */
export const underDrift: Scenario<Office> = fencing("with clocks that drift", (context) => {
  const rng = context.random.stream("faults:opposite clocks");
  const [fast, slow] = rng.chance(0.5) ? ["home", "away"] : ["away", "home"];
  return [
    { type: "drift", atMs: 0, node: fast, rate: 1 + rng.between(0.03, 0.045) },
    { type: "drift", atMs: 0, node: slow, rate: 1 - rng.between(0.03, 0.045) },
    ...faults.partition({ countMax: 4, near: long, lastsMaxMs: 1_000 })(context),
  ];
});

/** Wall clocks that somebody sets, in silences. */
export const underSteps: Scenario<Office> = fencing("with wall clocks that are set", (context) => [
  ...faults.clock({ drift: 0, step: 10_000 })(context),
  ...silence.flatMap((family) => family(context)),
]);

/** Machines that sleep: their monotonic clocks stand still meanwhile. */
export const underSleep: Scenario<Office> = fencing("with machines that sleep", (context) => [
  ...faults.suspend({ near, lastsMaxMs: 2_000 })(context),
  ...faults.cut({ countMax: 2 })(context),
]);

/** Only the holder of the lease stands still, and goes on when its time is over. */
export const underPauses: Scenario<Office> = fencing("with a holder that stands still", (context) => [
  ...faults.pause({ nodes: ["away"], near, lastsMaxMs: 1_500 })(context),
  ...faults.block({ nodes: ["away"], near, lastsMaxMs: 1_500 })(context),
]);
