import type { Heartbeat as HeartbeatValue } from "./heartbeat.ts";

export { expired, isClean, kill, killed, normal, shutdown, stopped } from "./cause.ts";
export type { Cause, CauseType, ErrorData } from "./cause.ts";
export { isCause, parseCause, sameCause } from "./cause-data.ts";
export { CauseError, causeOf, errorData } from "./cause-error.ts";
export { describe, describeCause } from "./describe.ts";
export { durationMs } from "./duration.ts";
export type { Duration, DurationUnit } from "./duration.ts";
export * as Heartbeat from "./heartbeat.namespace.ts";
export type Heartbeat = HeartbeatValue;
export {
  CompositeHeartbeat,
  heartbeatArgument,
  heartbeatTravels,
  isHeartbeat,
  keyOf,
  LeafHeartbeat,
  leavesMax,
  sameHeartbeat,
} from "./heartbeat.ts";
export type { Combine, HeartbeatTravels } from "./heartbeat.ts";
export { driving, Operation } from "./operation.ts";
export type { DrivingIterator, Local, LocalGenerator, Moving } from "./operation.ts";
export {
  AskHeartbeatStatus,
  CreateHeartbeat,
  FailHeartbeat,
  HeartbeatEnd,
  LinkHeartbeat,
  ResetHeartbeat,
  StopHeartbeat,
  SuperviseHeartbeat,
} from "./operations.ts";
export type { Linkable, Outcome, Performable } from "./operations.ts";
export type { EndedStatus, EndState, ForgottenStatus, HeartbeatStatus, LiveStatus, Stamp } from "./status.ts";
export { compileTable, Table } from "./table.ts";
export type { EventName, MachineConfig, StateConfig, StateName } from "./table.ts";
export { heartbeatMachine, heartbeatTable } from "./heartbeat.machine.ts";
export type { HeartbeatEvent, HeartbeatState } from "./heartbeat.machine.ts";
