import type { Heartbeat as HeartbeatValue } from "./heartbeat.ts";

export { expired, isClean, kill, killed, normal, shutdown, stopped } from "./cause.ts";
export type { Cause, CauseType, ErrorData } from "./cause.ts";
export { copyCause, isCause, parseCause, sameCause } from "./cause-data.ts";
export { CauseError, causeOf, errorData, isStackGetter } from "./cause-error.ts";
export { DeadlineQueue, notQueued } from "./deadline-queue.ts";
export type { Timed } from "./deadline-queue.ts";
export { describe, describeCause } from "./describe.ts";
export { durationMs } from "./duration.ts";
export type { Duration, DurationUnit } from "./duration.ts";
export { HeartbeatForgottenError, HeartbeatLimitError } from "./errors.ts";
export { combine, endsWithHome, evaluate, hasEnded, homeOf, leavesOf, sameHome } from "./expression.ts";
export type { Home } from "./expression.ts";
export * as Heartbeat from "./heartbeat.namespace.ts";
export type Heartbeat = HeartbeatValue;
export {
  CompositeHeartbeat,
  heartbeatArgument,
  isHeartbeat,
  keyOf,
  LeafHeartbeat,
  leavesMax,
  sameHeartbeat,
} from "./heartbeat.ts";
export type { Combine } from "./heartbeat.ts";
export { Heartbeats } from "./heartbeats.ts";
export type {
  EndObserver,
  HeartbeatAction,
  HeartbeatEntry,
  HeartbeatLimits,
  Tell,
  Unwatch,
  Watch,
} from "./heartbeats.ts";
export { ask, driving, Operation, toYield, unanswered } from "./operation.ts";
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
export { ScopeStack, scopesMax } from "./scope.ts";
export { putLatest } from "./latest.ts";
export { Tally } from "./tally.ts";
export { forgotten, isEnded, lostWith, parseStatus, supersedes, unknown } from "./status.ts";
export type {
  EndedStatus,
  EndState,
  ForgottenStatus,
  HeartbeatStatus,
  LiveStatus,
  Stamp,
  UnknownStatus,
} from "./status.ts";
export { StatusMap } from "./status-map.ts";
export { heartbeatTravels } from "./travel.ts";
export { fieldText, travelsAsError } from "./error-travels.ts";
export { travelsByFields } from "./field-travels.ts";
export type { FieldTravels } from "./field-travels.ts";
export { compileTable, Table } from "./table.ts";
export type { EventName, MachineConfig, StateConfig, StateName } from "./table.ts";
export { heartbeatMachine, heartbeatTable } from "./heartbeat.machine.ts";
export type { HeartbeatEvent, HeartbeatState } from "./heartbeat.machine.ts";

// Processes that move between nodes: leases, and the decisions of the transfer protocol.
export { HostWatch, Pulse } from "./detector.ts";
export type { Judgement } from "./detector.ts";
export { ForwardingMap } from "./forwarding-map.ts";
export type { ForwardingEntry } from "./forwarding-map.ts";
export { LeaseHolder, leaseParameters } from "./lease.ts";
export type { Instant, LeaseOptions, LeaseParameters, Renewal } from "./lease.ts";
export { Reaper } from "./reaper.ts";
export { Transfers } from "./transfer.ts";
export type { TransferCounts } from "./transfer.ts";
export type { TransferAction, TransferBounds } from "./transfer-context.ts";
export { GrantBook, GrantGate } from "./transfer-grant.ts";
export type { GrantAnswer, RidingGrant } from "./transfer-grant.ts";
export type { VerdictReason } from "./transfer-home.ts";
export type { Place, ProcessKey, Receipt, TransferMessage } from "./transfer-message.ts";
export { homeRules, stepSource, stepTarget } from "./transfer-rules.ts";
export type {
  HomeControl,
  HomeStep,
  SourceControl,
  SourceEvent,
  TargetControl,
  TargetEvent,
} from "./transfer-rules.ts";
export { Incoming, Outgoing } from "./transfer-stream.ts";
export {
  transferHomeMachine,
  transferHomeTable,
  transferSourceMachine,
  transferSourceTable,
  transferTargetMachine,
  transferTargetTable,
} from "./transfer.machine.ts";

// Processes that get another home.
export { birthplaceOf } from "./home-context.ts";
export type { HomeAction } from "./home-context.ts";
export type { HomeMessage } from "./home-message.ts";
export { homeSourceMachine, homeSourceTable, homeTargetMachine, homeTargetTable } from "./home.machine.ts";
export { Homes } from "./homes.ts";
export type { HomeCounts } from "./homes.ts";
