export type { LinkOptions, Tally } from "./link.ts";
export { UncaughtError } from "./machine.ts";
export type { Machine, MachineState } from "./machine.ts";
export type { PartitionOptions, SimulatedNetwork } from "./network.ts";
export { KeyedRandom } from "./random.ts";
export type { RandomStream } from "./random.ts";
export { World, WorldStuckError } from "./world.ts";
export type { UntilOptions, WorldOptions } from "./world.ts";
