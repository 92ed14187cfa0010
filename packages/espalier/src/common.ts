/** What both doors of this package have: that of Node (`index.ts`) and that of browsers (`browser/index.ts`). */
import type { Remote as RemoteOf } from "@espalier/runtime";

// Lifetimes and why they end.
export { CauseError, causeOf, describeCause, Heartbeat, isClean, isCause } from "@espalier/heartbeat";
export type { Cause, Duration, ErrorData, HeartbeatStatus, LocalGenerator, Local, Moving } from "@espalier/heartbeat";

// Mailboxes.
export { Channel, ChannelClosedError } from "@espalier/channels";
export type { BufferOptions, Delivery as ChannelDelivery, WhenFull } from "@espalier/channels";

// Processes.
export {
  Access,
  AccessError,
  Alias,
  CallError,
  CheckpointError,
  DataInUseError,
  describeCrash,
  limits,
  MailboxFullError,
  NameTakenError,
  NodeRef,
  NotMovableError,
  OperationRefusedError,
  Pid,
  Process,
  Ref,
  Self,
  Server,
  StartError,
  Sys,
  Task,
  TaskError,
  ViaName,
} from "@espalier/runtime";
export type {
  Addressee,
  AliasMode,
  AliasOptions,
  Body,
  Checkpoint,
  CheckpointView,
  CodeLimits,
  CrashAncestor,
  CrashReport,
  DiagnosticsCrash,
  DiagnosticsEvent,
  DeadLetter,
  DeadLetterReason,
  Destination,
  Down,
  Exit,
  LimitOptions,
  Limits,
  Logger,
  MailboxOptions,
  MonitorAlias,
  Monitored,
  MonitorOptions,
  NodeEvent,
  NodeId,
  NodeView,
  ProcessView,
  RemoteName,
  Report,
  Revoked,
  SendNosuspend,
  SendOptions,
  ServerDefinition,
  ServerRef,
  SpawnOptions,
  SpawnReply,
  SpawnRequestOptions,
  StandardSchema,
  TreeView,
  WhenMailboxFull,
} from "@espalier/runtime";

// Statecharts.
export { Statechart, statechartDefinition } from "@espalier/statechart";
export type {
  PersistedStatechart,
  StatechartDefinition,
  StatechartOptions,
  StatechartRef,
  StatechartStartOptions,
  StatechartTransition,
  StatechartView,
} from "@espalier/statechart";

// Supervision.
export { Supervisor, TaskSupervisor } from "@espalier/supervisor";
export type {
  BackoffOptions,
  ChildOptions,
  ChildSpec,
  DynamicOptions,
  DynamicRef,
  PartitionRef,
  SupervisorOptions,
  SupervisorRef,
  SupervisorReport,
} from "@espalier/supervisor";
export type { ApplicationDefinition, ApplicationSpec, ApplicationType } from "@espalier/supervisor";

// Who is where.
export { Entities, Global, Group, Registry } from "@espalier/directory";
export type {
  EntitiesDefinition,
  EntityBody,
  EntityName,
  EntityOptions,
  GlobalNameConflict,
  GroupEvent,
  GroupMonitor,
  LockId,
  Registered,
  RegistryDefinition,
  RegistryEvent,
  RegistryKey,
  RegistryOptions,
  Resolve,
} from "@espalier/directory";

// Messages that are confirmed.
export { Delivery } from "@espalier/delivery";
export type {
  ConsumerDefinition,
  ConsumerOptions,
  ConsumerRef,
  DeliverOptions,
  ProducerDefinition,
  ProducerOptions,
  ProducerRef,
  Received,
} from "@espalier/delivery";

// Code that nobody vouches for.
export { SandboxError } from "@espalier/sandbox";

// Code that moves.
export { DefinitionError, fn, hashOf, remote } from "@espalier/code";
export type { PrivateOptions, ViaCodec } from "@espalier/code";
export * as Remote from "./remote.namespace.ts";
/** A computation as a value. */
export type Remote<A> = RemoteOf<A>;

// Nodes.
export { Nodes } from "@espalier/runtime";
export type { Drained, Fence, NodeDown, NodeDownReason, NodeMonitorOptions, NodeUp } from "@espalier/runtime";
export { startConnected } from "./parts.ts";
export type { ConnectedOptions } from "./parts.ts";
export { Identity } from "@espalier/wire";
