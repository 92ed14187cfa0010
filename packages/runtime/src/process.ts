import { durationMs, kill, parseCause, type Cause, type Duration, type Operation } from "@espalier/heartbeat";
import { Alias, SendExitByAlias } from "./addresses/alias.ts";
import { checkBody, type Body } from "./spawning/body.ts";
import type { AnyBody } from "./spawning/launch.ts";
import { ExitSelf, Link, SendExit, TrapExit, Unlink } from "./exits/link.ts";
import { Demonitor, Monitor, type DemonitorOptions, type MonitorAlias, type MonitorOptions } from "./exits/monitor.ts";
import { IsAlive, Register, Unregister, WhereIs, checkName, startName } from "./addresses/names.ts";
import { Pid } from "./addresses/pid.ts";
import type { Ref } from "./addresses/ref.ts";
import { Migrate } from "./moving/migrate.ts";
import { checkNode, NodeRef } from "./cluster/node-ref.ts";
import type { Remote } from "./moving/remote.ts";
import { Send, SendPriority } from "./addresses/send.ts";
import { SendUnlessBusy } from "./addresses/send-unless-busy.ts";
import type { NodeEvent, Report } from "./introspection/events.ts";
import type { ProcessDetails } from "./introspection/inspect.ts";
import type { Down, Exit } from "./exits/signal.ts";
import { Spawn, SpawnMonitor } from "./spawning/spawn.ts";
import { demonitorDeadLetters, monitorDeadLetters } from "./mailbox/dead-letter.ts";
import { mailboxLimits, type MailboxOptions } from "./mailbox/mailbox-limits.ts";
import { spawnOpt } from "./spawning/spawn-options.ts";
import { Start, type StartMonitored, type StartResult } from "./spawning/start.ts";
import {
  checkAddressee,
  checkDestination,
  type Addressee,
  type Destination,
  type RemoteName,
} from "./addresses/destination.ts";
import { WhereIsAt } from "./distribution/whereis-at.ts";
import { Emit, Expose, Now, Parent, TellLogger } from "./surroundings.ts";
import { ViaName } from "./addresses/via-name.ts";
import { CancelTimer, SendAfter, Sleep, type TimerRef } from "./timers/timer.ts";

/**
 * Starts a process and returns its pid at once; nothing of it has run by then.
 *
 * The new process does not depend on this one, nor this one on it: see {@link spawnLink}, {@link spawnMonitor} and {@link start}.
 */
export function spawn<R>(remote: Remote<R>): Operation<Pid>;
export function spawn<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  ...parameters: A
): Operation<Pid<M>>;
export function spawn(body: AnyBody, ...parameters: readonly unknown[]): Operation<Pid<any>> {
  return new Spawn(checkBody(body, "Process.spawn"), parameters, false, null);
}

/**
 * Starts a process on another node. Its home is there only in so far as it computes there: its pid is of this node, where it can be linked,
 * monitored and named, and it moves before its first step. The body must be able to travel.
 *
 * - Errors: none here. When the node cannot be reached, the process ends with `noconnection`.
 */
export function spawnAt<R>(node: NodeRef, remote: Remote<R>): Operation<Pid>;
export function spawnAt<A extends readonly unknown[], R, M = never>(
  node: NodeRef,
  body: Body<M, A, R>,
  ...parameters: A
): Operation<Pid<M>>;
export function spawnAt(node: NodeRef, body: AnyBody, ...parameters: readonly unknown[]): Operation<Pid<any>> {
  return new Spawn(checkBody(body, "Process.spawnAt"), parameters, false, checkNode(node, "Process.spawnAt"));
}

/** Starts a process that is linked with this one from its first moment. */
export function spawnLink<R>(remote: Remote<R>): Operation<Pid>;
export function spawnLink<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  ...parameters: A
): Operation<Pid<M>>;
export function spawnLink(body: AnyBody, ...parameters: readonly unknown[]): Operation<Pid<any>> {
  return new Spawn(checkBody(body, "Process.spawnLink"), parameters, true, null);
}

