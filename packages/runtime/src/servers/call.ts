import { durationMs, Operation, sameCause, type Cause, type Duration } from "@espalier/heartbeat";
import type { Alarm, Ringable } from "../timers/alarms.ts";
import type { Cell } from "../cell.ts";
import { CallError } from "../errors.ts";
import { resolve, sendTo, tell, textOf, type Addressee } from "../addresses/destination.ts";
import { noprocOf } from "../failure.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import { ViaName } from "../addresses/via-name.ts";
import { holdSender } from "../addresses/send.ts";
import { sendAnswered } from "../mailbox/send-answered.ts";
import { suspended, type CapturedWait, type Waiting } from "../waiting.ts";
import { Watch, type CapturedWatch } from "../exits/watch.ts";

/** What a server gets when it is called: under `from` somebody waits for the reply. */
export class Request {
  readonly from: Ref;
  /** The name of the message; for a system message, what is asked of the server itself. */
  readonly name: string;
  readonly parameters: readonly unknown[];
  readonly system: boolean;

  constructor(from: Ref, name: string, parameters: readonly unknown[], system: boolean) {
    this.from = from;
    this.name = name;
    this.parameters = parameters;
    this.system = system;
  }
}

/** A reply that says why there is none. */
export class Refusal {
  readonly cause: Cause;

  constructor(cause: Cause) {
    this.cause = cause;
  }
}

/** How long a call waits unless it says otherwise. */
const withinMsDefault = 5_000;

/**
 * A call to a server, to be performed: it sends the request and waits for the reply.
 *
 * - Errors: {@link CallError}, with a `reason` as R-702 has it: `noproc`, the server's own cause, `timeout`, `noconnection`, or `calling_self`
 *   at once when a server calls itself.
 * - A reply that comes too late is dropped; it is never taken for a message or for the reply to another call. The server
 *   performs the request all the same.
 */
export class Call<A> extends Operation<A> {
  readonly target: Addressee<any>;
  readonly name: string;
  readonly parameters: readonly unknown[];
  readonly system: boolean;
  readonly withinMs: number;
  readonly otherwise: { readonly value: unknown } | null;

  constructor(
    target: Addressee<any>,
    name: string,
    parameters: readonly unknown[],
    system = false,
    withinMs: number = withinMsDefault,
    otherwise: { readonly value: unknown } | null = null,
  ) {
    super();
    this.target = target;
    this.name = name;
    this.parameters = parameters;
    this.system = system;
    this.withinMs = withinMs;
    this.otherwise = otherwise;
  }

  override get type(): "server.call" {
    return "server.call";
  }

  /** The same call with another limit than 5 s; with `otherwise`, what it returns then instead of failing. */
  within<const O>(limit: Duration, options: { readonly otherwise: O }): Call<A | O>;
  within(limit: Duration): Call<A>;
  within(limit: Duration, options?: { readonly otherwise: unknown }): Call<any> {
    const otherwise = options === undefined ? null : { value: options.otherwise };
    return new Call(this.target, this.name, this.parameters, this.system, durationMs(limit, "within"), otherwise);
  }

  /** For people: `call add to counter`. */
  get what(): string {
    return `call ${this.name} to ${textOf(this.target)}`;
  }
}

/** Whoever calls itself would wait for itself. */
export const callingSelf: Cause = Object.freeze({ type: "exit", reason: "calling_self" });

export function performCall(kernel: Kernel, cell: Cell, call: Call<unknown>): typeof suspended {
  const target = resolve(kernel, call.target);
  if (target === undefined) throw new CallError(call.what, noprocOf(call.target));
  if (target.equals(cell.pid)) throw new CallError(call.what, callingSelf);
  const watch = new CallWatch(cell, kernel.newRef(cell), target, call);
  kernel.wait(cell, watch);
  if (call.withinMs < Infinity) watch.alarm = kernel.alarms.set(call.withinMs, watch);
  request(kernel, watch, call);
  return suspended;
}

/** Begins to watch the server, and sends it the request for whose answer `watch` waits, unless it is known to be dead by now. */
export function request(kernel: Kernel, watch: Watch, { target, name, parameters, system }: Call<unknown>): void {
  kernel.startWatch(watch);
  tell(kernel, watch, target, new Request(watch.ref, name, parameters, system));
}

/** The caller's side: a monitor and an alias in one, which go with the first of reply, end and timeout. */
export class CallWatch extends Watch implements Waiting, Ringable {
  alarm: Alarm | null = null;
  readonly call: Call<unknown>;

  constructor(owner: Cell, ref: Ref, target: Pid, call: Call<unknown>) {
    super(owner, ref, target);
    this.call = call;
  }

  override reply(kernel: Kernel, value: unknown): void {
    this.over(kernel);
    kernel.unwatch(this);
    if (value instanceof Refusal) this.#fail(kernel, value.cause);
    else kernel.resume(this.owner, value);
  }

  override down(kernel: Kernel, cause: Cause): void {
    this.over(kernel);
    this.#fail(kernel, cause);
  }

  ring(): void {
    const { kernel } = this.owner;
    kernel.unwatch(this);
    const { otherwise } = this.call;
    if (otherwise === null) this.#fail(kernel, { type: "timeout" });
    else kernel.resume(this.owner, otherwise.value);
  }

