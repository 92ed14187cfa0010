import {
  faults,
  properties,
  scenario,
  type Fault,
  type FaultContext,
  type FaultFamily,
  type Property,
  type Scenario,
  type StartNodeOptions,
} from "@espalier/testkit";
import { Process, remote, Supervisor, type Pid, type Self } from "espalier";
import { itActs, neverBeside, neverTurnsBeside, openOffice, type Act, type Office } from "./office.ts";

/** Gets a turn every few milliseconds, and does something that others see in some of them. It stays where it was started. */
const clerk = remote({}, function* (self: Self<never>, ledger: Pid<Act>) {
  for (let turn = 0; ; turn += 1) {
    if (turn % 10 === 0) yield* Process.send(ledger, { child: self.pid.serial, count: 1 + turn / 10 });
    yield* Process.sleep(3);
  }
});

/** A lease without slack: nothing but what clocks may drift lies between the end of a lease and the verdict. */
const tight: NonNullable<StartNodeOptions["lease"]> = { beat: "25ms", lease: "500ms", driftMax: 0.1, delay: "1ms" };

/** The same in which the verdict waits for what is late, so that a judge that is late for less is taken for one that runs. */
const patient: NonNullable<StartNodeOptions["lease"]> = { beat: "100ms", lease: "500ms", delay: "200ms" };
/** The silence after which a home gives a host up, there. */
const patientVerdictMs = 705;

/** A supervisor at home, and its child on another node. */
function leases(
  name: string,
  lease: NonNullable<StartNodeOptions["lease"]>,
  disturbances: FaultFamily,
  always: readonly Property<Office>[] = [],
): Scenario<Office> {
  return scenario<Office>(`leases: ${name}`, {
    nodes: { home: {}, away: {} },
    boot: async (place) => {
      const office = await openOffice(place, { lease });
      if (place.name === "away") return office;
      const on = place.peer("away").ref;
      const definition = Supervisor.define({
        intensity: { restarts: 1_000, within: "1s" },
        children: [Supervisor.worker("clerk", clerk, [office.ledger], { on })],
      });
      const begin = function* () {
        yield* Supervisor.start(definition);
        yield* Process.sleep("24h");
      };
      office.node.run(begin).catch((error: unknown) => place.tell(`the supervisor has ended: ${String(error)}`));
      return office;
    },
    faults: disturbances,
    always: [
      neverBeside,
      neverTurnsBeside,
      properties.oneOwner,
      properties.noActAfterVerdict,
      properties.noUnhandledRejection,
      ...always,
    ],
    eventually: [itActs, properties.childrenRunning, properties.noOrphans],
    sometimes: ["guest.performed"],
    budget: { virtualMs: 4_000, settleMs: 30_000, events: 400_000 },
    module: import.meta.url,
  });
}

/** Nobody hears the other, or one does not hear beats, or the other no acknowledgements, for about as long as a lease lasts. */
function silences({ random, virtualMs }: FaultContext, lastMs: readonly [min: number, max: number]): readonly Fault[] {
  const stream = random.stream("faults:silences");
  const count = 2;
  const partMs = virtualMs / count;
  return Array.from({ length: count }, (_, part): Fault => {
    const [beats, answers] = [["away", "home"] as const, ["home", "away"] as const];
    const links = stream.pick([[beats, answers], [beats], [answers]]);
    const lastsMs = Math.round(stream.between(...lastMs));
    const atMs = Math.floor(part * partMs + 300 + stream.between(0, partMs - lastsMs - 500));
    return { atMs, type: "partition", links, lastsMs };
  });
}

/**
 * The holder's clock is as slow as is allowed for beside that of its judge. Wall clocks keep their rate and would give that away, so that of the
 * holder is set back in every silence.
 */
const skewed: FaultFamily = (context) => {
  const [away, home] = context.random.stream("faults:skew").pick([
    [1, 1.1],
    [0.953, 1.048],
    [0.91, 1],
  ] as const);
  const clocks: readonly Fault[] = [
    { atMs: 0, type: "drift", node: "away", rate: away },
    { atMs: 0, type: "drift", node: "home", rate: home },
  ].filter(({ rate }) => rate !== 1) as readonly Fault[];
  const parted = silences(context, [450, 1_200]);
  const steps = parted.map(({ atMs }): Fault => ({ atMs: atMs + 100, type: "step", node: "away", byMs: -60_000 }));
  return [...clocks, ...parted, ...steps].toSorted((a, b) => a.atMs - b.atMs);
};

const near: readonly number[] = [500, 550, 575];
const [nodes, lastsMaxMs] = [["away"], 1_300];

export const skewedClocks: Scenario<Office> = leases("clocks that are wrong by as much as they may be", tight, skewed);

/** Its monotonic clock stands still meanwhile. */
export const sleepingHolder: Scenario<Office> = leases(
  "a host that sleeps",
  tight,
  faults.suspend({ nodes, near, lastsMaxMs }),
);

/** It goes on where it was, with whatever was due meanwhile, before it hears of anything. */
export const standingHolder: Scenario<Office> = leases("a host that stands still", tight, (context) => [
  ...faults.pause({ nodes, countMax: 2, near, lastsMaxMs })(context),
  ...faults.block({ nodes, countMax: 2, near, lastsMaxMs })(context),
]);

/** The host comes back at once or later. */
export const crashes: Scenario<Office> = leases("crashes", tight, (context) => [
  ...faults.crash({ nodes: ["away"], countMax: 2, atOnce: 0.5, lastsMaxMs: 700 })(context),
  ...silences(context, [100, 1_200]),
]);

/** The next supervisor starts its child where the one of the former may still act. */
export const homeCrashes: Scenario<Office> = leases("crashes of the home", tight, (context) => [
  ...faults.crash({ nodes: ["home"], atOnce: 0.5, lastsMaxMs: 700 })(context),
  ...faults.pause({ nodes, countMax: 2, near, lastsMaxMs })(context),
  ...faults.cut({ countMax: 2 })(context),
]);

/** A verdict for silence, while the silence was within the bound: what ended it waited to be read. */
const readsFirst: Property<Office> = {
  name: "nobody is given up for a silence that is over (P11, H19)",
  begin: () => {
    let wrong: string | null = null;
    return {
      event: ({ node, event, atMs }) => {
        if (event.type === "node.verdict" && event.reason === "silent") {
          wrong ??= `${node} gave up ${event.node} at ${atMs} ms`;
        }
      },
      check: () => wrong,
    };
  },
};

/** A silence that ends in time, and a judge that is busy from before its end until after the verdict would have been due. */
const lateJudge: FaultFamily = (context) => {
  const stream = context.random.stream("faults:judge");
  return silences(context, [440, 560]).flatMap((parted): readonly Fault[] => {
    const healedMs = parted.atMs + (parted as { readonly lastsMs: number }).lastsMs;
    const atMs = healedMs - Math.ceil(stream.between(0, 40));
    const lastsMs = Math.min(Math.ceil(stream.between(150, 290)), parted.atMs + patientVerdictMs + 90 - atMs);
    return [parted, { atMs, type: "block", node: "home", first: "timers", lastsMs }];
  });
};

export const busyJudge: Scenario<Office> = leases("a judge that is busy", patient, lateJudge, [readsFirst]);
