import { Pid, type NodeEvent, type Report } from "@espalier/runtime";
import { describeCause } from "espalier";
import { hashText, mix } from "../world/random.ts";
import type { Peer } from "./place.ts";

/** What a node reports, in a line. */
export function describeReport(report: Report): string {
  switch (report.type) {
    case "crash":
      return `${report.name ?? report.label} ${report.pid.toString()} crashed: ${describeCause(report.cause)}`;
    case "supervisor":
    case "application":
      return report.line;
    case "statechart.log":
      return `${report.label} ${report.pid.toString()}: ${report.parameters.map(describeValue).join(" ")}`;
    case "checkpoint.unusable":
    case "checkpoint.failed":
      return `${report.type} ${report.file}: ${report.reason}`;
    case "dead-letters":
      return `${report.count} ${report.type}, the last for ${report.to.toString()}: ${report.reason}`;
    case "cleanup-failed":
    case "trace":
    case "unexpected-message":
      return `${report.label} ${report.pid.toString()}: ${report.type}`;
  }
}

/** An event's type, and whatever of it is text, a number, or says what it is. */
export function describeEvent(event: NodeEvent): string {
  const fields = Object.entries(event).filter(([key]) => key !== "type" && key !== "message");
  return [event.type, ...fields.map(([key, value]) => `${key} ${describeValue(value)}`)].join(" ");
}

/**
 * A number that differs where what {@link describeEvent} says of two events of a type does, but for rare chance, and costs a fraction of it: for
 * the hash of a run, which needs no words.
 */
export function digestEvent(event: NodeEvent): number {
  let digest = 0;
  for (const key in event) {
    if (key !== "type" && key !== "message") digest = digestValue(event[key as keyof NodeEvent], digest);
  }
  return digest;
}

function digestValue(value: unknown, start: number): number {
  switch (typeof value) {
    case "number":
      // Times are whole multiples of 2^-10 ms.
      return mix(start ^ (value * 1024) ^ Math.floor(value / 2 ** 22));
    case "string":
      return hashText(value, start);
    case "object":
      if (value === null) return mix(start + 1);
      if (value instanceof Pid) return hashText(value.address.incarnation, mix(start ^ value.serial));
      return hashText(describeValue(value), start);
    default:
      return hashText(String(value), start);
  }
}

/** People read names, not keys; a pid shows the beginning of one. */
export function withNames(text: string, peers: readonly Peer[]): string {
  return peers.reduce(
    (text, { ref, name }) => text.replaceAll(ref.id, name).replaceAll(ref.id.slice(0, 8), name),
    text,
  );
}

function describeValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  // Pids and refs; causes and the like are plain data, and may hold what JSON does not.
  if (value.toString !== Object.prototype.toString) return (value as { toString(): string }).toString();
  const { type } = value as { readonly type?: unknown };
  return typeof type === "string" ? type : "…";
}
