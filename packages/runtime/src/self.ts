import { durationMs, type Cause, type Duration, type Operation } from "@espalier/heartbeat";
import { MakeAlias, type Alias, type AliasOptions } from "./addresses/alias.ts";
import { AsyncBody } from "./spawning/async-body.ts";
import { checkAddressee, type Addressee } from "./addresses/destination.ts";
import { Monitor, type MonitorAlias, type MonitorOptions } from "./exits/monitor.ts";
import type { Pid } from "./addresses/pid.ts";
import { MonitorNodes } from "./cluster/node-operations.ts";
import type { NodeDown, NodeUp } from "./cluster/node-monitors.ts";
import { Receive, receiveAny } from "./mailbox/receive.ts";
import type { Ref } from "./addresses/ref.ts";
import type { Down, Exit } from "./exits/signal.ts";
import { Announce } from "./spawning/start.ts";
import { Stash, Unstash } from "./mailbox/stash.ts";
import { TrapExit } from "./exits/link.ts";

/** How to wait for a message. */
export interface ReceiveOptions<M> {
  /** Takes the oldest message for which this holds, and leaves the others where they are. It must not wait or throw. */
  readonly match?: (message: M) => boolean;
  /** How long to wait at most; 0 takes only what is already there. */
  readonly within?: Duration;
}

/**
 * What a process knows of itself: the first parameter of its body. `M` is the type of the messages that it receives, and so the type of its
 * pid. It is a value that travels with the process, and of no use to another one.
 */
export class Self<M = never> {
  readonly pid: Pid<M>;
  #asyncBody: AsyncBody | null = null;

  constructor(pid: Pid<M>) {
    this.pid = pid;
  }

  /**
   * Waits for a message and takes it out of the mailbox: the oldest, or the oldest that matches.
   *
   * - Order: messages of one sender come in the order sent; no order between senders.
   * - Errors: the cause `timeout` when nothing came `within` the limit, unless `otherwise` says what to return then.
   * - Cancellation: a message that was not returned stays in the mailbox.
   *
   * ```ts
   * import { type LocalGenerator, type Self } from "espalier";
   *
   * function* body(self: Self<number>): LocalGenerator<number> {
   *   const any = yield* self.receive();
   *   const large = yield* self.receive({ match: (n) => n > 100, within: "1s", otherwise: 101 });
   *   return any + large;
   * }
   * ```
   */
  receive(): Operation<M>;
  receive<T extends M, const O>(
    options: ReceiveOptions<M> & { readonly match: (message: M) => message is T; readonly otherwise: O },
  ): Operation<T | O>;
  receive<const O>(options: ReceiveOptions<M> & { readonly otherwise: O }): Operation<M | O>;
  receive<T extends M>(options: ReceiveOptions<M> & { readonly match: (message: M) => message is T }): Operation<T>;
  receive(options: ReceiveOptions<M>): Operation<M>;
  receive(options?: ReceiveOptions<M> & { readonly otherwise?: unknown }): Operation<any> {
    if (options === undefined) return receiveAny;
    const withinMs = options.within === undefined ? Infinity : durationMs(options.within, "within");
    const otherwise = "otherwise" in options ? { value: options.otherwise } : null;
    return new Receive(options.match ?? null, withinMs, otherwise);
  }

  /** Puts a message aside: it is not received again until {@link Self.unstash}. */
  stash(message: M): Operation<void> {
    return new Stash(message);
  }

  /** Puts all that was stashed back in front of the mailbox, in the order in which it was stashed. */
  unstash(): Operation<void> {
    return new Unstash();
  }

  /**
   * Like `Process.monitor`, for a typed mailbox: `map` makes a message of the DOWN, unless the process receives `Down` as it is. `map` must
   * only compute: it runs when the monitored process ends.
   */
  monitor(
    process: Addressee,
    ...map: Down extends M ? [map?: (down: Down) => M] : [map: (down: Down) => M]
  ): Operation<Ref> {
    return new Monitor(checkAddressee(process, "Self.monitor"), map[0] ?? null);
  }

  /** Like `Process.monitor` with options, for a typed mailbox. With `alias`, its ref is an alias for the messages of this process. */
  monitorWith(
    process: Addressee,
    options: MonitorOptions & { readonly alias: MonitorAlias },
    ...map: Down extends M ? [map?: (down: Down) => M] : [map: (down: Down) => M]
  ): Operation<Alias<M>>;
  monitorWith(
    process: Addressee,
    options: MonitorOptions,
    ...map: Down extends M ? [map?: (down: Down) => M] : [map: (down: Down) => M]
  ): Operation<Ref>;
  monitorWith(process: Addressee, options: MonitorOptions, map?: (down: Down) => M): Operation<any> {
    return new Monitor(checkAddressee(process, "Self.monitorWith"), map ?? null, options);
  }

  /** Like `Process.alias`, for the messages of this process. */
  alias(options: AliasOptions = {}): Operation<Alias<M>> {
    return new MakeAlias<M>(options);
  }

  /** Like `Nodes.monitor`, for a typed mailbox: `map` makes a message of each `nodeup` and `nodedown`, unless the process receives both as they are. */
  monitorNodes(
    ...map: NodeUp | NodeDown extends M
      ? [map?: (message: NodeUp | NodeDown) => M]
      : [map: (message: NodeUp | NodeDown) => M]
  ): Operation<boolean> {
    return new MonitorNodes(true, map[0] ?? null);
  }

  /**
   * Like `Process.trapExit(true)`, for a typed mailbox: `map` makes a message of each EXIT, unless the process receives `Exit` as it is.
   */
  trapExit(...map: Exit extends M ? [map?: (exit: Exit) => M] : [map: (exit: Exit) => M]): Operation<void> {
    return new TrapExit(true, map[0] ?? null);
  }

  /**
   * The process has done its preparations: whoever started it with `Process.start` goes on, with `value`. Nothing happens the second
   * time, and in a process that was merely spawned.
   */
  ready(value?: unknown): Operation<void> {
    return new Announce({ type: "ready", value });
  }

  /** The process has nothing to do: it ends, `normal`, and its starter is told `ignored`. */
  ignore(): Operation<never> {
    return new Announce({ type: "ignore" });
  }

  /** The process cannot do its work: it ends, `normal` and silently, and its starter is told why. */
  fail(cause: Cause): Operation<never> {
    return new Announce({ type: "fail", cause });
  }

  /**
   * For async bodies: performs an operation. Operations asked for at the same time are performed one after the other. Rejects once the process
   * has ended.
   */
  perform<A>(operation: Operation<A>): Promise<A> {
    return this.asyncBody.perform(operation) as Promise<A>;
  }

  /** For async bodies: aborted when the process ends. */
  get signal(): AbortSignal {
    return this.asyncBody.signal;
  }

  /** @internal */
  get asyncBody(): AsyncBody {
    return (this.#asyncBody ??= new AsyncBody());
  }
}
