/** The door to Node: an engine that can be asked about functions. */
export { inspectorResolver } from "./inspector-resolver.ts";