/** {@link spawnLink} and {@link spawnAt} in one: the process begins on `node`, and is linked with this one from its first moment. */
export function spawnLinkAt<R>(node: NodeRef, remote: Remote<R>): Operation<Pid>;
export function spawnLinkAt<A extends readonly unknown[], R, M = never>(
  node: NodeRef,
  body: Body<M, A, R>,
  ...parameters: A
): Operation<Pid<M>>;
export function spawnLinkAt(node: NodeRef, body: AnyBody, ...parameters: readonly unknown[]): Operation<Pid<any>> {
  return new Spawn(checkBody(body, "Process.spawnLinkAt"), parameters, true, checkNode(node, "Process.spawnLinkAt"));
}

/** Starts a process that this one monitors from its first moment. */
export function spawnMonitor<R>(remote: Remote<R>): Operation<{ readonly pid: Pid; readonly ref: Ref }>;
export function spawnMonitor<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  ...parameters: A
): Operation<{ readonly pid: Pid<M>; readonly ref: Ref }>;
export function spawnMonitor(
  body: AnyBody,
  ...parameters: readonly unknown[]
): Operation<{ readonly pid: Pid<any>; readonly ref: Ref }> {
  return new SpawnMonitor(checkBody(body, "Process.spawnMonitor"), parameters, null);
}

/** How to start a process and wait until it is ready. */
export interface StartOptions {
  /** The new process has this name before anything of it runs. A name in a registry is for a process that runs here. */
  readonly name?: string | ViaName<any>;
  /** How long it may take to get ready; then it is killed. `"infinity"` unless said. */
  readonly within?: Duration;
  /** Where it runs: it is started from here, and moves there before its first step. Here, unless said. */
  readonly on?: NodeRef;
  /** How many messages may wait for it; unbounded unless given. See {@link spawnOpt}. Such a process stays on its node: not together with `on`. */
  readonly mailbox?: MailboxOptions;
}

/**
 * Starts a process and waits until it says `self.ready(value)`, or that there is nothing to do, or ends. See
 * {@link StartResult}.
 *
 * - Cancellation: the new process goes on alone.
 * - Errors: none of the new process; they are in the result.
 */
export function start<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  parameters: NoInfer<A>,
  options: StartOptions = {},
): Operation<StartResult<M, unknown>> {
  return startOperation(body, parameters, options, false);
}

/**
 * Like {@link start}, and the two are linked from the first moment. A crash before it is ready ends a starter that does not trap exits;
 * otherwise no EXIT is left behind when the result is not `started`.
 */
export function startLink<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  parameters: NoInfer<A>,
  options: StartOptions = {},
): Operation<StartResult<M, unknown>> {
  return startOperation(body, parameters, options, true);
}

/**
 * Like {@link start}, and this process monitors the new one from its first moment: a DOWN comes also when it does not get ready, `killed` when
 * its time is over. The ref is null when nothing was started because the name is taken.
 */
export function startMonitor<A extends readonly unknown[], R, M = never>(
  body: Body<M, A, R>,
  parameters: NoInfer<A>,
  options: StartOptions = {},
): Operation<StartMonitored<M, unknown>> {
  return startOperation(body, parameters, options, false, true) as Operation<any>;
}

function startOperation(
  body: AnyBody,
  parameters: readonly unknown[],
  { name, within = "infinity", on, mailbox }: StartOptions,
  link: boolean,
  monitor = false,
): Operation<StartResult<any, unknown>> {
  const what = link ? "Process.startLink" : "Process.start";
  return new Start(
    checkBody(body, what),
    parameters,
    link,
    name === undefined ? null : startName(name, on, what),
    durationMs(within, "within"),
    on === undefined ? null : checkNode(on, `${what}: on`),
    mailbox === undefined ? null : mailboxLimits(mailbox),
    monitor,
  );
}

/** How to send. */
export interface SendOptions {
  /**
   * Whether it is to be received before all ordinary messages that wait, behind other priority messages. It is when `to` is a priority alias,
   * which the receiver made for that; to any other address it is an ordinary message.
   */
  readonly priority?: boolean;
  /**
   * Instead of waiting because the connection with the node of `to` does not keep up, or for room in a bounded mailbox of this node: `send`
   * returns false then, and nothing was sent; otherwise true (erlang:send/3).
   */
  readonly nosuspend?: boolean;
}

/** How to send without ever waiting. */
export interface SendNosuspend extends SendOptions {
  readonly nosuspend: true;
}

