import type { NodeEvent, Report } from "@espalier/runtime";
import { describeCause, Node, type NodeOptions } from "espalier";
import type { Cluster, SimulatedNode } from "./scenario.ts";

/** What a scenario may say of a node. Its host, its key, its address and whom it lets in are the world's business. */
export type StartNodeOptions = Pick<NodeOptions, "lease">;

/**
 * Starts a node of Espalier on a simulated machine, with everything that ships: codec, code store, sessions, distribution. All nodes of the
 * cluster let each other in, and nobody else. What happens to it goes into the trace, and what matters into the story.
 */
export async function startNode<App>(
  { name, host, url, machine }: SimulatedNode<App>,
  { world, nodes }: Cluster<App>,
  options: StartNodeOptions = {},
): Promise<Node> {
  // People read names, not keys; a pid shows the beginning of one.
  const named = (text: string): string =>
    nodes.reduce((text, { ref, name }) => text.replaceAll(ref.id, name).replaceAll(ref.id.slice(0, 8), name), text);
  const node = await Node.start({
    ...options,
    host,
    identity: machine.identity,
    listen: url,
    allow: nodes.map(({ ref }) => ref.id).filter((id) => id !== machine.identity.id),
    logger: { report: (report) => world.tell(name, named(describeReport(report))) },
  });
  node.events.subscribe((event) => {
    const what = named(describeEvent(event));
    if (/^(node|transfer)\./.test(event.type)) world.tell(name, what);
    else world.note(name, what);
  });
  return node;
}

function describeReport(report: Report): string {
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

/** Its type, and whatever of it is text, a number, or says what it is. */
function describeEvent(event: NodeEvent): string {
  const fields = Object.entries(event).filter(([key]) => key !== "type" && key !== "message");
  return [event.type, ...fields.map(([key, value]) => `${key} ${describeValue(value)}`)].join(" ");
}

function describeValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  // Pids and refs; causes and the like are plain data, and may hold what JSON does not.
  if (value.toString !== Object.prototype.toString) return (value as { toString(): string }).toString();
  const { type } = value as { readonly type?: unknown };
  return typeof type === "string" ? type : "…";
}
