/** The dev tools' door to Node: what serves them, finds them, and asks them. */
export type { Plane } from "../protocol/capability.ts";
export { DevTools } from "./dev-tools.ts";
export type { Link } from "./dev-tools.ts";
export { DevToolsError } from "./errors.ts";
export type { DevToolsOptions } from "./options.ts";
export { runningPrograms } from "./programs/discovery.ts";
export type { ProgramEntry } from "./programs/discovery.ts";
export { parseTarget } from "./programs/target.ts";
export type { Target } from "./programs/target.ts";
export { Token } from "./serving/token.ts";
