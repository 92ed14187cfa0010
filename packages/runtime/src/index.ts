import type { Node as RunningNode } from "./cluster/node.ts";
import type { Remote as RemoteOperationOf } from "./moving/remote.ts";
import type { Task as TaskValue } from "./tasks/task.ts";

export type { Ringable } from "./timers/alarms.ts";
export type { Body } from "./spawning/body.ts";
export { Answer, Call, Cast, CastMessage, invalidMessage, Refusal, Request } from "./servers/call.ts";
export { needsPerforming, perform, type Performable } from "./servers/performable.ts";
export { fromBase64Url, toBase64Url } from "./base64url.ts";
export type { CodeStore, Hash, PackedDefinition, Trust } from "./code.ts";
export type { Away, Distribution, ExchangeCounts, Guest } from "./distribution-port.ts";
export { CheckpointError } from "./checkpoint/checkpoint.ts";
export type { Checkpoint, CheckpointView } from "./checkpoint/checkpoint.ts";
export type { CheckpointEvent, CheckpointReport } from "./checkpoint/checkpoint-events.ts";
export {
  CallError,
  DataInUseError,
  MailboxFullError,
  NameTakenError,
  OperationRefusedError,
  StartError,
  TaskError,
} from "./errors.ts";
export type { ExtraReports, Logger, NodeEvent, NodeExtraEvents, Report } from "./introspection/events.ts";
export { NotMovableError } from "./frame.ts";
export { isFrame } from "./frame.ts";
export type { Check, Frame, FrameState } from "./frame.ts";
export type { Handler } from "./handlers.ts";
export type {
  Clock,
  Crypto,
  Disk,
  DiskLock,
  Host,
  Listener,
  Loop,
  Network,
  Accept,
  Pipe,
  PipeHandler,
  Random,
  Timer,
  Diagnostics,
  DiagnosticsChannel,
} from "./host.ts";
export { drainedBytes } from "./host.ts";
export type {
  NodeView,
  ProcessDetails,
  ProcessDetailTypes,
  ProcessView,
  RecordCounts,
  TimerView,
  TreeView,
} from "./introspection/inspect.ts";
export { Doing, keptMs, passedMs, ProcessColumns, tickMs } from "./introspection/process-columns.ts";
export { recordedMax, Recorder } from "./introspection/recorder.ts";
export type { RecordedNodeEvent } from "./introspection/recorder.ts";
export type { DiagnosticsCrash, DiagnosticsEvent } from "./introspection/diagnostics.ts";
export type { CrashAncestor, CrashReport } from "./introspection/crash-report.ts";
export { crashesMax, CrashLog } from "./introspection/crash-log.ts";
export { describeCrash, durationText, waitingText } from "./introspection/describe-crash.ts";
export { foreignLine, isOwnLine } from "./introspection/fingerprint.ts";
export type { SliceWatch } from "./introspection/slice-watch.ts";
export { Tracing } from "./introspection/tracing.ts";
export type { TracedMessage, TracingOptions } from "./introspection/tracing.ts";
export { classNameOf, messageKind } from "./introspection/message-kind.ts";
export { causeText, errorText } from "./introspection/cause-text.ts";
export { recentMessages, RecentMessages } from "./introspection/recent-messages.ts";
export { InKernel, ownPid } from "./in-kernel.ts";
export type { Belonging, Cell, ProcessGroup } from "./cell.ts";
export type { Kernel } from "./kernel.ts";
export type { LifetimeEvent } from "./lifetimes/lifetime-events.ts";
export { Attributed } from "./addresses/attributed.ts";
export { messageTypes, parseMessage } from "./message-parser.ts";
export { mayOvertake } from "./message.ts";
export type { Message } from "./message.ts";
export { Alias } from "./addresses/alias.ts";
export type { AliasMode, AliasOptions } from "./addresses/alias.ts";
export type { Addressee, Destination, RemoteName } from "./addresses/destination.ts";
export type { DemonitorOptions, MonitorAlias, MonitorOptions } from "./exits/monitor.ts";
export type { Drained } from "./cluster/drain.ts";
export type { Fence } from "./moving/fence.ts";
export { NodeStoppedError } from "./cluster/node.ts";
export type { NodeOptions } from "./cluster/node.ts";
export * as Node from "./cluster/node.namespace.ts";
/** A place where processes run. */
export type Node = RunningNode;
export { checkSharedKey, listeningPattern, NodeRef } from "./cluster/node-ref.ts";
export * as Nodes from "./cluster/nodes.namespace.ts";
export type { NodeDown, NodeMonitorOptions, NodeUp } from "./cluster/nodes.namespace.ts";
export type { NodeId } from "./cluster/node-ref.ts";
export { NodeAddress, Pid } from "./addresses/pid.ts";
export * as Process from "./process.ts";
export type { SendNosuspend, SendOptions, StartOptions } from "./process.ts";
export type { DeadLetter, DeadLetterReason } from "./mailbox/dead-letter.ts";
export { mailboxLimits } from "./mailbox/mailbox-limits.ts";
export type { MailboxOptions, WhenMailboxFull } from "./mailbox/mailbox-limits.ts";
export type { Monitored, SpawnOptions } from "./spawning/spawn-options.ts";
export { Ref } from "./addresses/ref.ts";
export * as Remote from "./remote.namespace.ts";
/** A computation as a value: nothing runs until a process performs it. */
export type Remote<A> = RemoteOperationOf<A>;
/** What every Remote extends: for packages that make some. */
export { Remote as RemoteOperation } from "./moving/remote.ts";
export type { ReceiveOptions } from "./self.ts";
export { Self } from "./self.ts";
export * as Server from "./servers/server.ts";
export type { Produced, ReplyOf, ServerDefinition, ServerHandler, ServerRef, ServerSpec } from "./servers/server.ts";
export { describeIssues } from "./servers/schema.ts";
export type { SchemaResult, StandardSchema } from "./servers/schema.ts";
export { decideExit, isDown, isExit } from "./exits/signal.ts";
export type { Down, Exit, ExitDecision, ExitReceiver, ExitSignal, Signal } from "./exits/signal.ts";
export type { SpawnReply, SpawnRequestOptions, SpawnResult } from "./spawning/spawn-request.ts";
export type { StartResult } from "./spawning/start.ts";
export * as Sys from "./servers/sys.ts";
/** What a loop that is no server's follows the protocol of `Sys` with. */
export { isExitOf, isSystem, SystemMessages } from "./servers/system-messages.ts";
export type { SystemHooks } from "./servers/system-messages.ts";
export { adoptTask, supervisedTask } from "./tasks/task-supervised.ts";
export { streamOf } from "./tasks/task-stream.ts";
export type { StartStreamed, StreamOptions, TaskStream } from "./tasks/task-stream.ts";
export { ownedTaskAt } from "./tasks/task.ts";
export * as Task from "./tasks/task.namespace.ts";
/** A process that was started for its result. */
export type Task<A> = TaskValue<A>;
/** The class of tasks: for packages that take values apart. */
export { Task as StartedTask } from "./tasks/task.ts";
export type { TaskOutcome } from "./tasks/task.ts";
export type { TimerRef } from "./timers/timer.ts";
export type { Codec, TravellingClass, TravellingFunctions, TravellingInstances, Travels } from "./moving/travel.ts";
export { Access } from "./access/access.ts";
export type { Revoked } from "./access/access.ts";
export type { AccessEvent } from "./access/access-events.ts";
export { AccessError } from "./access/errors.ts";
export { beyond, limits, readLimits } from "./limits.ts";
export type { CodeLimits, LimitOptions, Limits } from "./limits.ts";
export { TokenBucket } from "./token-bucket.ts";
export type { ConnectionEvent } from "./distribution/connection-events.ts";
export type { HandshakeFailure, LinkView, NetworkView, RoundTripView, TrafficCounts } from "./network-view.ts";
export type { NodeDownReason, Transport, TransportEvents } from "./transport.ts";
export { suspended } from "./waiting.ts";
export type { Retrying, Waiting } from "./waiting.ts";

// Nodes among other nodes.
export { distribution } from "./distribution/distribution.ts";
export type { DistributionOptions } from "./distribution/distribution.ts";
export { ViaName } from "./addresses/via-name.ts";
export { detachedTravels } from "./distribution/travels.ts";
export { TransferRefusedError } from "./distribution/errors.ts";
export type { Payload, SignalMessage, TransferWireMessage } from "./message.ts";