// The overload for a pid is the last: of several that do not fit, TypeScript explains the last.
export function send(to: string | RemoteName, message: unknown, options: SendNosuspend): Operation<boolean>;
export function send(to: string | RemoteName, message: unknown, options?: SendOptions): Operation<void>;
export function send<M>(
  to: Pid<M> | Alias<M> | ViaName<M>,
  message: NoInfer<M>,
  options: SendNosuspend,
): Operation<boolean>;
/**
 * Sends `message` to a process, by its pid, an alias of it, or a name: on this node, on another one (`{ name, node }`), or in a registry.
 *
 * - Order: signals from one process to another take effect in the order sent.
 * - Finishes at once; but when much waits on the connection with the node of `to`, or in its mailbox if that is bounded, whoever sends waits as
 *   well, until there is less, or the connection is lost. `nosuspend` refuses that.
 * - Cancellation: there is nothing to cancel once it waits for a connection, because it has sent; what waits for room in a mailbox is not sent.
 * - Errors: `noproc` when nobody has the name here, or in the registry. A message to a pid that is gone, to an alias that is not active, or to
 *   a name that nobody has on `node`, is dropped and counted as a dead letter.
 *
 * ```ts
 * import { Node, Process, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* (self: Self<number>) {
 *   yield* Process.send(self.pid, 1);
 *   return yield* self.receive(); // => 1
 * });
 * ```
 */
export function send<M>(
  to: Pid<M> | Alias<M> | ViaName<M>,
  message: NoInfer<M>,
  options?: SendOptions,
): Operation<void>;
export function send(to: Destination<any>, message: unknown, options?: SendOptions): Operation<any> {
  if (options?.nosuspend === true) return new SendUnlessBusy(to, message, options.priority ?? false);
  return options?.priority === true ? new SendPriority(to, message) : new Send(to, message);
}

/**
 * Links this process with another: when one of them ends, the other gets its cause as an exit signal, and ends too unless it traps
 * exits or the cause is `normal`.
 *
 * - Errors: `noproc` when the other is of this node and dead, and this one does not trap exits; otherwise that comes as an exit signal
 *   (R-203, R-204).
 */
export function link(pid: Pid): Operation<void> {
  return new Link(checkPid(pid, "Process.link"));
}

/**
 * Takes the link away, whoever made it. When this returns, nothing that comes through it affects this process; an EXIT that waits in
 * the mailbox already stays there.
 */
export function unlink(pid: Pid): Operation<void> {
  return new Unlink(checkPid(pid, "Process.unlink"));
}

/**
 * Asks to be told when a process ends: one DOWN message under the ref that this returns. A dead process or an unknown name
 * answers `noproc`. In a process with a typed mailbox use `Self.monitor` and `Self.monitorWith`.
 *
 * A name is looked up once; one on another node (`{ name, node }`) is looked up there. The DOWN's `process` is what was monitored; for
 * a name in a registry, the pid that had it.
 */
export function monitor<M = unknown>(
  process: Addressee,
  options: MonitorOptions & { readonly alias: MonitorAlias },
): Operation<Alias<M>>;
export function monitor(process: Addressee, options?: MonitorOptions): Operation<Ref>;
export function monitor(process: Addressee, options: MonitorOptions | null = null): Operation<any> {
  return new Monitor(checkAddressee(process, "Process.monitor"), null, options);
}

/**
 * Ends a monitor: when this returns, it delivers nothing more.
 *
 * @returns whether it was still there: then no DOWN of it has come or will come.
 * @throws TypeError when `ref` is not a ref of this process, and for an option that there is not.
 */
export function demonitor(ref: Ref, options: DemonitorOptions = {}): Operation<boolean> {
  return new Demonitor(ref, options);
}

/**
 * With a pid: sends it an exit signal. It ends with `cause`, or gets an EXIT if it traps exits; `{ type: "kill" }` cannot be trapped, and
 * is seen by others as `killed`. Returns at once, whatever comes of it.
 *
 * With an alias: the same, as long as it is active. With a priority alias and `priority`, an EXIT is a priority message.
 *
 * Alone: throws `cause` here, as an error that can be caught; uncaught it is why this process ends.
 */
