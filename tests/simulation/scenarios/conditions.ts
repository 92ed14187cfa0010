import { faults, type FaultFamily } from "@espalier/testkit";

/** How leases are timed in these scenarios: everything happens within a few seconds of virtual time. */
export const timing = { lease: { beat: "200ms", lease: "1s", delay: "100ms" } } as const;

/** The silence after which a home gives a host up, with the drift that is allowed for by default. */
const verdictMs = 1_110;

/** Durations at which leases end, and verdicts fall: faults that last about as long find what is off by little. */
const near: readonly number[] = [1_000, 1_010, verdictMs];
const lastsMaxMs = 4_000;

/**
 * Wall clocks that are set, or machines that sleep: not both in one run. A machine finds out that it slept by its wall clock, and somebody
 * who sets that back by just as much meanwhile hides it: no lease can be kept then.
 */
const walls: FaultFamily = (context) =>
  context.random.stream("faults:walls").chance(0.5)
    ? faults.clock()(context)
    : [...faults.suspend({ near, lastsMaxMs })(context), ...faults.clock({ step: 0 })(context)];

const pipes: readonly FaultFamily[] = [
  faults.cut({ countMax: 6 }),
  faults.stall({ near, lastsMaxMs }),
  faults.lostTail({ lastsMaxMs }),
  faults.halfOpen({ near, lastsMaxMs }),
  faults.refuse({ lastsMaxMs }),
  faults.partition({ near, lastsMaxMs }),
  faults.swizzle({ countMax: 1, lastsMaxMs }),
  faults.links({ lastsMaxMs }),
  faults.slowConsumer({ lastsMaxMs, rate: [8_192, 65_536] }),
  faults.adversary(),
];

const messages: readonly FaultFamily[] = [faults.messages({ countMax: 8 }), faults.loss({ lastsMaxMs })];

/** Everything that can go wrong, clocks within the drift that is allowed for. */
export const everything: FaultFamily = faults.swarm([
  faults.crash({ lastsMaxMs }),
  faults.pause({ near, lastsMaxMs }),
  faults.block({ near, lastsMaxMs }),
  walls,
  ...pipes,
  ...messages,
]);

/** The same, and nobody crashes. */
export const allButCrashes: FaultFamily = faults.swarm([
  faults.pause({ near, lastsMaxMs }),
  faults.block({ near, lastsMaxMs }),
  walls,
  ...pipes,
  ...messages,
]);

/**
 * One short disturbance after another, and never two at once: no silence comes near to a lease. What is lost is said again within two beats, and a
 * connection is made anew at once.
 */
export const short: FaultFamily = (context) => {
  const random = context.random.stream("faults:short");
  const families: readonly FaultFamily[] = [
    faults.pause({ countMax: 1, near: [400, 500], lastsMaxMs: 520 }),
    faults.block({ countMax: 1, near: [400, 500], lastsMaxMs: 520 }),
    faults.partition({ countMax: 1, near: [400, 500], lastsMaxMs: 520 }),
    faults.stall({ countMax: 1, near: [400, 500], lastsMaxMs: 520 }),
    faults.cut({ countMax: 1 }),
  ];
  const partMs = 2_000;
  const parts = Math.floor(context.virtualMs / partMs);
  return Array.from({ length: parts }, (_, part) =>
    random
      .pick(families)({ ...context, random: context.random, virtualMs: partMs - 800 })
      .map((fault) => ({ ...fault, atMs: fault.atMs + part * partMs })),
  ).flat();
};
