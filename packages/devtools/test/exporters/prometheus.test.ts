import { Node, type Cell, type Node as RunningNode } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { expect, test } from "vitest";
import { prometheusText } from "../../src/exporters/prometheus.ts";

async function startNode(): Promise<RunningNode> {
  const host = new ManualHost();
  return await host.wait(Node.start({ host }));
}

/** As many processes as labels; none of them has had its turn. */
function fill({ kernel }: RunningNode, labels: readonly string[]): Cell[] {
  return labels.map((label) => kernel.spawn(kernel.root, function* () {}, [], null, label));
}

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text format as its specification has it, and refuses anything else. */
function parse(text: string): readonly Series[] {
  expect(text.endsWith("\n")).toBe(true);
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const series: Series[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment !== null) {
      const [, kind, name, rest] = comment as unknown as [string, string, string, string];
      const seen: { has(name: string): boolean } = kind === "HELP" ? helped : types;
      expect(seen.has(name)).toBe(false);
      if (kind === "HELP") helped.add(name);
      else types.set(name, rest);
      continue;
    }
    const [, name, labels = "", value] =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`expected a sample, got ${line}`);
    expect(helped.has(name) && types.has(name)).toBe(true);
    expect(name.endsWith("_total")).toBe(types.get(name) === "counter");
    series.push({ name, labels: labelsOf(labels), value: Number(value) });
  }
  const keys = series.map(({ name, labels }) => JSON.stringify([name, labels]));
  expect(new Set(keys).size).toBe(keys.length);
  return series;
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const [all, name, value] = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/.exec(rest) ?? [];
    if (all === undefined || name === undefined || value === undefined) throw new Error(`expected labels, got ${rest}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(all.length);
  }
  return labels;
}

const values = (series: readonly Series[], name: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    series.filter((one) => one.name === name).map(({ labels, value }) => [Object.values(labels).join(), value]),
  );

test("the text is in the format, and says how many processes do what", async () => {
  const node = await startNode();
  const [first, second, third] = fill(node, ["a", "a", "b"]) as [Cell, Cell, Cell];
  for (let count = 0; count < 11; count += 1) node.kernel.deliver(first, "to do");
  for (let count = 0; count < 2000; count += 1) node.kernel.deliver(third, "to do");
  node.kernel.exits.kill(second);
  const series = parse(prometheusText(node));
  expect(values(series, "espalier_processes")).toEqual({ idle: 0, waiting: 0, runnable: 2, elsewhere: 0 });
  expect(values(series, "espalier_processes_started_total")).toEqual({ "": 3 });
  expect(values(series, "espalier_mailbox_messages")).toEqual({ "": 2011 });
  expect(values(series, "espalier_mailbox_longest")).toEqual({ "": 2000 });
  expect(values(series, "espalier_mailbox_deeper_than")).toEqual({
    ...{ 0: 2, 10: 2, 100: 1, 1000: 1, 10000: 0, 100000: 0 },
  });
  expect(values(series, "espalier_processes_by_label")).toEqual({ a: 1, b: 1 });
  expect(series.find(({ name }) => name === "espalier_node_info")?.labels).toEqual({
    ...{ node: node.ref.id, incarnation: node.incarnation },
  });
});

test("labels of processes are text, whatever is in them, and each is told once", async () => {
  const node = await startNode();
  const odd = 'a"} 1\nevil{b="\\n';
  fill(node, [odd, odd, "", "\ud800", "\udfff", "x".repeat(200), `${"x".repeat(150)}y`]);
  const byLabel = values(parse(prometheusText(node)), "espalier_processes_by_label");
  expect(byLabel).toEqual({ [odd]: 2, "\ufffd": 2, [`${"x".repeat(119)}…`]: 2, "": 1 });
});

test("ten thousand processes with a label each make less than 500 series (S339)", async () => {
  const node = await startNode();
  fill(
    node,
    Array.from({ length: 10_000 }, (_, index) => `session ${index}`),
  );
  const series = parse(prometheusText(node, { labels: 100 }));
  expect(series.length).toBeLessThan(500);
  const byLabel = values(series, "espalier_processes_by_label");
  expect(Object.keys(byLabel)).toHaveLength(101);
  expect(byLabel[""]).toBe(9_900);
  expect(() => prometheusText(node, { labels: 201 })).toThrow("labels: expected a whole number from 0 to 200, got 201");
});

test("what the observer measures is there with its overview", async () => {
  const node = await startNode();
  const overview = { restarts: 3, loop: { lastMs: 1.5, worstMs: 20, utilization: 0.25 }, memory: null };
  const series = parse(prometheusText(node, { overview: overview as never }));
  expect(values(series, "espalier_restarts_total")).toEqual({ "": 3 });
  expect(values(series, "espalier_event_loop_delay_milliseconds")).toEqual({ last: 1.5, worst: 20 });
  expect(values(series, "espalier_memory_bytes")).toEqual({});
});
