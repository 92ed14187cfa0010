export { ManualDisk } from "./disk.ts";
export { ManualHost } from "./host.ts";
export type { ManualHostOptions } from "./host.ts";
export { ManualNetwork } from "./network.ts";
export { SeededRandom } from "./random.ts";