export function exit(cause: Cause): Operation<never>;
export function exit(pid: Pid | Alias, cause: Cause, options?: SendOptions): Operation<void>;
export function exit(pidOrCause: Pid | Alias | Cause, cause?: Cause, options?: SendOptions): Operation<void> {
  if (pidOrCause instanceof Alias) {
    return new SendExitByAlias(pidOrCause, parseCause(cause, "Process.exit: cause"), options?.priority ?? false);
  }
  if (pidOrCause instanceof Pid) return new SendExit(pidOrCause, parseCause(cause, "Process.exit: cause"));
  return new ExitSelf(parseCause(pidOrCause, "Process.exit: cause"));
}

export { alias, readTimer, registered, unalias } from "./addresses/addresses.ts";
export { sendInterval } from "./timers/interval.ts";
export { abandonSpawn, spawnRequest } from "./spawning/spawn-request.ts";

/** Ends a process for sure: `Process.exit(pid, { type: "kill" })`. */
export function killProcess(pid: Pid): Operation<void> {
  return new SendExit(checkPid(pid, "Process.kill"), kill);
}
export { killProcess as kill };

/**
 * Whether exit signals become EXIT messages instead of ending this process. In a process with a typed mailbox use `Self.trapExit`.
 */
export function trapExit(trapping: boolean): Operation<void> {
  return new TrapExit(trapping, null);
}

/**
 * Gives a process a name on this node: this one, or another of this node.
 *
 * - Errors: {@link NameTakenError}; `noproc` when the process is dead; TypeError when it has a name already.
 * - The name goes when the process does, before anybody hears of that.
 * - A process that has moved has its name at its home, and gives and takes names there.
 */
export function register(name: string, pid?: Pid): Operation<void> {
  return new Register(checkName(name), pid === undefined ? null : checkPid(pid, "Process.register"));
}

/** Takes a name away from whoever has it. Fails with `noproc` when nobody does. */
export function unregister(name: string): Operation<void> {
  return new Unregister(checkName(name));
}

/** Who has this name in a registry; or on this node, or for a process that has moved, on the node of its home; undefined for nobody, and for a process that is about to end. */
export function whereis<M = unknown>(name: string | ViaName<M>): Operation<Pid<M> | undefined> {
  return new WhereIs<M>(name instanceof ViaName ? name : checkName(name));
}

/**
 * Who has this name on `node`. Asks that node, so it takes a round trip.
 *
 * - Errors: `noconnection` when the node cannot be reached, or is lost before it has answered.
 */
export function whereisAt<M = unknown>(node: NodeRef, name: string): Operation<Pid<M> | undefined> {
  return new WhereIsAt<M>(node, checkName(name));
}

/** How to wait for a process to move. */
export interface MigrateOptions {
  /** How long to wait at most, `"infinity"` unless given. */
  readonly within?: Duration;
  /**
   * Whether its home moves, too, so that the node where it was can be switched off: links, monitors and its name are kept at `node` then, and
   * senders are told. Only a process that is at its home, owns no channel and has no checkpoint can; NotMovableError says so. Returns when
   * every node with a link to its old home knows the new one.
   */
  readonly home?: boolean;
}

/**
 * Moves a process to `node` from the outside: what `Remote.transfer` does, when somebody else wants it. Its body has to be a `remote`. It keeps
 * its pid, mailbox, stash, links, monitors, names and timers, and it runs nothing twice.
 *
 * It moves between two operations, or while it waits: for a message, in a sleep, a call, for a task, a channel, a heartbeat or an answer of another
 * node. What is left of a limit goes along, and the way does not count. In any other wait, such as `Remote.promise`, it moves when that is over.
 *
 * - Returns when the process has arrived and acts there; at once if it is there already. Several requests are done one after the other.
 * - Order: messages from one sender stay in order, none is lost or doubled, whoever knows where it was.
 * - Errors, and it goes on where it was, having noticed nothing: NotMovableError naming what cannot travel, such as a body that is no remote, or the
 *   `match` of a receive; TransferRefusedError; `noconnection` when there is no way to `node`. Others: `noproc` when the process has ended,
 *   or the cause with which it ends on its way; `noconnection` when its home cannot be reached: then it is not known whether it moved. A node
 *   moves its processes for those that it trusts alone.
 * - `timeout` after `within`, unless `otherwise` says what to return then. It takes the request back; a move that has begun is not undone.
 * - Cancellation takes the request back, too.
 *
 * To move the process itself use `Remote.transfer`; this does the same then.
 *
 * ```ts
 * import { type LocalGenerator, type NodeRef, type Pid, Process } from "espalier";
 *
 * function* drain(pids: readonly Pid[], node: NodeRef): LocalGenerator<void> {
 *   for (const pid of pids) yield* Process.migrate(pid, node, { within: "10s" });
 * }
 * ```
 */
