import type { NodeEvent, Report } from "@espalier/runtime";
import { describeCause } from "espalier";
import type { Peer } from "./place.ts";

/** What a node reports, in a line. */
export function describeReport(report: Report): string {
  switch (report.type) {
    case "crash":
      return `${report.name ?? report.label} ${report.pid.toString()} crashed: ${describeCause(report.cause)}`;
    case "supervisor":
      return report.line;
    case "cleanup-failed":
    case "unexpected-message":
      return `${report.label} ${report.pid.toString()}: ${report.type}`;
  }
}

/** An event's type, and whatever of it is text, a number, or says what it is. */
export function describeEvent(event: NodeEvent): string {
  const fields = Object.entries(event).filter(([key]) => key !== "type" && key !== "message");
  return [event.type, ...fields.map(([key, value]) => `${key} ${describeValue(value)}`)].join(" ");
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
