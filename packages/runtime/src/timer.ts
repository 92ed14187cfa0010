import { Operation } from "@espalier/heartbeat";
import type { Alarm, Ringable } from "./alarms.ts";
import type { Cell } from "./cell.ts";
import type { Kernel } from "./kernel.ts";
import { Pid } from "./pid.ts";
import type { suspended, Waiting } from "./waiting.ts";

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
  return kernel.wait(cell, new Sleeping(cell, durationMs));
}

class Sleeping implements Waiting, Ringable {
  readonly what = "sleep";
  readonly #cell: Cell;
  readonly #alarm: Alarm;

  constructor(cell: Cell, durationMs: number) {
    this.#cell = cell;
    this.#alarm = cell.kernel.alarms.set(durationMs, this);
  }

  get holder(): Cell {
    return this.#cell;
  }

  ring(): void {
    this.#cell.kernel.resume(this.#cell, undefined);
  }

  cancel(kernel: Kernel): void {
    kernel.alarms.cancel(this.#alarm);
  }
}

/** A timer that `Process.sendAfter` set. It belongs to the node that set it. */
export class TimerRef implements Ringable {
  /** @internal */
  alarm: Alarm | null = null;
  /**
   * The process whose end cancels it.
   *
   * @internal
   */
  holder: Cell | null = null;
  readonly #kernel: Kernel;
  readonly #sender: Cell;
  readonly #to: Pid<any> | string;
  readonly #message: unknown;

  constructor(kernel: Kernel, sender: Cell, to: Pid<any> | string, message: unknown) {
    this.#kernel = kernel;
    this.#sender = sender;
    this.#to = to;
    this.#message = message;
  }

  /** @internal */
  get what(): string {
    return `message to ${this.#to.toString()}`;
  }

  /** @internal */
  get to(): Pid<any> | string {
    return this.#to;
  }

  /** @internal */
  get message(): unknown {
    return this.#message;
  }

  /** @internal */
  ring(): void {
    const kernel = this.#kernel;
    const to = this.#to;
    if (to instanceof Pid) {
      this.#forget();
      kernel.effect(this.#sender, to, { type: "message", message: this.#message });
      return;
    }
    // A name is looked up now, and silently passed over when nobody has it.
    const receiver = kernel.whereis(to);
    if (receiver === undefined) kernel.deadLetter(to, this.#message);
    else kernel.effect(this.#sender, receiver.pid, { type: "message", message: this.#message });
  }

  /** @internal */
  cancel(): number | false {
    const { alarm } = this;
    if (alarm === null || !alarm.isSet) return false;
    const remainingMs = this.#kernel.alarms.remainingMs(alarm);
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
  readonly to: Pid<any> | string;
  readonly message: unknown;

  constructor(delayMs: number, to: Pid<any> | string, message: unknown) {
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

/** A timer of the process `cell`. */
export function setTimer(
  kernel: Kernel,
  cell: Cell,
  delayMs: number,
  to: Pid<any> | string,
  message: unknown,
): TimerRef {
  const timer = new TimerRef(kernel, cell, to, message);
  const receiver = to instanceof Pid ? (to.equals(cell.pid) ? cell : kernel.find(to)) : undefined;
  if (to instanceof Pid && kernel.isHome(to) && receiver === undefined) return timer;
  timer.alarm = kernel.alarms.set(delayMs, timer);
  // Cancelled with the receiver; a guest's timers also end with the guest, so that nothing of it acts after its end.
  timer.holder = cell.place === null ? (receiver ?? null) : cell;
  if (timer.holder !== null) (timer.holder.alarms ??= new Set()).add(timer.alarm);
  return timer;
}

/** See `Process.cancelTimer`. */
export class CancelTimer extends Operation<number | false> {
  readonly timer: TimerRef;

  constructor(timer: TimerRef) {
    super();
    this.timer = timer;
  }

  override get type(): "process.cancelTimer" {
    return "process.cancelTimer";
  }
}

export function performCancelTimer(_kernel: Kernel, _cell: Cell, { timer }: CancelTimer): number | false {
  return timer.cancel();
}
