import type { Cause, Duration, LocalGenerator, Operation } from "@espalier/heartbeat";
import {
  NameTakenError,
  Pid,
  Process,
  Server,
  StartError,
  type Addressee,
  type Call,
  type ServerRef,
  type StartOptions,
  type StartResult,
} from "@espalier/runtime";
import type { SupervisorDefinition } from "./definition.ts";
import type { DynamicDefinition } from "./dynamic.ts";
import type { StartDynamicReply, TerminateDynamicReply } from "./dynamic-children.ts";
import type { ChildCounts, ChildInfo } from "./inventory.ts";
import { partitionServer } from "./supervise-partitions.ts";
import type { PartitionDefinition, PartitionRef } from "./partitions.ts";
import type { ChildSpec, ProcessDefinition } from "./spec.ts";
import type { DeleteChildReply, RestartChildReply, StartChildReply, TerminateChildReply } from "./state.ts";
import { dynamicServer, type DynamicCalls } from "./supervise-dynamic.ts";
import { supervisorServer, type SupervisorCalls } from "./supervise.ts";

/** A running static supervisor. A value that travels. */
export type SupervisorRef = ServerRef<SupervisorCalls, Server.NoMessages>;

/** A running dynamic supervisor, whose children are started with arguments `A`; never: with specifications only. A value that travels. */
export interface DynamicRef<in A extends readonly any[] = any> extends ServerRef<DynamicCalls, Server.NoMessages> {
  readonly accepts?: (args: A) => void;
}

/** A definition's argument, if it asks for one, and how to start. */
export type StartArguments<A> = undefined extends A
  ? readonly [argument?: A, options?: StartOptions]
  : readonly [argument: A, options?: StartOptions];

/** A supervisor by reference, or by its address: its pid, its name here or on another node, or a name in a registry. */
export type SupervisorTarget = { readonly target: Addressee<any> } | Addressee<any> | Pid;

/**
 * Starts a supervisor and waits until all its children are started. It does not depend on this process: see {@link startLink}.
 *
 * - Errors: StartError when a child does not start, or there is nothing to supervise: then nothing is left running.
 *   NameTakenError when the name belongs to another process.
 */
export function start<A>(
  definition: SupervisorDefinition<A>,
  ...argument: StartArguments<A>
): LocalGenerator<SupervisorRef>;
export function start<A extends readonly any[]>(
  definition: DynamicDefinition<A>,
  ...argument: StartArguments<void>
): LocalGenerator<DynamicRef<A>>;
export function start(definition: PartitionDefinition, ...argument: StartArguments<void>): LocalGenerator<PartitionRef>;
export function* start(
  { kind, body }: AnyDefinition,
  argument?: unknown,
  options: StartOptions = {},
): LocalGenerator<any> {
  return refOf(kind, yield* Process.start(body as ProcessDefinition["body"], [argument], options), options);
}

/**
 * Like {@link start}, and linked: when this process ends the supervisor stops its children in order and ends too.
 */
export function startLink<A>(
  definition: SupervisorDefinition<A>,
  ...argument: StartArguments<A>
): LocalGenerator<SupervisorRef>;
export function startLink<A extends readonly any[]>(
  definition: DynamicDefinition<A>,
  ...argument: StartArguments<void>
): LocalGenerator<DynamicRef<A>>;
export function startLink(
  definition: PartitionDefinition,
  ...argument: StartArguments<void>
): LocalGenerator<PartitionRef>;
export function* startLink(
  { kind, body }: AnyDefinition,
  argument?: unknown,
  options: StartOptions = {},
): LocalGenerator<any> {
  return refOf(kind, yield* Process.startLink(body as ProcessDefinition["body"], [argument], options), options);
}

type AnyDefinition = SupervisorDefinition | DynamicDefinition | PartitionDefinition;
type AnyRef = SupervisorRef | DynamicRef | PartitionRef;

function refOf(
  kind: AnyDefinition["kind"],
  result: StartResult<any, unknown>,
  { name = "supervisor" }: StartOptions,
): AnyRef {
  switch (result.type) {
    case "started":
      return refTo(kind, result.pid);
    case "already-started":
      throw new NameTakenError(String(name), result.pid);
    case "ignored":
      throw new StartError(String(name), { type: "exit", reason: "ignore" });
    case "failed":
      throw new StartError(String(name), result.cause);
  }
}

/** A reference to a supervisor that runs already, by its pid or by its name: the name is looked up with each use. */
export function ref(definition: SupervisorDefinition, target: Addressee<any>): SupervisorRef;
export function ref<A extends readonly unknown[]>(
  definition: DynamicDefinition<A>,
  target: Addressee<any>,
): DynamicRef<A>;
export function ref(definition: PartitionDefinition, target: Addressee<any>): PartitionRef;
export function ref({ kind }: AnyDefinition, target: Addressee<any>): unknown {
  return refTo(kind, target);
}

