export * as Application from "./application.namespace.ts";
export type { ApplicationOptions } from "./application.ts";
export { ApplicationDefinition } from "./application-definition.ts";
export type { ApplicationSpec, ApplicationType, Phase, Started } from "./application-definition.ts";
export type { RunningApplication } from "./application-controller.ts";
export type { StartApplicationOptions } from "./application-manage.ts";
export { missingOf, needsOf, startOrder } from "./application-order.ts";
export type { Dependent, StartOrder } from "./application-order.ts";
export type { ApplicationChange, ApplicationLogReport, ApplicationNodeEvent } from "./application-report.ts";
export type { Outcome, StopOrders } from "./outcome.ts";
export { childMachine } from "./child.machine.ts";
export type { ChildEvent, ChildState } from "./child.machine.ts";
export type { DynamicChildOptions, OneArgument, OpenDynamicChildOptions } from "./children.ts";
export type { Backoff, BackoffOptions, Wait } from "./backoff.ts";
export { decide } from "./decide.ts";
export type { Decided } from "./decide.ts";
export { SupervisorDefinition } from "./definition.ts";
export type { SupervisorOptions } from "./definition.ts";
export { DynamicDefinition } from "./dynamic.ts";
export type { DynamicLimitOptions, DynamicOptions, OpenDynamicOptions } from "./dynamic.ts";
export type { StartDynamicReply, TerminateDynamicReply } from "./dynamic-children.ts";
export { SupervisorLogReport } from "./events.ts";
export type { SupervisorNodeEvent } from "./events.ts";
export type { AutoShutdown, FlagOptions, IntensityOptions, SupervisorFlags } from "./flags.ts";
export { addAttempt } from "./intensity.ts";
export type { Attempt, Attempts, Intensity } from "./intensity.ts";
export type { ChildCounts, ChildInfo } from "./inventory.ts";
export type { DynamicRef, StartArguments, SupervisorRef, SupervisorTarget } from "./manage.ts";
export { partitionOf } from "./key-hash.ts";
export type { PartitionKey } from "./key-hash.ts";
export { PartitionDefinition } from "./partitions.ts";
export type { PartitionChildOptions, PartitionOptions, PartitionRef } from "./partitions.ts";
export type { PartitionCalls, ResizeReply } from "./supervise-partitions.ts";
export { describeReport, isOrderly } from "./report.ts";
export { decideRestart } from "./restart.ts";
export type { Decision, Restart } from "./restart.ts";
export { planShutdown } from "./shutdown.ts";
export type { Shutdown, ShutdownPlan } from "./shutdown.ts";
export type { ChildOptions, ChildSpec, ChildType, ProcessDefinition, Startable } from "./spec.ts";
export { initialState } from "./state.ts";
export type {
  Child,
  DeleteChildReply,
  MailboxEvent,
  RestartChildReply,
  StartChildReply,
  StepResult,
  SupervisorAction,
  SupervisorEvent,
  SupervisorReport,
  SupervisorState,
  TerminateChildReply,
} from "./state.ts";
export { planRestart } from "./strategy.ts";
export type { Member, RestartPlan, Strategy } from "./strategy.ts";
export { supervisorMachine } from "./supervisor.machine.ts";
export type { SupervisorControl, SupervisorPhase } from "./supervisor.machine.ts";
export * as Supervisor from "./supervisor.namespace.ts";
export * as TaskSupervisor from "./task-supervisor.namespace.ts";
export type { TaskOptions } from "./task-supervisor.ts";
export type { ChildView, SupervisorView } from "./view.ts";
