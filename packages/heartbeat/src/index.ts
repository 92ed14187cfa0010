export type { Cause, CauseType, ErrorData } from "./cause.ts";
export { expired, killed, normal, shutdown, stopped } from "./cause.ts";
export { driving, Operation } from "./operation.ts";
export type { DrivingIterator, Local, LocalGenerator, Moving } from "./operation.ts";
