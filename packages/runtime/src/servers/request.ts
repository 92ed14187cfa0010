import { describe, Operation, parseCause, type Cause } from "@espalier/heartbeat";
import type { Alarm, Ringable } from "../timers/alarms.ts";
import { Refusal, request, travelling, type Call } from "./call.ts";
import type { Cell } from "../cell.ts";
import { resolve } from "../addresses/destination.ts";
import { noprocOf } from "../failure.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import { suspended, type CapturedWait, type Retrying } from "../waiting.ts";
import { Watch, type CapturedWatch } from "../exits/watch.ts";

/** A request that was sent and may be answered with an `A`: for the process that sent it. A value that travels. */
export class RequestId<out A> {
  declare readonly gives?: A;
  readonly ref: Ref;

  constructor(ref: Ref) {
    this.ref = ref;
  }
}

/** What came of a request. `reason` is what a call would have failed with. */
export type Response<A> =
  | { readonly type: "reply"; readonly value: A }
  | { readonly type: "error"; readonly reason: Cause; readonly server: Call<A>["target"] };

/** What a process is sent when a request of its is answered, if it asked for that: see `Server.sendRequest`. */
export interface ResponseMessage<A = unknown> {
  readonly type: "RESPONSE";
  readonly request: RequestId<A>;
  readonly response: Response<A>;
}

/** Makes the message that a response is delivered as; null: it is kept until somebody waits for it. */
type Deliver = ((message: ResponseMessage<any>) => unknown) | null;

/** See `Server.sendRequest`. */
export class SendRequest<A> extends Operation<RequestId<A>> {
  readonly call: Call<A>;
  readonly deliver: Deliver;

  constructor(call: Call<A>, deliver: Deliver) {
    super();
    this.call = call;
    this.deliver = deliver;
  }

  override get type(): "server.request" {
    return "server.request";
  }
}

export function performSendRequest(kernel: Kernel, cell: Cell, { call, deliver }: SendRequest<any>): RequestId<any> {
  const ref = kernel.newRef(cell);
  const target = resolve(kernel, call.target);
  const watch = new RequestWatch(cell, ref, target ?? null, call.target, deliver);
  if (target === undefined) {
    watch.close();
    watch.down(kernel, noprocOf(call.target));
  } else {
    request(kernel, watch, call);
  }
  return new RequestId(ref);
}

/** A response that waits to be asked for. Of two, the one that came first has the smaller order. */
export interface Settled {
  readonly order: number;
  readonly response: Response<unknown>;
}

/** The side of whoever asked: keeps the response until somebody waits for it, so that no mailbox sees it. */
export class RequestWatch extends Watch {
  readonly server: Call<unknown>["target"];
  readonly #deliver: Deliver;
  #settled: Settled | null = null;
  /** Who waits for the response: the owner itself, suspended. */
  waiting: ResponseWaiting | null = null;

  constructor(
    owner: Cell,
    ref: Ref,
    target: Pid | null,
    server: Call<unknown>["target"],
    deliver: Deliver,
    settled: Settled | null = null,
  ) {
    super(owner, ref, target);
    this.server = server;
    this.#deliver = deliver;
    this.#settled = settled;
  }

  /** What has come. */
  get settled(): Settled | null {
    return this.#settled;
  }

  override reply(kernel: Kernel, value: unknown): void {
    if (this.#settled !== null) return;
    kernel.unwatch(this);
    if (value instanceof Refusal) this.#settle(kernel, this.#failed(value.cause));
    else this.#settle(kernel, { type: "reply", value });
  }

  override down(kernel: Kernel, cause: Cause): void {
    // The reply came first; the end was on its way to where the owner has moved, too late to be called off.
    if (this.#settled !== null) return this.reopen();
    this.#settle(kernel, this.#failed(cause));
  }

  override capture(): CapturedWatch {
    const { ref, target, server } = this;
    const settled = this.#settled;
    const response = settled === null ? null : { order: settled.order, ...settled.response };
    const data = { server: travelling(server, target), deliver: this.#deliver, response };
    return { kind: "request", serial: ref.serial, target, data };
  }

  #failed(reason: Cause): Response<unknown> {
    return { type: "error", reason, server: this.server };
  }

  #settle(kernel: Kernel, response: Response<unknown>): void {
    const { owner, ref } = this;
    if (this.#deliver !== null && this.waiting === null) {
      kernel.deliverMapped(owner, { type: "RESPONSE", request: new RequestId(ref), response }, this.#deliver);
      return;
    }
    // Counted as its refs are, and so on wherever it moves.
    owner.refSerial += 1;
    this.#settled = { order: owner.refSerial, response };
    // Nothing more will come, but somebody will still ask.
    this.reopen();
    this.waiting?.settled(kernel);
  }
}

/** A response that came along with the process that has yet to ask for it. */
export function parseResponse(data: unknown, server: Call<unknown>["target"]): Settled | null {
  if (data === null) return null;
  const { order, type, value, reason } = (typeof data === "object" ? data : {}) as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(order)) throw new TypeError(`request: expected a whole number, got ${describe(order)}`);
  const response: Response<unknown> =
    type === "reply" ? { type, value } : { type: "error", reason: parseCause(reason, "request"), server };
  return { order: order as number, response };
}

/** What comes of waiting for the response of one of several requests. */
export type Waited =
  | { readonly type: "response"; readonly index: number; readonly response: Response<unknown> }
  | { readonly type: "timeout" }
  | { readonly type: "no-request" };

/** See `Server.waitResponse`, `Server.receiveResponse` and the like of `Server.requests()`. */
export class AwaitResponse extends Operation<any> {
  readonly requests: readonly RequestId<unknown>[];
  /** Whether the requests are given up when the time is over: what is answered then goes nowhere. */
  readonly abandon: boolean;
  /** Whether it is for one request, and the result is its response alone. */
  readonly single: boolean;
  readonly withinMs: number;
  /** A time of the node's monotonic clock; Infinity: there is only the limit. */
  readonly untilMs: number;

