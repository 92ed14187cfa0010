import { describe, type Cause, type ErrorData } from "@espalier/heartbeat";
import { causeText, messageKind } from "@espalier/runtime";

/** Causes of causes that are shown. */
const causesMax = 8;

/** What an error gave as its cause, and that as its own, the nearest first, in words. */
export function causesOf({ cause }: ErrorData): readonly string[] {
  const texts: string[] = [];
  for (let next = cause; next !== undefined && texts.length < causesMax;) {
    const error = asError(next);
    texts.push(error === null ? wordsOf(next) : `${error.name}: ${error.message}`);
    next = error?.cause;
  }
  return texts;
}

/** Errors are data by now: see `ErrorData`. */
function asError(value: unknown): ErrorData | null {
  if (typeof value !== "object" || value === null) return null;
  try {
    const name: unknown = Object.getOwnPropertyDescriptor(value, "name")?.value;
    const message: unknown = Object.getOwnPropertyDescriptor(value, "message")?.value;
    const cause: unknown = Object.getOwnPropertyDescriptor(value, "cause")?.value;
    return typeof name === "string" && typeof message === "string" ? { name, message, cause } : null;
  } catch {
    // Whatever was given as a cause: a Proxy's trap threw.
    return null;
  }
}

/** A cause that came from a process, such as a call's, is one of the runtime's. */
function wordsOf(value: unknown): string {
  const kind = messageKind(value);
  return Object.hasOwn(causeTypes, kind)
    ? causeText(value as Cause)
    : typeof value === "object"
      ? kind
      : describe(value);
}

const causeTypes: { readonly [Type in Cause["type"]]: true } = {
  normal: true,
  shutdown: true,
  stopped: true,
  expired: true,
  kill: true,
  killed: true,
  timeout: true,
  noproc: true,
  noconnection: true,
  unresponsive: true,
  error: true,
  exit: true,
};
