import { causeText, foreignLine, type NodeEvent, type Pid } from "@espalier/runtime";
import type { SupervisorReport } from "@espalier/supervisor";
import { genericWords } from "./generic-words.ts";
import { plainVoice, type EventVoice } from "./voice.ts";

/** What happened, in words, and the processes that it is about. */
export interface EventWords {
  readonly text: string;
  readonly pids: readonly Pid[];
}

/** How many processes are named as those that an event is about. */
const pidsMax = 8;

/**
 * What a node says happened, as a sentence.
 *
 * @param voice what nodes and processes are called; pids and the beginnings of keys unless given.
 *
 * ```ts
 * import { describeEvent } from "@espalier/devtools";
 * import { Node, type NodeEvent } from "espalier";
 *
 * await using node = await Node.start();
 * const events: NodeEvent[] = [];
 * node.events.subscribe((event) => events.push(event));
 * await node.run(function* till() {});
 * const [spawn, exit] = events.map((event) => describeEvent(event).text.replace(/[^ ]+\.(\d+)/, "Pid($1"));
 * exit; // => "till Pid(1) ends: normal"
 * ```
 */
export function describeEvent(event: NodeEvent, voice: EventVoice = plainVoice): EventWords {
  const pids: Pid[] = [];
  const about = (pid: Pid): void => {
    if (pids.length < pidsMax && !pids.some((other) => other.equals(pid))) pids.push(pid);
  };
  const said = wordsOf(event, {
    subject(pid, label) {
      about(pid);
      return voice.subject(pid, label);
    },
    pid(pid) {
      about(pid);
      return voice.pid(pid);
    },
    node: (id) => voice.node(id),
  });
  return { text: voice.said(said), pids };
}

type Voice = Omit<EventVoice, "said">;

function wordsOf(event: NodeEvent, voice: Voice): string {
  const who = (pid: Pid, label?: string): string => voice.subject(pid, label);
  const target = (process: Pid | string): string => (typeof process === "string" ? process : who(process));
  switch (event.type) {
    case "spawn":
      return `${who(event.pid, event.label)} is spawned by ${voice.pid(event.parent)}`;
    case "exit":
      return `${who(event.pid, event.label)} ends: ${causeText(event.cause)}`;
    case "cleanup-failed":
      return `a finally block of ${who(event.pid, event.label)} threw while it ended: ${causeText(event.cause)}`;
    case "link":
      return `${who(event.from)} is linked to ${who(event.to)}`;
    case "unlink":
      return `${who(event.from)} is not linked to ${who(event.to)} any more`;
    case "monitor":
      return `${who(event.from)} monitors ${target(event.to)}`;
    case "demonitor":
      return `${who(event.from)} ends a monitor`;
    case "down":
      return `${who(event.to)} is told that ${target(event.process)} is down: ${causeText(event.cause)}`;
    case "register":
      return `${who(event.pid)} is now called ${event.name}`;
    case "unregister":
      return `${who(event.pid)} is not called ${event.name} any more`;
    case "dead-letter":
      return `nobody will see a message${event.from === null ? "" : ` of ${who(event.from)}`} to ${target(event.to)}: ${event.reason}`;
    case "undecodable":
      return `what ${voice.node(event.node)} sent to ${who(event.to)} makes no sense: ${event.reason}`;
    case "supervisor":
      return `${who(event.supervisor)}: ${reported(event.report, who)}`;
    case "node-stopped":
      return "the node has stopped";
    default:
      return (
        movesWords(event, voice) ??
        lifetimeWords(event, who) ??
        networkWords(event, voice) ??
        keepingWords(event, voice)
      );
  }
}

