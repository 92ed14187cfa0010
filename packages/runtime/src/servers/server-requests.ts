import { durationMs, type Duration, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import type { Call } from "./call.ts";
import {
  AwaitResponse,
  SendRequest,
  type RequestId,
  type Response,
  type ResponseMessage,
  type Waited,
} from "./request.ts";

/** What waiting for a response comes to when there is none. */
export type NoResponse =
  /** The time is over. */
  | { readonly type: "timeout" }
  /** There is nothing to wait for: the response was given out already, the request was abandoned, or the collection is empty. */
  | { readonly type: "no-request" };

/** How to send a request. */
export interface RequestOptions<A> {
  /**
   * Makes the message that the process is sent when the response comes; unless given, it is kept until somebody waits for it. It must only
   * compute. The message itself, as in OTP: `(message) => message`.
   */
  readonly deliver?: (message: ResponseMessage<A>) => unknown;
}

/** How long to wait for a response: whichever comes first. */
export interface ResponseOptions {
  /** How long at most; `"infinity"` unless said. 0 takes only what has come. */
  readonly within?: Duration;
  /** Until when at most, a time of `Process.now`: for several waits with one limit. */
  readonly until?: number;
}

/**
 * Sends the request of a call and does not wait for the reply: that is asked for later with {@link waitResponse} or
 * {@link receiveResponse}, or delivered as a message. The call's own limit means nothing.
 *
 * - Errors: none. That there is no such server, that it ended, or that the connection to it was lost is a {@link Response} of type `error`.
 * - A response that nobody has asked for is kept as long as the process lives.
 *
 * ```ts
 * import { Node, Server } from "espalier";
 *
 * const Adder = Server.define({
 *   init: () => null,
 *   call: { add: (_, a: number, b: number) => a + b },
 * });
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const adder = yield* Server.start(Adder, undefined);
 *   const request = yield* Server.sendRequest(adder.call.add(1, 2));
 *   return yield* Server.waitResponse(request, { within: "1s" }); // => { type: "reply", value: 3 }
 * });
 * ```
 */
export function sendRequest<A>(call: Call<A>, { deliver }: RequestOptions<A> = {}): Operation<RequestId<A>> {
  return new SendRequest<A>(call, deliver ?? null);
}

/**
 * Waits for the response of a request, which stays when the time is over: a later wait may get it.
 *
 * - Errors: of the server none; TypeError for a request that another process sent.
 * - Cancellation: the request stays.
 */
export function waitResponse<A>(
  request: RequestId<A>,
  options: ResponseOptions = {},
): Operation<Response<A> | NoResponse> {
  return waiting([request], false, true, options);
}

/**
 * Like {@link waitResponse}, but the request is abandoned when the time is over, and when the wait is cancelled: a later response goes nowhere
 * (R-740).
 */
export function receiveResponse<A>(
  request: RequestId<A>,
  options: ResponseOptions = {},
): Operation<Response<A> | NoResponse> {
  return waiting([request], true, true, options);
}

/**
 * The response, if `message` is what the process was sent for `request` ({@link RequestOptions.deliver}, with the message itself); null for any
 * other message. It only looks, and so never waits.
 */
export function checkResponse<A>(message: unknown, { ref }: RequestId<A>): Response<A> | null {
  return isResponse(message) && message.request.ref.equals(ref) ? (message.response as Response<A>) : null;
}

/** A new, empty collection of requests: see {@link Requests}. */
export function requests<A = unknown, L = unknown>(): Requests<A, L> {
  return new Requests<A, L>();
}

/** The response of one of several requests, and under which label it is in the collection. */
export type LabelledResponse<A, L> = Response<A> & { readonly label: L };

/** How to wait for one of several requests. */
export interface CollectionOptions extends ResponseOptions {
  /** Whether a request leaves the collection with its response. True unless said. */
  readonly delete?: boolean;
}

/**
 * Requests that one process has sent, each with a label. It belongs to that process and stays where it was made.
 *
 * ```ts
 * import { Node, Process, Server } from "espalier";
 *
 * const Echo = Server.define({ init: () => null, call: { say: (_, text: string) => text } });
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const echo = yield* Server.start(Echo, undefined);
 *   const requests = Server.requests<string, number>();
 *   for (const n of [1, 2]) yield* requests.send(echo.call.say(`${n}`), n);
 *   const until = (yield* Process.now()) + 1000;
 *   const said: string[] = [];
 *   while (requests.size > 0) {
 *     const response = yield* requests.receive({ until });
 *     if (response.type === "reply") said.push(`${response.label}: ${response.value}`);
 *   }
 *   return said; // => ["1: 1", "2: 2"]
 * });
 * ```
 */
export class Requests<A = unknown, L = unknown> implements Iterable<readonly [request: RequestId<A>, label: L]> {
  readonly #labels: Map<RequestId<A>, L> = new Map();

  /** Adds a request that was sent. */
  add(request: RequestId<A>, label: L): this {
    this.#labels.set(request, label);
    return this;
  }

  /** Sends a request and adds it. */
  *send(call: Call<A>, label: L): LocalGenerator<RequestId<A>> {
    const request = yield* sendRequest(call);
    this.add(request, label);
    return request;
  }

  get size(): number {
    return this.#labels.size;
  }

  /** In the order in which they were added. */
  labels(): L[] {
    return [...this.#labels.values()];
  }

  [Symbol.iterator](): IterableIterator<[RequestId<A>, L]> {
    return this.#labels.entries();
  }

  /** Waits for the response that comes first; when the time is over all requests stay. */
  wait(options: CollectionOptions = {}): LocalGenerator<LabelledResponse<A, L> | NoResponse> {
    return this.#await(false, options);
  }

  /** Like {@link Requests.wait}, but when the time is over all that are left are abandoned: what is answered later goes nowhere. */
  receive(options: CollectionOptions = {}): LocalGenerator<LabelledResponse<A, L> | NoResponse> {
    return this.#await(true, options);
  }

  /** {@link checkResponse} for whichever request of the collection `message` answers. */
  check(message: unknown, options: Pick<CollectionOptions, "delete"> = {}): LabelledResponse<A, L> | NoResponse | null {
    if (this.#labels.size === 0) return { type: "no-request" };
    if (!isResponse(message)) return null;
    for (const request of this.#labels.keys()) {
      const response = checkResponse(message, request);
      if (response !== null) return this.#given(request, response, options);
    }
    return null;
  }

  *#await(abandon: boolean, options: CollectionOptions): LocalGenerator<LabelledResponse<A, L> | NoResponse> {
    const all = [...this.#labels.keys()];
    const waited: Waited = yield* waiting(all, abandon, false, options);
    if (waited.type === "response") {
      return this.#given(all[waited.index] as RequestId<A>, waited.response as Response<A>, options);
    }
    if (waited.type === "timeout" && abandon) this.#labels.clear();
    return waited;
  }

  #given(
    request: RequestId<A>,
    response: Response<A>,
    { delete: leaves = true }: Pick<CollectionOptions, "delete">,
  ): LabelledResponse<A, L> {
    const label = this.#labels.get(request) as L;
    if (leaves) this.#labels.delete(request);
    return { ...response, label };
  }
}

function waiting(
  all: readonly RequestId<unknown>[],
  abandon: boolean,
  single: boolean,
  { within = "infinity", until = Infinity }: ResponseOptions,
): Operation<any> {
  if (typeof until !== "number" || Number.isNaN(until)) {
    throw new TypeError(`until: expected a time of Process.now, got ${String(until)}`);
  }
  return new AwaitResponse(all, abandon, single, durationMs(within, "within"), until);
}

function isResponse(message: unknown): message is ResponseMessage {
  return typeof message === "object" && message !== null && (message as Partial<ResponseMessage>).type === "RESPONSE";
}
