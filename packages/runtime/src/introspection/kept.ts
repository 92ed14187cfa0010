import { isHeartbeat, type Cause } from "@espalier/heartbeat";
import { Pid } from "../addresses/pid.ts";
import { Ref } from "../addresses/ref.ts";
import type { NodeEvent } from "./events.ts";
import { messageKind } from "./message-kind.ts";

/** Of longer texts the rest is left out. */
const textMax = 300;
const listMax = 16;
const depthMax = 4;

/** A cause as the flight recorder keeps it: what it is and what it says, without the values that processes gave with it. */
export function keptCause(cause: Cause): Cause {
  switch (cause.type) {
    case "error": {
      const { name, message, code } = cause.error;
      const error = { name: keptText(name), message: keptText(message), ...(code === undefined ? {} : { code }) };
      return cause.node === undefined ? { type: "error", error } : { type: "error", error, node: cause.node };
    }
    case "exit":
      return { type: "exit", reason: keptReason(cause.reason) };
    case "shutdown":
      return cause.detail === undefined ? cause : { type: "shutdown", detail: keptReason(cause.detail) };
    default:
      return cause;
  }
}

/** An event as the flight recorder keeps it: a copy without the values of processes, of a bounded size. */
export function keptEvent(event: NodeEvent): NodeEvent {
  return kept(event, 0) as NodeEvent;
}

function kept(value: unknown, depth: number): unknown {
  if (typeof value === "string") return keptText(value);
  if (typeof value !== "object" || value === null) return typeof value === "function" ? messageKind(value) : value;
  if (value instanceof Pid || value instanceof Ref || isHeartbeat(value)) return value;
  if (depth === depthMax) return messageKind(value);
  if (Array.isArray(value)) return value.slice(0, listMax).map((item) => kept(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return messageKind(value);
  const copy: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    copy[key] = key === "cause" && isCause(field) ? keptCause(field) : kept(field, depth + 1);
  }
  return copy;
}

function isCause(value: unknown): value is Cause {
  return typeof value === "object" && value !== null && typeof (value as { readonly type?: unknown }).type === "string";
}

function keptReason(reason: unknown): unknown {
  if (typeof reason === "string") return keptText(reason);
  return typeof reason === "object" || typeof reason === "function" ? reason && messageKind(reason) : reason;
}

function keptText(text: string): string {
  return text.length <= textMax ? text : `${text.slice(0, textMax)}…`;
}
