import { describe, durationMs, Operation, type Duration } from "@espalier/heartbeat";
import type { Alarm } from "./alarms.ts";
import { Alias } from "../addresses/alias.ts";
import type { Belonging, Cell } from "../cell.ts";
import { checkDestination, type Destination, type RemoteName } from "../addresses/destination.ts";
import type { Kernel } from "../kernel.ts";
import { Pid } from "../addresses/pid.ts";
import { Timer, TimerRef } from "./timer.ts";
import type { ViaName } from "../addresses/via-name.ts";

/** See {@link sendInterval}. */
export class SendInterval extends Operation<TimerRef> {
  readonly periodMs: number;
  readonly to: Destination<any>;
  readonly message: unknown;

  constructor(periodMs: number, to: Destination<any>, message: unknown) {
    super();
    this.periodMs = periodMs;
    this.to = to;
    this.message = message;
  }

  override get type(): "process.sendInterval" {
    return "process.sendInterval";
  }
}

export function performSendInterval(kernel: Kernel, cell: Cell, { periodMs, to, message }: SendInterval): TimerRef {
  const interval = new Interval(kernel, cell, ++cell.refSerial, to, message, periodMs);
  return new TimerRef(cell.pid, interval.serial, interval);
}

/** Sends again and again, from the node that it was set on. */
class Interval extends Timer implements Belonging {
  readonly stays = "it has set an interval; Process.cancelTimer first";
  readonly #kernel: Kernel;
  readonly #periodMs: number;

  constructor(kernel: Kernel, sender: Cell, serial: number, to: Destination<any>, message: unknown, periodMs: number) {
    super(kernel, sender, serial, to, message);
    this.#kernel = kernel;
    this.#periodMs = periodMs;
    this.alarm = kernel.alarms.set(periodMs, this);
    this.holder = sender;
    (sender.belongings ??= new Set()).add(this);
  }

  override ring(): void {
    const { alarms, host } = this.#kernel;
    if (this.#isForNobody) {
      this.sender.belongings?.delete(this);
      return;
    }
    // From when it was due, so that it does not drift; what was missed while the node stood still is not made up for.
    const lateMs = host.clock.monotonic() - (this.alarm as Alarm).deadlineMs;
    this.alarm = alarms.set(this.#periodMs - (lateMs % this.#periodMs), this);
    super.ring();
  }

  override cancel(): number | false {
    this.sender.belongings?.delete(this);
    return super.cancel();
  }

  /** The process that set it has ended. */
  release(): void {
    this.cancel();
  }

  get #isForNobody(): boolean {
    const { to } = this;
    const pid = to instanceof Alias ? to.owner : to instanceof Pid ? to : null;
    return pid !== null && this.#kernel.isHome(pid) && this.#kernel.find(pid) === undefined;
  }
}

export function sendInterval(period: Duration, to: string | RemoteName, message: unknown): Operation<TimerRef>;
/**
 * Sends `message` every `period`, for the first time when one has passed, until `Process.cancelTimer`. It does not drift; what is missed while the
 * node stands still is not made up for. It ends with the process that set it, which does not move as long as it has one, and with a process of this
 * node that it sends to; a name is looked up each time.
 *
 * ```ts
 * import { Node, Process, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* (self: Self<"tick">) {
 *   const timer = yield* Process.sendInterval("10ms", self.pid, "tick");
 *   for (let ticks = 0; ticks < 3; ticks += 1) yield* self.receive();
 *   yield* Process.cancelTimer(timer);
 *   return yield* self.receive({ within: "50ms", otherwise: "silence" }); // => "silence"
 * });
 * ```
 *
 * @throws RangeError unless the period is 1 ms or longer, and finite.
 */
export function sendInterval<M>(
  period: Duration,
  to: Pid<M> | Alias<M> | ViaName<M>,
  message: NoInfer<M>,
): Operation<TimerRef>;
export function sendInterval(period: Duration, to: Destination<any>, message: unknown): Operation<TimerRef> {
  const periodMs = durationMs(period, "period");
  if (!(periodMs >= 1 && periodMs < Infinity)) {
    throw new RangeError(`period: expected at least 1 ms, and less than infinity, got ${describe(period)}`);
  }
  return new SendInterval(periodMs, checkDestination(to, "Process.sendInterval"), message);
}
