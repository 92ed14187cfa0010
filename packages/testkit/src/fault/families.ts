export { adversary, type AdversaryOptions } from "./families/adversary.ts";
export { clock, type ClockFamilyOptions } from "./families/clock.ts";
export type {
  BoundaryOptions,
  FamilyOptions,
  FaultContext,
  FaultFamily,
  NodeFamilyOptions,
  Range,
} from "./families/family.ts";
export { links, slowConsumer, type LinksFamilyOptions, type SlowConsumerFamilyOptions } from "./families/links.ts";
export { loss, messages, type LossFamilyOptions, type MessagesFamilyOptions } from "./families/messages.ts";
export {
  block,
  crash,
  disk,
  pause,
  suspend,
  type CrashFamilyOptions,
  type DiskFamilyOptions,
} from "./families/nodes.ts";
export { partition, swizzle, type PartitionFamilyOptions, type PartitionMode } from "./families/partition.ts";
export { cut, halfOpen, lostTail, refuse, stall, type LostTailFamilyOptions } from "./families/pipes.ts";
export { swarm } from "./families/swarm.ts";