function refTo(kind: AnyDefinition["kind"], target: Addressee<any>): AnyRef {
  switch (kind) {
    case "static":
      return Server.ref(supervisorServer, target);
    case "dynamic":
      return Server.ref(dynamicServer, target);
    case "partitions":
      return Server.ref(partitionServer, target);
  }
}

/**
 * Stops a supervisor, its children first, the last started first, and waits until all are dead.
 *
 * - Errors: CallError when it was dead already, or takes longer than `within` ("infinity" unless said): it may still end later then.
 */
export function stop(
  supervisor: SupervisorTarget,
  options: { readonly cause?: Cause; readonly within?: Duration } = {},
): Operation<void> {
  const { cause = { type: "shutdown" }, ...rest } = options;
  return Server.shutdown({ target: targetOf(supervisor) }, { cause, ...rest });
}

/**
 * Adds a child and starts it. To a static supervisor a specification is given, to a dynamic one that or the child's arguments.
 *
 * All results are values: see {@link StartChildReply} and {@link StartDynamicReply}. This and all other management calls wait as long
 * as it takes: a supervisor that is starting or stopping a child answers when that is done.
 *
 * - Errors: CallError when there is no such supervisor, or it ends meanwhile.
 */
export function startChild(supervisor: DynamicRef, spec: ChildSpec): Operation<StartDynamicReply<Pid<any>>>;
export function startChild(supervisor: SupervisorTarget, spec: ChildSpec): Operation<StartChildReply<Pid<any>>>;
export function startChild<A extends readonly unknown[]>(
  supervisor: DynamicRef<A> | Addressee<any> | Pid,
  args: NoInfer<A>,
): Operation<StartDynamicReply<Pid<any>>>;
export function startChild(
  supervisor: SupervisorTarget,
  what: ChildSpec | readonly unknown[],
): Operation<StartChildReply<Pid<any>> | StartDynamicReply<Pid<any>>> {
  if (Array.isArray(what)) return waiting(dynamicCallsOf(supervisor).startChild(what as readonly unknown[]));
  return waiting(callsOf(supervisor).startChild(what as ChildSpec));
}

/**
 * Stops a child. It is not restarted for that; its specification stays, unless it is temporary. The children of a dynamic supervisor are
 * named by pid, and are gone for good (R-1005).
 */
export function terminateChild(supervisor: SupervisorTarget, child: string): Operation<TerminateChildReply>;
export function terminateChild(supervisor: SupervisorTarget, child: Pid): Operation<TerminateDynamicReply>;
export function terminateChild(
  supervisor: SupervisorTarget,
  child: string | Pid,
): Operation<TerminateChildReply | TerminateDynamicReply> {
  if (child instanceof Pid) return waiting(dynamicCallsOf(supervisor).terminateChild(child));
  return waiting(callsOf(supervisor).terminateChild(child));
}

/** Starts a child that has no process: one that was terminated, ended cleanly, or did not start. */
export function restartChild(supervisor: SupervisorTarget, id: string): Operation<RestartChildReply<Pid<any>>> {
  return waiting(callsOf(supervisor).restartChild(id));
}

/** Forgets a child that has no process. */
export function deleteChild(supervisor: SupervisorTarget, id: string): Operation<DeleteChildReply> {
  return waiting(callsOf(supervisor).deleteChild(id));
}

/** All children; of a static supervisor the newest first. */
export function whichChildren(supervisor: SupervisorTarget): Operation<readonly ChildInfo<Pid<any>>[]> {
  return waiting(callsOf(supervisor).whichChildren());
}

export function countChildren(supervisor: SupervisorTarget): Operation<ChildCounts> {
  return waiting(callsOf(supervisor).countChildren());
}

/** One child of a static supervisor; null when there is none with this id. */
export function whichChild(supervisor: SupervisorTarget, id: string): Operation<ChildInfo<Pid<any>> | null> {
  return waiting(callsOf(supervisor).whichChild(id));
}

/** A child's specification with all defaults filled in, by its id or its pid; null when there is no such child. */
export function getChildspec(supervisor: SupervisorTarget, child: string | Pid): Operation<ChildSpec | null> {
  return waiting(callsOf(supervisor).getChildspec(child));
}

function callsOf(supervisor: SupervisorTarget): SupervisorRef["call"] {
  return Server.ref(supervisorServer, targetOf(supervisor)).call;
}

function dynamicCallsOf(supervisor: SupervisorTarget): DynamicRef["call"] {
  return Server.ref(dynamicServer, targetOf(supervisor)).call;
}

function targetOf(supervisor: SupervisorTarget): Addressee<any> {
  // Whoever says that a process is a supervisor may call it.
  if (supervisor instanceof Pid) return supervisor as Pid<any>;
  return typeof supervisor === "object" && "target" in supervisor ? supervisor.target : supervisor;
}

/** Starting and stopping take as long as they take, as in OTP. */
function waiting<A>(call: Call<A>): Operation<A> {
  return call.within("infinity");
}