/** What becomes of processes that move, and of their homes. */
function movesWords(event: NodeEvent, { subject: who, node }: Voice): string | null {
  switch (event.type) {
    case "transfer.started":
      return `${who(event.pid)} sets out for ${node(event.to)}, ${event.bytes} bytes, from epoch ${event.epoch}`;
    case "transfer.departed":
      return `${who(event.pid)} has left for ${node(event.to)}`;
    case "transfer.failed":
      return `${who(event.pid)} stays here, in epoch ${event.epoch}: ${event.reason}`;
    case "transfer.arrived":
      return `${who(event.pid)} arrives from ${node(event.from)}`;
    case "transfer.refused":
      return `${who(event.pid)} from ${node(event.from)} is refused: ${event.reason}`;
    case "transfer.granted":
      return `${who(event.pid)} may act here, as epoch ${event.epoch}`;
    case "transfer.dropped":
      return `${who(event.pid)} may act here no more as epoch ${event.epoch}, and is dropped`;
    case "transfer.forwarded":
      return `a signal for ${who(event.pid)} is sent on to ${node(event.to)}`;
    case "transfer.lost":
      return `the verdict: ${who(event.pid)}, epoch ${event.epoch}, is lost with ${node(event.node)}`;
    case "guest.finished":
      return `${who(event.pid)} has ended here, as epoch ${event.epoch}`;
    case "guest.acting":
      return `${who(event.pid)} takes its turn here, as epoch ${event.epoch}`;
    case "guest.performed":
      return `what ${who(event.pid)} did as epoch ${event.epoch} is performed in its name`;
    case "home.released":
      return `the home of ${who(event.pid)}, home epoch ${event.epoch}, is given up to ${node(event.to)}`;
    case "home.adopted":
      return `this node is the home of ${who(event.pid)} from ${node(event.from)}, home epoch ${event.epoch}`;
    case "home.kept":
      return `the home of ${who(event.pid)} is not handed over to ${node(event.to)}: ${event.reason}`;
    default:
      return null;
  }
}

function lifetimeWords(event: NodeEvent, who: (pid: Pid) => string): string | null {
  switch (event.type) {
    case "heartbeat.created":
      return `${String(event.heartbeat)} begins, for ${event.durationMs} ms`;
    case "heartbeat.reset":
      return `${String(event.heartbeat)} is asked for ${event.durationMs} ms more: ${event.outcome}`;
    case "heartbeat.ended":
      return (
        `${String(event.heartbeat)} has ended${event.cause === null ? "" : `: ${causeText(event.cause)}`}` +
        (event.decidedHere ? ", decided here" : "")
      );
    case "heartbeat.told":
      return `who waits for the end of ${String(event.heartbeat)} is told${event.cause === null ? "" : `: ${causeText(event.cause)}`}`;
    case "scope.entered":
      return `${who(event.pid)} lives by ${String(event.heartbeat)} now`;
    case "scope.cancelled":
      return `${who(event.pid)} leaves the scope of ${String(event.heartbeat)}, which has ended`;
    case "scope.left":
      return `${who(event.pid)} lives by ${String(event.heartbeat)} no more`;
    default:
      return null;
  }
}

/** Other nodes, and the connections with them. */
function networkWords(event: NodeEvent, { node, subject: who }: Voice): string | null {
  switch (event.type) {
    case "node.up":
      return `linked with ${node(event.node)}`;
    case "node.down":
      return `the link with ${node(event.node)} is down: ${event.reason}`;
    case "node.unreachable":
      return `${node(event.node)} cannot be reached: ${event.reason}`;
    case "node.refused":
      return `${event.node === null ? event.remote : node(event.node)} is not let in: ${event.reason}`;
    case "node.misbehaved":
      return `${node(event.node)} sent what it may not: ${event.reason}; the link is closed`;
    case "node.suspected":
      return `${node(event.node)} has been silent for too long, and is suspected`;
    case "node.trusted":
      return `${node(event.node)} is heard again`;
    case "node.verdict":
      return `the verdict: ${node(event.node)} is lost (${event.reason})`;
    case "access.allowed":
      return `${node(event.node)} is let in from now on`;
    case "access.revoked":
      return `${node(event.node)} is let in no more: ${event.sessions} sessions and ${event.computations} computations end`;
    case "access.refused":
      return `${who(event.pid)}, sent by ${node(event.from)}, does not begin here: ${node(event.node)} is not let in`;
    case "connection.dialling":
      return `${node(event.node)} is dialled at ${event.address}`;
    case "handshake.done":
      return `handshake with ${node(event.node)} (${event.pattern}${event.dialled ? ", dialled" : ""}) in ${rounded(event.tookMs)} ms`;
    case "handshake.failed":
      return `handshake with ${event.node === null ? event.remote : node(event.node)} failed (${event.why}): ${event.reason}`;
    case "connection.up":
      return `connection with ${node(event.node)} is up${event.dialled ? ", dialled" : ""}`;
    case "connection.down":
      return `connection with ${node(event.node)} is down after ${rounded(event.upMs)} ms (${event.why}): ${event.reason}`;
    case "connection.retry":
      return `${node(event.node)} is dialled again in ${rounded(event.delayMs)} ms`;
    case "connection.busy":
      return `${event.queuedBytes} bytes wait for ${node(event.node)}: senders wait, too`;
    case "connection.drained":
      return `${event.queuedBytes} bytes wait for ${node(event.node)}: senders go on`;
    default:
      return null;
  }
}

