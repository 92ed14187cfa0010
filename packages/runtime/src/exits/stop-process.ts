import { durationMs, kill, killed, Operation, parseCause, shutdown } from "@espalier/heartbeat";
import type { Cause, Duration, LocalGenerator } from "@espalier/heartbeat";
import { Call, callingSelf, ShutdownWatch } from "../servers/call.ts";
import type { Cell } from "../cell.ts";
import { CallError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { Pid } from "../addresses/pid.ts";
import { suspended } from "../waiting.ts";

/** How to stop a process. */
export interface StopProcessOptions {
  /** What it is to end with: `shutdown` unless given. Not `normal`, which ends nobody. */
  readonly cause?: Cause;
  /** How long it may take: `"infinity"` unless given. */
  readonly within?: Duration;
  /** Whether it is killed when the time is over. */
  readonly kill?: boolean;
}

/**
 * Sends a process an exit signal and waits until it has ended: *now*, whatever waits in its mailbox. A server that is to handle that first is told with
 * `Server.shutdown`.
 *
 * - Returns when the process has ended with `cause`, and what others could see of it is gone; with `kill`, when it has ended.
 * - Errors: CallError with the reason `noproc` when it was dead already; with its own cause when that is another one, as of a process that traps
 *   exits; `timeout` when it takes longer than `within`, and it may still end later; `noconnection`; `calling_self`.
 * - Cancellation: the signal is sent.
 *
 * ```ts
 * import { Node, Process, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const stubborn = yield* Process.spawn(function* (self: Self<Process.Exit>) {
 *     yield* Process.trapExit(true);
 *     for (;;) yield* self.receive();
 *   });
 *   yield* Process.sleep("1ms");
 *   yield* Process.stop(stubborn, { within: "10ms", kill: true });
 *   return yield* Process.alive(stubborn); // => false
 * });
 * ```
 */
export function* stop(
  pid: Pid,
  { cause = shutdown, within = "infinity", kill: forced = false }: StopProcessOptions = {},
): LocalGenerator<void> {
  if (!(pid instanceof Pid))
    throw new TypeError(`Process.stop: expected a pid, got ${pid === null ? "null" : typeof pid}`);
  const wanted = parseCause(cause, "Process.stop: cause");
  if (wanted.type === "normal") {
    throw new TypeError("Process.stop: cause: expected one that ends a process, such as shutdown, got normal");
  }
  // It is seen to end with another cause than the signal has.
  const seen = wanted.type === "kill" ? killed : wanted;
  try {
    yield* new StopProcess(pid, wanted, seen, durationMs(within, "within"));
  } catch (error) {
    if (!forced || !(error instanceof CallError)) throw error;
    const { type } = error.reason;
    if (type === "noproc" || type === "noconnection") throw error;
    if (type === "timeout") yield* ended(new StopProcess(pid, kill, killed, Infinity));
  }
}

/** Waits for an end that may have come by now. */
function* ended(stopping: StopProcess): LocalGenerator<void> {
  try {
    yield* stopping;
  } catch (error) {
    if (!(error instanceof CallError) || error.reason.type === "noconnection") throw error;
  }
}

/** See {@link stop}. */
export class StopProcess extends Operation<void> {
  readonly pid: Pid;
  readonly signal: Cause;
  /** What it is seen to end with. */
  readonly wanted: Cause;
  readonly withinMs: number;

  constructor(pid: Pid, signal: Cause, wanted: Cause, withinMs: number) {
    super();
    this.pid = pid;
    this.signal = signal;
    this.wanted = wanted;
    this.withinMs = withinMs;
  }

  override get type(): "process.stop" {
    return "process.stop";
  }
}

export function performStopProcess(kernel: Kernel, cell: Cell, operation: StopProcess): typeof suspended {
  const { pid, signal, wanted, withinMs } = operation;
  const call = new Call<void>(pid as Pid<any>, "stop", [wanted], false, withinMs);
  if (pid.equals(cell.pid)) throw new CallError(call.what, callingSelf);
  const watch = new ShutdownWatch(cell, kernel.newRef(cell), pid, call);
  kernel.wait(cell, watch);
  if (withinMs < Infinity) watch.alarm = kernel.alarms.set(withinMs, watch);
  kernel.startWatch(watch);
  if (watch.open) kernel.effect(cell, pid, { type: "exit", from: cell.pid, cause: signal, link: false });
  return suspended;
}
