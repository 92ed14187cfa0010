export { nodeCrypto } from "./crypto.ts";
export { nodeHost } from "./host.ts";
export type { NodeHostOptions } from "./host.ts";
