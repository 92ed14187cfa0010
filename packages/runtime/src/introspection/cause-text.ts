import { describeCause, type Cause } from "@espalier/heartbeat";
import { messageKind } from "./message-kind.ts";

/**
 * A cause in one line for those who may see names and numbers, but not what is in messages and states: as `describeCause` says it, but that of an object that
 * was thrown, or given as a reason, there is the kind alone. What an error says, and a reason that is a text, its author wrote to be read.
 */
export function causeText(cause: Cause): string {
  if (cause.type === "exit" && isObject(cause.reason)) return `exit: ${messageKind(cause.reason)}`;
  if (cause.type === "shutdown" && isObject(cause.detail)) return `shutdown: ${messageKind(cause.detail)}`;
  if (cause.type === "error" && isThrownValue(cause)) {
    return describeCause({ ...cause, error: { name: cause.error.name, message: thrownText(cause.error.cause) } });
  }
  return describeCause(cause);
}

/** What an error says, as {@link causeText} has it. */
export function errorText(cause: Extract<Cause, { readonly type: "error" }>): string {
  return isThrownValue(cause) ? thrownText(cause.error.cause) : cause.error.message;
}

/** What was thrown is no error, and not a text, a number or the like either: its text has the whole of it. A recorder keeps no more than the text. */
function isThrownValue({ error }: Extract<Cause, { readonly type: "error" }>): boolean {
  return error.name === "nocatch" && (isObject(error.cause) || !scalarText.test(error.message));
}

const scalarText = /^thrown, and no error: (?:"|-?\d|-?Infinity|NaN|true|false|null|undefined|Symbol)/;

function thrownText(value: unknown): string {
  return `thrown, and no error: ${isObject(value) ? messageKind(value) : "object"}`;
}

function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
