import {
  CauseError,
  copyCause,
  describe,
  fieldText,
  parseCause,
  travelsAsError,
  type Cause,
} from "@espalier/heartbeat";
import { CheckpointError } from "../checkpoint/checkpoint.ts";
import {
  CallError,
  MailboxFullError,
  NameTakenError,
  OperationRefusedError,
  StartError,
  TaskError,
} from "../errors.ts";
import { NotMovableError } from "../frame.ts";
import { Pid } from "../addresses/pid.ts";
import type { Travels } from "../moving/travel.ts";
import { TransferRefusedError } from "./errors.ts";

interface ReasonError extends Error {
  readonly code: string;
  readonly reason: Cause;
}

/**
 * Errors that a process may catch arrive as what they were. Those that are made of a cause tell its `reason`, and uncaught it is the cause of the
 * end.
 */
export const errorTravels: readonly Travels[] = [
  reasonTravels("error.cause", CauseError, "CAUSE", false),
  reasonTravels("error.call", CallError, "CALL_FAILED", true),
  reasonTravels("error.task", TaskError, "TASK_FAILED", true),
  reasonTravels("error.start", StartError, "START_FAILED", true),
  travelsAsError(
    "error.name-taken",
    NameTakenError,
    ({ wanted, pid }) => [wanted, pid],
    (wanted, pid) => {
      if (!(pid instanceof Pid)) throw new TypeError(`error.name-taken: expected a Pid, got ${describe(pid)}`);
      return { code: "NAME_TAKEN", wanted: fieldText(wanted, "error.name-taken"), pid };
    },
  ),
  travelsAsError(
    "error.mailbox-full",
    MailboxFullError,
    ({ to, value }) => [to, value],
    (to, value) => {
      if (!(to instanceof Pid)) throw new TypeError(`error.mailbox-full: expected a Pid, got ${describe(to)}`);
      return { code: "MAILBOX_FULL", to, value };
    },
  ),
  travelsAsError(
    "error.operation-refused",
    OperationRefusedError,
    ({ operation }) => [operation],
    (operation) => ({ code: "OPERATION_REFUSED", operation: fieldText(operation, "error.operation-refused") }),
  ),
  travelsAsError(
    "error.transfer-refused",
    TransferRefusedError,
    ({ node, remote: { name, message, code } }) => [node, name, message, code],
    (node, name, message, code) => {
      const what = "error.transfer-refused";
      const remote = {
        name: fieldText(name, what),
        message: fieldText(message, what),
        code: code === null ? null : fieldText(code, what),
      };
      return { code: "TRANSFER_REFUSED", node: fieldText(node, what), remote };
    },
  ),
  travelsAsError("error.checkpoint", CheckpointError, ({ code }) => [code], checkpointCode),
  travelsAsError(
    "error.not-movable",
    NotMovableError,
    () => [],
    () => ({ code: "NOT_MOVABLE" }),
  ),
];

/** @param hasCause whether the reason is its `cause`, too. */
function reasonTravels(
  name: string,
  type: abstract new (...args: any[]) => ReasonError,
  code: string,
  hasCause: boolean,
): Travels {
  return travelsAsError(
    name,
    type,
    ({ reason }) => [copyCause(reason)],
    (data) => {
      const reason = parseCause(data, name);
      return { code, reason, ...(hasCause ? { cause: reason } : {}) };
    },
  );
}

function checkpointCode(code: unknown): object {
  if (code === "CHECKPOINT_REFUSED" || code === "CHECKPOINT_FENCED") return { code };
  throw new TypeError(`error.checkpoint: expected the code of such an error, got ${describe(code)}`);
}