  get what(): string {
    return this.call.what;
  }

  get holder(): Cell {
    return this.owner;
  }

  get on(): Pid {
    return this.target as Pid;
  }

  cancel(kernel: Kernel): void {
    this.over(kernel);
    kernel.unwatch(this);
  }

  override capture(): CapturedWatch {
    const { name, system, otherwise } = this.call;
    const to = travelling(this.call.target, this.target);
    return { kind: "call", serial: this.ref.serial, target: this.target, data: { to, name, system, otherwise } };
  }

  captureWait(): CapturedWait {
    return { kind: "watch", data: this.ref.serial };
  }

  over(kernel: Kernel): void {
    if (this.alarm !== null) kernel.alarms.cancel(this.alarm);
    this.alarm = null;
  }

  #fail(kernel: Kernel, cause: Cause): void {
    kernel.throwInto(this.owner, new CallError(this.call.what, cause));
  }
}

/** Answers whoever waits under `ref`; the second answer is dropped. */
export class Answer extends Operation<void> {
  readonly ref: Ref;
  readonly value: unknown;

  constructor(ref: Ref, value: unknown) {
    super();
    this.ref = ref;
    this.value = value;
  }

  override get type(): "server.answer" {
    return "server.answer";
  }
}

export function performAnswer(kernel: Kernel, cell: Cell, { ref, value }: Answer): typeof suspended | undefined {
  const { watch } = ref;
  if (watch !== null && watch.owner.kernel === kernel && watch.owner.place === null && cell.place === null) {
    watch.reply(kernel, value);
    return undefined;
  }
  kernel.effect(cell, ref.owner, { type: "reply", ref, value });
  return kernel.crowded === null ? undefined : kernel.crowded.hold(cell, ref.owner);
}

/** A message that a server handles by its name, without a reply. */
export class CastMessage {
  readonly name: string;
  readonly parameters: readonly unknown[];

  constructor(name: string, parameters: readonly unknown[]) {
    this.name = name;
    this.parameters = parameters;
  }
}

/** What was asked for makes no sense: the mistake of whoever asked. */
export function invalidMessage(message: string): Cause {
  return { type: "error", error: { name: "InvalidMessageError", code: "INVALID_MESSAGE", message } };
}

/** A cast to a server, to be performed: it finishes at once and never fails, whatever is there. */
export class Cast extends Operation<void> {
  readonly target: Addressee<any>;
  readonly name: string;
  readonly parameters: readonly unknown[];

  constructor(target: Addressee<any>, name: string, parameters: readonly unknown[]) {
    super();
    this.target = target;
    this.name = name;
    this.parameters = parameters;
  }

  override get type(): "server.cast" {
    return "server.cast";
  }
}

export function performCast(
  kernel: Kernel,
  cell: Cell,
  { target: to, name, parameters }: Cast,
): typeof suspended | undefined {
  const message = new CastMessage(name, parameters);
  const target = resolve(kernel, to);
  if (target?.answers === true) return sendAnswered(kernel, cell, target, message, false);
  if (!sendTo(kernel, cell, to, message)) kernel.deadLetter(textOf(to), message);
  return holdSender(kernel, cell, target ?? to);
}

/** See `Server.shutdown`. */
export class ShutDownServer extends Operation<void> {
  readonly target: Addressee<any>;
  readonly cause: Cause;
  readonly withinMs: number;

  constructor(target: Addressee<any>, cause: Cause, withinMs: number) {
    super();
    this.target = target;
    this.cause = cause;
    this.withinMs = withinMs;
  }

  override get type(): "server.shutdown" {
    return "server.shutdown";
  }
}

export function performShutDownServer(kernel: Kernel, cell: Cell, operation: ShutDownServer): typeof suspended {
  const { target: to, cause, withinMs } = operation;
  const target = resolve(kernel, to);
  const call = new Call<void>(to, "shutdown", [cause], true, withinMs);
  if (target === undefined) throw new CallError(call.what, noprocOf(to));
  if (target.equals(cell.pid)) throw new CallError(call.what, callingSelf);
  const watch = new ShutdownWatch(cell, kernel.newRef(cell), target, call);
  kernel.wait(cell, watch);
  if (withinMs < Infinity) watch.alarm = kernel.alarms.set(withinMs, watch);
  request(kernel, watch, call);
  return suspended;
}

/** Whom a call is to, as it travels: a name in a registry may not, and `target` had it. */
export function travelling(to: Addressee<any>, target: Pid | null): Addressee<any> {
  return to instanceof ViaName ? ((target as Pid<any> | null) ?? String(to)) : to;
}

/** Waits for the end alone, and compares it with what was asked for. */
export class ShutdownWatch extends CallWatch {
  override capture(): CapturedWatch {
    return {
      ...super.capture(),
      kind: "shutdown",
      data: { to: travelling(this.call.target, this.target), wanted: this.call.parameters[0] },
    };
  }

  override reply(): void {
    // The end is the reply.
  }

  override down(kernel: Kernel, cause: Cause): void {
    const [wanted] = this.call.parameters as [Cause];
    if (!sameCause(wanted, cause)) {
      super.down(kernel, cause);
      return;
    }
    this.over(kernel);
    kernel.resume(this.owner, undefined);
  }
}
