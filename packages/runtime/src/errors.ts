import type { Cause } from "@espalier/heartbeat";
import { describeCause } from "@espalier/heartbeat";
import type { Pid } from "./addresses/pid.ts";

/** The process is ending: its `finally` blocks run, and may do everything but operations (the difference to R-111). */
export class OperationRefusedError extends Error {
  readonly code = "OPERATION_REFUSED";
  /** The operation's type, such as `"process.send"`. */
  readonly operation: string;

  constructor(operation: string, why: string) {
    super(`${operation} is refused: ${why}`);
    this.name = "OperationRefusedError";
    this.operation = operation;
  }
}

/** The name belongs to another process. */
export class NameTakenError extends Error {
  readonly code = "NAME_TAKEN";
  /** The name that was wanted. */
  readonly wanted: string;
  /** Who has it. */
  readonly pid: Pid;

  constructor(wanted: string, pid: Pid) {
    super(`the name ${JSON.stringify(wanted)} is taken by ${pid.toString()}`);
    this.name = "NameTakenError";
    this.wanted = wanted;
    this.pid = pid;
  }
}

/** A bounded mailbox was full, and makes nobody wait. The message is handed back. */
export class MailboxFullError extends Error {
  readonly code = "MAILBOX_FULL";
  readonly to: Pid;
  readonly value: unknown;

  constructor(to: Pid, value: unknown) {
    super(`the mailbox of ${to.toString()} is full`);
    this.name = "MailboxFullError";
    this.to = to;
    this.value = value;
  }
}

/**
 * A call got no reply: there is no such server, it ended first, its node was lost, or the time ran out. `reason` says which.
 *
 * Uncaught, the caller ends with an error, never cleanly, even if the server did.
 */
export class CallError extends Error {
  readonly code = "CALL_FAILED";
  readonly reason: Cause;
  override readonly cause: Cause;

  constructor(what: string, reason: Cause) {
    super(`${what} failed: ${describeCause(reason)}`);
    this.name = "CallError";
    this.reason = reason;
    this.cause = reason;
  }
}

/** A task gave no result: it ended without one, or the time ran out (R-1021). `reason` says which. */
export class TaskError extends Error {
  readonly code = "TASK_FAILED";
  readonly reason: Cause;
  override readonly cause: Cause;

  constructor(pid: Pid, reason: Cause) {
    super(`task ${pid.toString()} failed: ${describeCause(reason)}`);
    this.name = "TaskError";
    this.reason = reason;
    this.cause = reason;
  }
}

/** A process did not start: it ended before it was ready, or took too long. */
export class StartError extends Error {
  readonly code = "START_FAILED";
  readonly reason: Cause;
  override readonly cause: Cause;

  constructor(label: string, reason: Cause) {
    super(`${label} did not start: ${describeCause(reason)}`);
    this.name = "StartError";
    this.reason = reason;
    this.cause = reason;
  }
}

/** The directory that a node was to keep its `data` in is another node's; nothing of it was touched. */
export class DataInUseError extends Error {
  readonly code = "DATA_IN_USE";
  readonly data: string;

  constructor(data: string, owner: string) {
    super(
      `data ${JSON.stringify(data)}: expected a directory that no node uses, found that ${owner} has it; stop that one, or give this one a directory of its own`,
    );
    this.name = "DataInUseError";
    this.data = data;
  }
}
