export type { Failure, FaultOutcome } from "./failure.ts";
export type { Fault } from "./fault.ts";
export * as faults from "./faults.ts";
export type { FaultContext, FaultFamily } from "./faults.ts";
export type { LinkOptions, Tally } from "./link.ts";
export { UncaughtError } from "./machine.ts";
export type { Machine, MachineState } from "./machine.ts";
export type { PartitionOptions, SimulatedNetwork } from "./network.ts";
export { KeyedRandom } from "./random.ts";
export type { RandomStream } from "./random.ts";
export { scenario } from "./scenario.ts";
export type {
  Budget,
  Cluster,
  Op,
  Operating,
  OpOptions,
  Property,
  Scenario,
  ScenarioOptions,
  SimulatedNode,
  Workload,
} from "./scenario.ts";
export { simulate } from "./simulate.ts";
export type { SimulateOptions, SimulationResult } from "./simulate.ts";
export { startNode } from "./start-node.ts";
export type { StartNodeOptions } from "./start-node.ts";
export { World, WorldStuckError } from "./world.ts";
export type { UntilOptions, WorldOptions } from "./world.ts";
