import { CauseError, describe, parseCause, type Cause } from "@espalier/heartbeat";
import { CallError, StartError, TaskError } from "../errors.ts";
import type { Travels } from "../travel.ts";

interface ReasonError extends Error {
  readonly code: string;
  readonly reason: Cause;
}

/** Errors that are made of a cause arrive as what they were: whoever catches one asks for its `reason`, and uncaught it is the cause of the end. */
export const errorTravels: readonly Travels<ReasonError>[] = [
  reasonTravels("error.cause", CauseError, "CAUSE", false),
  reasonTravels("error.call", CallError, "CALL_FAILED", true),
  reasonTravels("error.task", TaskError, "TASK_FAILED", true),
  reasonTravels("error.start", StartError, "START_FAILED", true),
];

/** @param hasCause whether the reason is its `cause`, too. */
function reasonTravels(
  name: string,
  type: abstract new (...args: any[]) => ReasonError,
  code: string,
  hasCause: boolean,
): Travels<ReasonError> {
  return {
    name,
    type,
    encode: ({ message, reason }) => [message, copyOf(reason)],
    decode: (data) => {
      const [message, reason] = Array.isArray(data) ? (data as readonly unknown[]) : [];
      if (typeof message !== "string") throw new TypeError(`${name}: expected a message, got ${describe(message)}`);
      const cause = parseCause(reason, name);
      // What the constructor is given makes the message, and is not known here.
      const error = Reflect.construct(Error, [message], type) as ReasonError;
      const stack = `${type.name}: ${message}\n    at another node`;
      Object.defineProperty(error, "stack", { value: stack, writable: true, enumerable: false, configurable: true });
      return Object.assign(error, { code, name: type.name, reason: cause, ...(hasCause ? { cause } : {}) });
    },
  };
}

/** What `decode` looks into must not be shared with anything else that travels: then it might be there without its parts. */
function copyOf(reason: Cause): Cause {
  return reason.type === "error" ? { ...reason, error: { ...reason.error } } : { ...reason };
}
