import { CauseError, isHeartbeat, parseCause, type Cause, type Heartbeat } from "@espalier/heartbeat";
import { Thrown } from "../cell.ts";
import type { Payload } from "../message.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Signal } from "../exits/signal.ts";
import { addLines, framesOf } from "../trace.ts";
import { ProtocolError } from "./errors.ts";
import { checkAttribution } from "./attribution.ts";
import type { Payloads } from "./payloads.ts";

/** What a guest's home has to know of, or to do in its name. */
export type Effect = SignalEffect | ScopesEffect | EndEffect;

/** A signal to another process. */
export interface SignalEffect {
  readonly type: "signal";
  readonly to: Pid;
  readonly signal: Signal;
}

/** Which scopes are open in it now: their heartbeats fail with the verdict on its host. */
export interface ScopesEffect {
  readonly type: "scopes";
  readonly heartbeats: readonly Heartbeat[];
}

/** It has ended, with what its body returned or threw if somebody waits for that. */
export interface EndEffect {
  readonly type: "end";
  readonly cause: Cause;
  readonly outcome: { readonly value: unknown } | null;
}

/** @throws NotMovableError when it is a message that cannot travel. Whatever else there is always does. */
export function encodeEffect(payloads: Payloads, effect: Effect): Payload {
  switch (effect.type) {
    case "signal":
      return payloads.encodeSignal(effect.to, effect.signal);
    case "scopes":
      return payloads.encode({ scopes: effect.heartbeats });
    case "end":
      return encodeEnd(payloads, effect);
  }
}

function encodeEnd(payloads: Payloads, { cause, outcome }: EndEffect): Payload {
  try {
    const thrown = outcome?.value instanceof Thrown ? outcome.value.error : undefined;
    if (thrown === undefined) return payloads.encode({ cause, outcome });
    const stack = thrown instanceof Error ? String(thrown.stack) : "";
    // A failure is its cause, and what else an error is made of does not include its stack.
    return payloads.encode({ cause, thrown: thrown instanceof CauseError ? { stack } : { error: thrown, stack } });
  } catch {
    // What was returned or thrown cannot travel. That it ended, and why, still must.
    return payloads.encode({ cause: payloads.decode(payloads.encodeCause(cause)), outcome: null });
  }
}

/**
 * What `host` says that its guest `process` does.
 *
 * @throws ProtocolError when it makes no sense, or speaks in another one's name.
 */
export function decodeEffect(payloads: Payloads, process: Pid, host: NodeId, payload: Payload): Effect {
  const data = payloads.decode(payload, host);
  if (Array.isArray(data)) {
    const { to, signal } = payloads.decodeSignal(payload, host);
    checkSender(process, signal);
    return { type: "signal", to, signal };
  }
  if (typeof data !== "object" || data === null) throw new ProtocolError("effect: expected an object");
  const { cause, outcome, scopes, thrown } = data as Readonly<Record<string, unknown>>;
  if (scopes !== undefined) {
    if (!Array.isArray(scopes) || !scopes.every(isHeartbeat)) throw new ProtocolError("scopes: expected heartbeats");
    return { type: "scopes", heartbeats: scopes };
  }
  const hasOutcome = typeof outcome === "object" && outcome !== null && "value" in outcome;
  const parsed = ProtocolError.unless(() => parseCause(cause, "end"));
  if (typeof thrown === "object" && thrown !== null) {
    return { type: "end", cause: parsed, outcome: { value: thrownElsewhere(parsed, thrown) } };
  }
  return { type: "end", cause: parsed, outcome: hasOutcome ? { value: outcome.value } : null };
}

/** What the body threw on its host, with the stack that it had there. */
function thrownElsewhere(cause: Cause, thrown: { readonly error?: unknown; readonly stack?: unknown }): Thrown {
  const error = "error" in thrown ? thrown.error : new CauseError(cause);
  if (error instanceof Error) addLines(error, framesOf(thrown.stack), true);
  return new Thrown(error);
}

/** A process speaks for itself only. What its links carry when it ends, and whom that ends, is its home's business. */
function checkSender(process: Pid, signal: Signal): void {
  switch (signal.type) {
    case "message":
    case "alias":
      return ProtocolError.unless(() => checkAttribution(process, signal.message));
    case "reply":
      return;
    case "exit":
    case "link":
    case "unlink":
      if (signal.from.equals(process) && !(signal.type === "exit" && signal.link)) return;
      break;
    case "monitor":
    case "demonitor":
    case "migrate":
      if (signal.ref.owner.equals(process)) return;
      break;
    case "down":
      break;
  }
  throw new ProtocolError(
    `effect: a host may not send this ${signal.type} signal in the name of ${process.toString()}`,
  );
}
