import { Pid, type Node, type NodeEvent, type RecordedNodeEvent } from "@espalier/runtime";
import type { RecordedLine } from "../protocol/sheets.ts";
import { describeEvent } from "../words/describe-event.ts";

/** The newest entries of the flight recorder for which `concerns` holds, the oldest of them first. */
export function newestLines(node: Node, max: number, concerns: (event: NodeEvent) => boolean): RecordedLine[] {
  const { recorder, host } = node.kernel;
  const entries = recorder.entries();
  const found: RecordedNodeEvent[] = [];
  for (let index = entries.length - 1; index >= 0 && found.length < max; index -= 1) {
    const entry = entries[index] as RecordedNodeEvent;
    if (concerns(entry.event)) found.push(entry);
  }
  const epochMs = host.clock.wall() - host.clock.monotonic();
  return found.toReversed().map(({ serial, atMs, event }) => {
    const { text, pids } = describeEvent(event);
    return { serial, atMs: epochMs + atMs, type: event.type, text, pids: pids.map(({ key }) => key) };
  });
}

/** Whether an event is about a process: as its subject, or as the other one. */
export function isAbout(event: NodeEvent, pid: Pid): boolean {
  const fields = event as Readonly<Record<string, unknown>>;
  return (
    isSame(fields["pid"], pid) ||
    isSame(fields["from"], pid) ||
    isSame(fields["to"], pid) ||
    isSame(fields["parent"], pid) ||
    isSame(fields["process"], pid) ||
    isSame(fields["supervisor"], pid) ||
    isSame((fields["report"] as { readonly pid?: unknown } | undefined)?.pid, pid)
  );
}

function isSame(value: unknown, pid: Pid): boolean {
  return value instanceof Pid && value.equals(pid);
}
