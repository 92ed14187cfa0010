import type { NodeEvent, Pid } from "@espalier/runtime";
import { describeCause, type SupervisorReport } from "espalier";
import { describeEvent } from "../scenario/describe-event.ts";
import type { Names } from "./names.ts";

/** What a node says happened, as a sentence whose subject may be read off its place. */
export function wordsOf(event: NodeEvent, names: Names): string {
  const who = (pid: Pid): string => names.subject(names.pid(pid));
  const named = (text: string): string => names.named(text);
  const target = (process: Pid | string): string => (typeof process === "string" ? process : who(process));
  switch (event.type) {
    case "spawn":
      return `${who(event.pid)} is spawned by ${names.pid(event.parent)}`;
    case "exit":
      return named(`${who(event.pid)} ends: ${describeCause(event.cause)}`);
    case "link":
      return `${who(event.from)} is linked to ${who(event.to)}`;
    case "monitor":
      return `${who(event.from)} monitors ${target(event.to)}`;
    case "down":
      return named(`${who(event.to)} is told that ${target(event.process)} is down: ${describeCause(event.cause)}`);
    case "register":
      return `${who(event.pid)} is now called ${event.name}`;
    case "transfer.started":
      return `${who(event.pid)} sets out for ${names.node(event.to)}, ${event.bytes} bytes, from epoch ${event.epoch}`;
    case "transfer.departed":
      return `${who(event.pid)} has left for ${names.node(event.to)}`;
    case "transfer.failed":
      return named(`${who(event.pid)} stays here, in epoch ${event.epoch}: ${event.reason}`);
    case "transfer.arrived":
      return `${who(event.pid)} arrives from ${names.node(event.from)}`;
    case "transfer.refused":
      return named(`${who(event.pid)} from ${names.node(event.from)} is refused: ${event.reason}`);
    case "transfer.granted":
      return `${who(event.pid)} may act here, as epoch ${event.epoch}`;
    case "transfer.dropped":
      return `${who(event.pid)} may act here no more as epoch ${event.epoch}, and is dropped`;
    case "transfer.forwarded":
      return `a signal for ${who(event.pid)} is sent on to ${names.node(event.to)}`;
    case "transfer.lost":
      return `the verdict: ${who(event.pid)}, epoch ${event.epoch}, is lost with ${names.node(event.node)}`;
    case "guest.finished":
      return `${who(event.pid)} has ended here, as epoch ${event.epoch}`;
    case "guest.acting":
      return `${who(event.pid)} takes its turn here, as epoch ${event.epoch}`;
    case "guest.performed":
      return `what ${who(event.pid)} did as epoch ${event.epoch} is performed in its name`;
    case "supervisor":
      return named(`${who(event.supervisor)}: ${reported(event.report, who)}`);
    case "node.up":
      return `linked with ${names.node(event.node)}`;
    case "node.down":
      return named(`the link with ${names.node(event.node)} is down: ${event.reason}`);
    case "node.unreachable":
      return named(`${names.node(event.node)} cannot be reached: ${event.reason}`);
    case "node.suspected":
      return `${names.node(event.node)} has been silent for too long, and is suspected`;
    case "node.trusted":
      return `${names.node(event.node)} is heard again`;
    case "node.verdict":
      return `the verdict: ${names.node(event.node)} is lost (${event.reason})`;
    case "heartbeat.created":
      return named(`${String(event.heartbeat)} begins, for ${event.durationMs} ms`);
    case "heartbeat.ended":
      return named(
        `${String(event.heartbeat)} has ended${event.cause === null ? "" : `: ${describeCause(event.cause)}`}` +
          (event.decidedHere ? ", decided here" : ""),
      );
    default:
      return named(describeEvent(event));
  }
}

/** What a supervisor did about a child. */
function reported(report: SupervisorReport<Pid>, who: (pid: Pid) => string): string {
  switch (report.type) {
    case "child-started":
      return `child ${report.id} is started${report.added ? "" : " again"}, as ${who(report.pid)}`;
    case "child-ended":
      return `child ${report.id}, ${who(report.pid)}, has ended: ${describeCause(report.cause)} (${report.decision})`;
    case "restarting":
      return `child ${report.id} is to be started again, number ${report.attempts} of its window`;
    case "gave-up":
      return `gives up at child ${report.id}: ${report.attempts} restarts are too many`;
    default:
      return `child ${report.id}: ${report.type}`;
  }
}