/** Checkpoints, applications, what is done by hand, and events of others. */
function keepingWords(event: NodeEvent, voice: Voice): string {
  const { subject: who } = voice;
  switch (event.type) {
    case "checkpoint.written":
      return `a checkpoint of ${who(event.pid)}, epoch ${event.epoch}, is on the disk: ${event.bytes} bytes`;
    case "checkpoint.removed":
      return `the checkpoint of ${who(event.pid)}, epoch ${event.epoch}, is gone from the disk`;
    case "checkpoint.resumed":
      return `${who(event.pid, event.label)} goes on from a checkpoint, as epoch ${event.epoch}`;
    case "application": {
      const { change } = event;
      const application = `application ${event.application}`;
      if (change.type === "ended") {
        return `${application} has ended: ${causeText(change.cause)}${change.stopsNode ? "; the node stops" : ""}`;
      }
      if (change.type === "callback-failed") {
        return `${application}: ${change.callback} failed: ${causeText(change.cause)}`;
      }
      return `${application} is ${change.type}`;
    }
    case "loop.blocked": {
      const { pid, label, handling, several, stack } = event;
      const subject = pid === null ? "none of this node's processes" : who(pid, label);
      const doing = handling === null ? subject : `${subject}, handling ${handling}`;
      const where = placeIn(stack);
      const by = several ? `several processes, at last ${doing}` : doing;
      return `the event loop was blocked for ${rounded(event.blockedMs)} ms by ${by}${where === undefined ? "" : `, ${where}`}`;
    }
    case "devtools.action": {
      const { by, action, outcome } = event;
      const done = outcome.type === "done" ? "" : `, which was ${outcome.type}: ${outcome.reason}`;
      return `${by}: ${action} ${event.process === null ? "" : who(event.process)}${done}`;
    }
    default:
      return genericWords(event, voice.pid, voice.node);
  }
}

/** What a supervisor did about a child. */
function reported(report: SupervisorReport<Pid>, who: (pid: Pid) => string): string {
  switch (report.type) {
    case "child-started":
      return `child ${report.id} is started${report.added ? "" : " again"}, as ${who(report.pid)}`;
    case "child-ended":
      return `child ${report.id}, ${who(report.pid)}, has ended: ${causeText(report.cause)} (${report.decision})`;
    case "restarting":
      return `child ${report.id} is to be started again, number ${report.attempts} of its window`;
    case "gave-up":
      return `gives up at child ${report.id}: ${report.attempts} restarts are too many`;
    case "start-failed":
      return `child ${report.id} did not start: ${causeText(report.cause)} (${report.decision})`;
    case "backing-off":
      return `child ${report.id} is started again after ${rounded(report.delayMs)} ms`;
    case "child-stopping":
      return `child ${report.id}, ${who(report.pid)}, is told to end${report.byHand ? ", by hand" : ""}`;
    case "shutdown-error":
      return `child ${report.id}, ${who(report.pid)}, did not end as told: ${causeText(report.cause)}`;
    case "auto-shutdown":
      return `child ${report.id} was significant: the supervisor ends`;
  }
}

/** The author's innermost line of a stack; the innermost of all where none is. */
function placeIn(stack: readonly string[]): string | undefined {
  return stack.find((line) => !foreignLine.test(line)) ?? stack[0];
}

function rounded(ms: number): number {
  return Math.round(ms);
}