export function migrate<const O>(
  pid: Pid,
  node: NodeRef,
  options: MigrateOptions & { readonly otherwise: O },
): Operation<void | O>;
export function migrate(pid: Pid, node: NodeRef, options?: MigrateOptions): Operation<void>;
export function migrate(
  pid: Pid,
  node: NodeRef,
  options: MigrateOptions & { readonly otherwise?: unknown } = {},
): Operation<any> {
  const { within = "infinity", home = false } = options;
  if (!(node instanceof NodeRef)) {
    throw new TypeError(`Process.migrate: expected a node reference, got ${node === null ? "null" : typeof node}`);
  }
  const otherwise = "otherwise" in options ? { value: options.otherwise } : null;
  return new Migrate(
    checkPid(pid, "Process.migrate"),
    home ? { node, home } : { node },
    durationMs(within, "within"),
    otherwise,
  );
}

/** Whether a process whose home is this node lives. After `Process.exit(pid, { type: "kill" })` it does not. */
export function alive(pid: Pid): Operation<boolean> {
  return new IsAlive(checkPid(pid, "Process.alive"));
}

/** Does nothing for `duration`, never for less. `0` lets the other processes have their turn. */
export function sleep(duration: Duration): Operation<void> {
  return new Sleep(durationMs(duration));
}

export function sendAfter(delay: Duration, to: string | RemoteName, message: unknown): Operation<TimerRef>;
/**
 * Sends `message` after `delay`, never earlier. A timer to a pid or an alias ends with that process; a name is looked up when the time
 * has come, and the message is dropped when nobody has it.
 */
export function sendAfter<M>(
  delay: Duration,
  to: Pid<M> | Alias<M> | ViaName<M>,
  message: NoInfer<M>,
): Operation<TimerRef>;
export function sendAfter(delay: Duration, to: Destination<any>, message: unknown): Operation<TimerRef> {
  return new SendAfter(durationMs(delay, "delay"), checkDestination(to, "Process.sendAfter"), message);
}

/**
 * Cancels a timer, wherever the process that set it is by now. Another process has to be where it was set.
 *
 * @returns the milliseconds that were left; false when it was over, and then the message may be in the mailbox already.
 */
export function cancelTimer(timer: TimerRef): Operation<number | false> {
  return new CancelTimer(timer);
}

/** The milliseconds of the node's monotonic clock: for measuring, the same for all processes of a node, meaningless elsewhere. */
export function now(): Operation<number> {
  return new Now();
}

/** The process that spawned this one; the node itself for the first ones. It may be gone. */
export function parent(): Operation<Pid> {
  return new Parent();
}

/** Adds an event to the node's stream of introspection; free when nobody listens. */
export function emit(event: NodeEvent): Operation<void> {
  return new Emit(event);
}

/**
 * What `node.inspect()` shows of this process beside what the node knows: `details` is called whenever somebody looks, gives plain data, and
 * changes nothing. It stays where the process is now: a process that moves says so again.
 *
 * @param details `brief`: something else is looked at, such as the crash of a process that this one has spawned, or a hundred thousand processes. What
 * is said then takes the same time whatever the process holds: counts, no lists. What it throws counts as nothing said.
 */
export function expose(details: (brief: boolean) => ProcessDetails): Operation<void> {
  return new Expose(details);
}

/** Tells the node's logger something that somebody should look at. */
export function report(report: Report): Operation<void> {
  return new TellLogger(report);
}

export { demonitorDeadLetters, monitorDeadLetters, spawnOpt };
export { info, setLabel } from "./introspection/process-info.ts";
export { stop } from "./exits/stop-process.ts";
export type { StopProcessOptions } from "./exits/stop-process.ts";
export type { ProcessInfo } from "./introspection/process-info.ts";

export type { Down, Exit };

function checkPid(pid: Pid, what: string): Pid {
  if (pid instanceof Pid) return pid;
  throw new TypeError(`${what}: expected a pid, got ${pid === null ? "null" : typeof pid}`);
}
