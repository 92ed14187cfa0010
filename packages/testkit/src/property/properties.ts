// The properties that the testkit knows, to be listed by scenarios: `import { properties as P } from "@espalier/testkit"`. Each says in its own
// words what it checks, and what it cannot see.
export { absorbing } from "./absorbing.ts";
export { childrenRunning } from "./children-running.ts";
export { everySupervisorTold } from "./every-supervisor-told.ts";
export { fifo } from "./fifo.ts";
export { linkedBothWays } from "./linked-both-ways.ts";
export { mapsBounded } from "./maps-bounded.ts";
export type { MapsBoundedOptions } from "./maps-bounded.ts";
export { noActAfterVerdict } from "./no-act-after-verdict.ts";
export { noDeadlock } from "./no-deadlock.ts";
export type { NoDeadlockOptions } from "./no-deadlock.ts";
export { noDup } from "./no-dup.ts";
export { noLoss } from "./no-loss.ts";
export { noOrphans } from "./no-orphans.ts";
export { noUnhandledRejection } from "./no-unhandled-rejection.ts";
export { oneOwner } from "./one-owner.ts";
export { oneVerdict } from "./one-verdict.ts";
export { restartIntensity } from "./restart-intensity.ts";
export { stopOrder } from "./stop-order.ts";
export { whenQuiet } from "./when-quiet.ts";
export type { WhenQuietOptions } from "./when-quiet.ts";
