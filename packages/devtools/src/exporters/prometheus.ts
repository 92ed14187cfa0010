import type { Node } from "@espalier/runtime";
import { NodeLook, nodeMetrics, type MetricsOptions, type NodeMetric, type Sample } from "./node-metrics.ts";

/** The media type of {@link prometheusText}. */
export const prometheusType = "text/plain; version=0.0.4; charset=utf-8";

/**
 * How a node does, in Prometheus' text format, for the program's own `/metrics`. It goes once through the columns of the node's
 * processes, and asks none of them. How many series there are does not depend on how many processes there are.
 *
 * ```ts
 * import { Node } from "espalier";
 * import { prometheusText } from "@espalier/devtools";
 *
 * await using node = await Node.start();
 * prometheusText(node).split("\n").includes('espalier_processes{doing="runnable"} 0'); // => true
 * ```
 *
 * @throws RangeError when more labels are asked for than there may be.
 */
export function prometheusText(node: Node, options: MetricsOptions = {}): string {
  const look = new NodeLook(node, options);
  const lines = infoLines(node);
  for (const metric of nodeMetrics) {
    const samples = metric.read(look);
    if (samples.length > 0) lines.push(...headOf(metric), ...samples.map((sample) => lineOf(metric, sample)));
  }
  return `${lines.join("\n")}\n`;
}

function infoLines(node: Node): string[] {
  const name = "espalier_node_info";
  const labels = { node: node.ref.id, incarnation: node.incarnation };
  return [
    `# HELP ${name} The node, and which life of it this is.`,
    `# TYPE ${name} gauge`,
    `${name}${labelsOf(labels)} 1`,
  ];
}

const unitNames: Readonly<Record<NodeMetric["unit"], string>> = {
  ...{ "{process}": "", "{message}": "", "{event}": "", "{link}": "", "1": "" },
  ...{ By: "_bytes", ms: "_milliseconds" },
};

function nameOf({ name, unit, kind }: NodeMetric): string {
  return `espalier_${name.replaceAll(".", "_")}${unitNames[unit]}${kind === "counter" ? "_total" : ""}`;
}

function headOf(metric: NodeMetric): readonly string[] {
  const name = nameOf(metric);
  const help = metric.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${metric.kind}`];
}

function lineOf(metric: NodeMetric, { labels, value }: Sample): string {
  return `${nameOf(metric)}${labelsOf(labels)} ${numberOf(value)}`;
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);
}