  constructor(
    requests: readonly RequestId<unknown>[],
    abandon: boolean,
    single: boolean,
    withinMs: number,
    untilMs: number,
  ) {
    super();
    this.requests = requests;
    this.abandon = abandon;
    this.single = single;
    this.withinMs = withinMs;
    this.untilMs = untilMs;
  }

  override get type(): "server.awaitResponse" {
    return "server.awaitResponse";
  }
}

export function performAwaitResponse(kernel: Kernel, cell: Cell, operation: AwaitResponse): unknown {
  const { requests, withinMs, untilMs } = operation;
  for (const { ref } of requests) {
    if (ref.owner.equals(cell.pid)) continue;
    throw new TypeError("Server.waitResponse: expected a request of this process, got one that another process sent");
  }
  const waiting = new ResponseWaiting(cell, operation);
  const waited = waiting.look(kernel);
  if (waited !== null) return waited;
  const remainingMs = Math.max(0, Math.min(withinMs, untilMs - kernel.host.clock.monotonic()));
  if (remainingMs === 0) return waiting.timeOut(kernel);
  if (remainingMs < Infinity) waiting.alarm = kernel.alarms.set(remainingMs, waiting);
  return kernel.wait(cell, waiting);
}

/** A process waits for the first response of several. */
export class ResponseWaiting implements Retrying, Ringable {
  alarm: Alarm | null = null;
  readonly on?: Pid;
  readonly #cell: Cell;
  readonly #operation: AwaitResponse;
  readonly #watches: readonly (RequestWatch | null)[];
  #expired = false;

  constructor(cell: Cell, operation: AwaitResponse) {
    this.#cell = cell;
    this.#operation = operation;
    this.#watches = operation.requests.map(({ ref }) => {
      const watch = cell.kernel.watchOf(cell, ref);
      if (!(watch instanceof RequestWatch)) return null;
      watch.waiting = this;
      return watch;
    });
    const [first] = this.#watches;
    if (first != null && first.target !== null) this.on = first.target;
  }

  get what(): string {
    return "response";
  }

  get holder(): Cell {
    return this.#cell;
  }

  /** What has come already, the first of it; null: nothing. */
  look(kernel: Kernel): unknown {
    let first: { readonly index: number; readonly watch: RequestWatch; readonly settled: Settled } | null = null;
    let open = false;
    for (const [index, watch] of this.#watches.entries()) {
      if (watch === null) continue;
      open = true;
      const { settled } = watch;
      if (settled !== null && (first === null || settled.order < first.settled.order))
        first = { index, watch, settled };
    }
    if (first !== null) {
      const { index, watch } = first;
      const { response } = first.settled;
      watch.close();
      this.#over(kernel);
      return this.#operation.single ? response : ({ type: "response", index, response } satisfies Waited);
    }
    return open ? null : ({ type: "no-request" } satisfies Waited);
  }

  retry(kernel: Kernel): unknown {
    const waited = this.look(kernel);
    if (waited !== null) return waited;
    return this.#expired ? this.timeOut(kernel) : suspended;
  }

  settled(kernel: Kernel): void {
    if (this.#cell.waiting === this) kernel.retry(this.#cell);
  }

  ring(): void {
    this.#expired = true;
    this.settled(this.#cell.kernel);
  }

  timeOut(kernel: Kernel): Waited {
    this.cancel(kernel);
    return { type: "timeout" };
  }

  captureWait(): CapturedWait {
    const { requests, abandon, single } = this.#operation;
    return { kind: "response", data: { requests, abandon, single } };
  }

  /** Nobody waits any more, and what was to be received now or never is abandoned. */
  cancel(kernel: Kernel): void {
    this.#over(kernel);
    if (this.#operation.abandon) for (const watch of this.#watches) if (watch !== null) kernel.unwatch(watch);
  }

  #over(kernel: Kernel): void {
    if (this.alarm !== null) kernel.alarms.cancel(this.alarm);
    this.alarm = null;
    for (const watch of this.#watches) if (watch?.waiting === this) watch.waiting = null;
  }
}
