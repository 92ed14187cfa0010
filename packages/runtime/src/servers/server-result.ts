import type { Cause, Duration } from "@espalier/heartbeat";
import { Answer } from "./call.ts";
import type { Ref } from "../addresses/ref.ts";

/** What a server does after a message. */
export interface Next<S> {
  /** Replaces the state. */
  readonly state?: S;
  /** Calls `continue` with this before any message that waits. */
  readonly continue?: unknown;
  /** Calls `info` with {@link serverTimeout} if no message at all comes within this time. */
  readonly timeout?: Duration;
}

/** What a handler returns when a plain value does not say enough. */
export abstract class ServerResult {
  abstract readonly result: string;
}

export class ReplyResult<V, S> extends ServerResult {
  readonly result = "reply";
  readonly value: V;
  readonly next: Next<S>;

  constructor(value: V, next: Next<S>) {
    super();
    this.value = value;
    this.next = next;
  }
}

export class NoReplyResult<S> extends ServerResult {
  readonly result = "noReply";
  readonly next: Next<S>;

  constructor(next: Next<S>) {
    super();
    this.next = next;
  }
}

export class StopResult<V> extends ServerResult {
  readonly result = "stop";
  readonly cause: Cause;
  /** The reply, if there is one: an object, because undefined is a reply too. */
  readonly reply: { readonly value: V } | null;

  constructor(cause: Cause, reply: { readonly value: V } | null) {
    super();
    this.cause = cause;
    this.reply = reply;
  }
}

export class DeferResult<V> extends ServerResult {
  readonly result = "defer";
  readonly accept: (from: From<V>) => void;
  readonly next: Next<any>;

  constructor(accept: (from: From<V>) => void, next: Next<any>) {
    super();
    this.accept = accept;
    this.next = next;
  }
}

/** What `init` returns when the state alone does not say enough. */
export class InitResult<S> extends ServerResult {
  readonly result = "init";
  readonly state: S;
  readonly next: Next<S>;

  constructor(state: S, next: Next<S>) {
    super();
    this.state = state;
    this.next = next;
  }
}

export class IgnoreResult extends ServerResult {
  readonly result = "ignore";
}

export class FailResult extends ServerResult {
  readonly result = "fail";
  readonly cause: Cause;

  constructor(cause: Cause) {
    super();
    this.cause = cause;
  }
}

/** Somebody who waits for a reply of type `V`: a value that travels. */
export class From<in V = never> {
  declare readonly accepts: (value: V) => void;
  readonly ref: Ref;

  constructor(ref: Ref) {
    this.ref = ref;
  }

  /** Replies, from any process; only the first reply counts. */
  reply(value: V): Answer {
    return new Answer(this.ref, value);
  }
}
