/** The dev tools' door to Node: what serves them, finds them, and asks them. */
export { attach } from "./attaching/attach.ts";
export type { AttachOptions } from "./attaching/attach.ts";
export { DevToolsClient } from "./client/client.ts";
export { servePage, serveRecording } from "./client/served-page.ts";
export type { PageOptions, ServedPage } from "./client/served-page.ts";
export { TroubleError } from "../protocol/trouble-error.ts";
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
export type { WatchdogOptions } from "./watchdog/watchdog.ts";
