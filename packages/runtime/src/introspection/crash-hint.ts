import type { Cause } from "@espalier/heartbeat";
import type { CrashReport } from "./crash-report.ts";

/** How many equal crashes show that to start again does not help. */
const equalMin = 3;

/**
 * What to look at next, if there is a rule for such a crash.
 *
 * @param crashes those that are known, the oldest first.
 * @param callee how the server stood that did not answer, in words; null when none was waited for, or it is not known.
 */
export function crashHint(crash: CrashReport, crashes: readonly CrashReport[], callee: string | null): string | null {
  const { cause, fingerprint, name, label, decision } = crash;
  const other = crashes.find((earlier) => earlier.id < crash.id && earlier.cause === cause && isLinked(earlier, crash));
  if (other !== undefined) {
    return `It ended because of ${other.name ?? other.label} ${other.pid.toString()}, with which it is linked: see crash ${other.id}.`;
  }
  if (decision !== null) {
    const former = crashes.filter((earlier) => earlier.id <= crash.id && earlier.label === label);
    const equal = former.filter((earlier) => earlier.fingerprint === fingerprint).length;
    if (equal >= equalMin) {
      // The label of servers that have none of their own says little.
      const who = former.every((earlier) => earlier.name === name) ? (name ?? label) : label;
      const why = `${equal} of the last ${former.length} crashes of ${who} were the same: to restart it does not help.`;
      return `${why} ${ofCause(crash, callee) ?? "Look at what it is given, and refuse that before it gets there."}`;
    }
  }
  return ofCause(crash, callee);
}

/** Whether the earlier one may have ended the other: of very many links not all are known. */
function isLinked({ links, linkCount }: CrashReport, { pid }: CrashReport): boolean {
  return linkCount > links.length || links.some((peer) => peer.equals(pid));
}

function ofCause({ cause, handling }: CrashReport, callee: string | null): string | null {
  switch (cause.type) {
    case "error":
      return ofError(cause, handling, callee);
    case "killed":
      return "Somebody killed it: by hand, or its supervisor, because it had not ended in the time that its shutdown allows.";
    case "kill":
      return "A process that it is linked with ended with the cause kill. A monitor would have told it, and let it live.";
    case "noconnection":
    case "unresponsive":
      return "A node is not reachable any more. If that may be, monitor its processes rather than link with them.";
    case "noproc":
      return "It was linked with a process that does not live. Start that first, or monitor it.";
    default:
      return null;
  }
}

function ofError(
  { error }: Cause & { readonly type: "error" },
  handling: string | null,
  callee: string | null,
): string | null {
  const { name, message, code } = error;
  switch (code) {
    case "CALL_FAILED":
      return ofCall(message, callee);
    case "TASK_FAILED":
      return "A task that was awaited gave no result: its own crash says why. With a limit of time, or a yield that answers with a value, the caller can go on.";
    case "START_FAILED":
      return "A process that was started ended before it was ready, or took longer than its limit: its own crash says why.";
    case "NAME_TAKEN":
      return "Another process has that name. It may be an earlier life of this one that has not ended yet, or it is started twice.";
    case "NOT_MOVABLE":
      return "Something on its stack cannot travel; the message says what. Keep it out of the computation that moves, or move while it is not there.";
    case "MAILBOX_FULL":
      return "The receiver takes messages more slowly than they come. Let senders wait for room, send less, or give it more hands.";
    case "OPERATION_REFUSED":
      return "An operation was performed in a finally block while the process was ending: nothing can be sent or received there any more.";
    case "INVALID_MESSAGE":
      return "A server was asked for something that it does not know. Compare the names of its handlers with what was sent.";
    default:
      return ofWords(name, message, handling);
  }
}

/** By what the engine, or the runtime, said. */
function ofWords(name: string, message: string, handling: string | null): string | null {
  if (name === "nocatch") return "What was thrown is no error, so nobody knows where. Throw an Error: it has a stack.";
  if (/ is not a function/.test(message)) {
    return "What was called is no function where it was called. Is it misspelt, or was the code of it replaced while the process ran?";
  }
  if (
    /expected a pid, got (?:object|undefined)/.test(message) ||
    /is not iterable/.test(message) ||
    /expected an operation/.test(message)
  ) {
    return "Was yield* left out? Without it an operation is not performed, and what there is is the operation, not its result.";
  }
  if (/of (?:undefined|null)|(?:undefined|null) \(reading/.test(message)) {
    const what = handling === null ? "what it is given" : `the message ${handling}`;
    return `Something that the code counts on is not there. Is it in ${what}? A schema (validate) would refuse it where it comes in.`;
  }
  if (/Maximum call stack/.test(message))
    return "A function calls itself without end, or a value that contains itself is walked through.";
  return null;
}

function ofCall(message: string, callee: string | null): string | null {
  if (message.endsWith('failed: exit: "calling_self"')) {
    return "A server called itself, and would have waited for itself. Call the function directly, or answer later.";
  }
  if (/failed: timeout/.test(message)) {
    return callee === null
      ? "The server did not answer in time. See what it is doing: it may be stuck, or have much to do."
      : `The server did not answer in time: ${callee}.`;
  }
  if (/failed: noproc/.test(message)) {
    return "There was no such server. Start it before those that call it: children of a supervisor start in their order.";
  }
  return "The server ended before it answered: its own crash says why.";
}
