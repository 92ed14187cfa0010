import { describe, Operation } from "@espalier/heartbeat";
import type { Alarm, Ringable } from "./alarms.ts";
import { Alias } from "../addresses/alias.ts";
import type { Cell } from "../cell.ts";
import { sendTo, textOf, type Destination } from "../addresses/destination.ts";
import type { Kernel } from "../kernel.ts";
import { Pid } from "../addresses/pid.ts";
import type { CapturedWait, suspended, Waiting } from "../waiting.ts";

/** See `Process.sleep`. */
export class Sleep extends Operation<void> {
  readonly durationMs: number;

  constructor(durationMs: number) {
    super();
    this.durationMs = durationMs;
  }

  override get type(): "process.sleep" {
    return "process.sleep";
  }
}

export function performSleep(kernel: Kernel, cell: Cell, { durationMs }: Sleep): typeof suspended {
  const sleeping = new Sleeping(cell);
  sleeping.alarm = kernel.alarms.set(durationMs, sleeping);
  return kernel.wait(cell, sleeping);
}

/** Rings when the time is over; whoever makes it sets the alarm. */
export class Sleeping implements Waiting, Ringable {
  readonly what = "sleep";
  alarm: Alarm | null = null;
  readonly #cell: Cell;

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  get holder(): Cell {
    return this.#cell;
  }

  ring(): void {
    this.#cell.kernel.resume(this.#cell, undefined);
  }

  captureWait(): CapturedWait {
    return { kind: "sleep", data: null };
  }

  cancel(kernel: Kernel): void {
    if (this.alarm !== null) kernel.alarms.cancel(this.alarm);
    this.alarm = null;
  }
}

/** Names a timer that `Process.sendAfter` set. It travels, and so does the timer when it was set on the way. */
export class TimerRef {
  /**
   * Who set it.
   *
   * @internal
   */
  readonly owner: Pid<any>;
  /** @internal */
  readonly serial: number;
  /**
   * Known where it was set; saves the look-up.
   *
   * @internal
   */
  readonly timer: Timer | null;

  constructor(owner: Pid<any>, serial: number, timer: Timer | null) {
    this.owner = owner;
    this.serial = serial;
    this.timer = timer;
  }

  /**
   * Whether it came to this node with `cell`, which set it.
   *
   * @internal
   */
  isForeign({ pid }: Cell): boolean {
    return this.timer === null && this.owner.equals(pid);
  }
}

/** A timer that is set. It belongs to the node that it is set on. */
export class Timer implements Ringable {
  alarm: Alarm | null = null;
  /** The process whose end cancels it. */
  holder: Cell | null = null;
  readonly sender: Cell;
  readonly serial: number;
  readonly to: Destination<any>;
  readonly message: unknown;
  readonly #kernel: Kernel;

  constructor(kernel: Kernel, sender: Cell, serial: number, to: Destination<any>, message: unknown) {
    this.#kernel = kernel;
    this.sender = sender;
    this.serial = serial;
    this.to = to;
    this.message = message;
  }

  get what(): string {
    return `message to ${textOf(this.to)}`;
  }

  ring(): void {
    const kernel = this.#kernel;
    const { to, message } = this;
    this.#forget();
    // A name is looked up now, and silently passed over when nobody has it.
    if (!sendTo(kernel, this.sender, to, message)) kernel.deadLetter(textOf(to), message);
  }

  /** The time that is left; false when it is over. */
  get remainingMs(): number | false {
    const { alarm } = this;
    return alarm !== null && alarm.isSet && this.#kernel.alarms.remainingMs(alarm);
  }

  cancel(): number | false {
    const { alarm, remainingMs } = this;
    if (alarm === null || remainingMs === false) return false;
    this.#kernel.alarms.cancel(alarm);
    this.#forget();
    return remainingMs;
  }

  #forget(): void {
    if (this.alarm !== null) this.holder?.alarms?.delete(this.alarm);
  }
}

/** See `Process.sendAfter`. */
export class SendAfter extends Operation<TimerRef> {
  readonly delayMs: number;
  readonly to: Destination<any>;
  readonly message: unknown;

  constructor(delayMs: number, to: Destination<any>, message: unknown) {
    super();
    this.delayMs = delayMs;
    this.to = to;
    this.message = message;
  }

  override get type(): "process.sendAfter" {
    return "process.sendAfter";
  }
}

export function performSendAfter(kernel: Kernel, cell: Cell, { delayMs, to, message }: SendAfter): TimerRef {
  return setTimer(kernel, cell, delayMs, to, message);
}

/** A timer of the process `cell`; with the serial that it had, if it was set before. */
export function setTimer(
  kernel: Kernel,
  cell: Cell,
  delayMs: number,
  to: Destination<any>,
  message: unknown,
  serial: number = ++cell.refSerial,
): TimerRef {
  const timer = new Timer(kernel, cell, serial, to, message);
  const ref = new TimerRef(cell.pid, serial, timer);
  // An alias is its process's address as much as the pid is.
  const pid = to instanceof Alias ? to.owner : to instanceof Pid ? to : null;
  const receiver = pid === null ? undefined : pid.equals(cell.pid) ? cell : kernel.find(pid);
  if (pid !== null && kernel.isHome(pid) && receiver === undefined) return ref;
  timer.alarm = kernel.alarms.set(delayMs, timer);
  // Cancelled with the receiver; a guest's timers also end with the guest, so that nothing of it acts after its end.
  timer.holder = cell.place === null ? (receiver ?? null) : cell;
  if (timer.holder !== null) (timer.holder.alarms ??= new Set()).add(timer.alarm);
  return ref;
}

/** See `Process.cancelTimer`. */
export class CancelTimer extends Operation<number | false> {
  readonly timer: TimerRef;

  constructor(timer: TimerRef) {
    super();
    this.timer = checkTimer(timer, "Process.cancelTimer");
  }

  override get type(): "process.cancelTimer" {
    return "process.cancelTimer";
  }
}

/** See `Process.readTimer`. */
export class ReadTimer extends Operation<number | false> {
  readonly timer: TimerRef;

  constructor(timer: TimerRef) {
    super();
    this.timer = checkTimer(timer, "Process.readTimer");
  }

  override get type(): "process.readTimer" {
    return "process.readTimer";
  }
}

export function performReadTimer(kernel: Kernel, _cell: Cell, { timer }: ReadTimer): number | false {
  return (timer.timer ?? find(kernel, timer))?.remainingMs ?? false;
}

export function performCancelTimer(kernel: Kernel, _cell: Cell, { timer }: CancelTimer): number | false {
  return (timer.timer ?? find(kernel, timer))?.cancel() ?? false;
}

/** A timer that was set on another node, or before its process was there. */
function find(kernel: Kernel, { owner, serial }: TimerRef): Timer | undefined {
  for (const { target } of kernel.alarms.all) {
    if (target instanceof Timer && target.serial === serial && target.sender.pid.equals(owner)) return target;
  }
  return undefined;
}

function checkTimer(timer: TimerRef, what: string): TimerRef {
  if (timer instanceof TimerRef) return timer;
  throw new TypeError(`${what}: expected what Process.sendAfter returned, got ${describe(timer)}`);
}
