import { useMemo, useRef } from "preact/hooks";
import type { Overview } from "../../protocol/sheets.ts";
import { h, type VNode } from "../h.ts";
import { Chart } from "../look/chart.ts";
import { bytes, count, duration, grouped, percent, perSecond } from "../numbers.ts";
import { Said } from "../shown/said.ts";
import { currentNode, useFollow } from "../store.ts";
import { FindingsList } from "./findings-list.ts";
import { Busiest, Deaths, Growing, Restarting, Stuck } from "./panels.ts";
import { Trails } from "./trails.ts";

/** What is wrong now, on one screen. */
export function NowPage(): VNode {
  const overview = useFollow("overview", {});
  const trails = useMemo(() => new Trails(), [currentNode.value?.id]);
  const last = useRef<Overview | null>(null);
  if (overview === null) return h("p", { class: "empty" }, "Waiting for the first sample.");
  if (last.current !== overview) trails.push(overview.growing);
  last.current = overview;
  return h(
    "div",
    { class: "now" },
    header(overview),
    h(FindingsList, { findings: overview.findings }),
    h(
      "div",
      { class: "now-panels" },
      h(Growing, { rows: overview.growing, trails }),
      h(Stuck, { rows: overview.stuck }),
      h(Busiest, { rows: overview.busiest }),
      h(Restarting, { rows: overview.restarting }),
      h(Deaths, { rows: overview.deaths, nowMs: Date.now() }),
    ),
    charts(overview),
  );
}

function header({
  node,
  upMs,
  loop,
  memory,
  processes,
  runnable,
  timers,
  deadLetters,
  restarts,
  crashes,
}: Overview): VNode {
  const facts: readonly (readonly [string, string | null])[] = [
    ["up", duration(upMs)],
    ["processes", grouped(processes)],
    ["runnable", count(runnable)],
    ["timers", count(timers)],
    ["restarts", count(restarts)],
    ["crashes", count(crashes)],
    ["dead letters", count(deadLetters)],
    ["loop late", loop === null ? null : `${duration(loop.lastMs)}, ${duration(loop.worstMs)} at worst`],
    ["loop busy", loop === null ? null : percent(loop.utilization)],
    ["memory", memory === null ? null : bytes(memory.rssBytes)],
    ["heap", memory === null ? null : `${bytes(memory.heapUsedBytes)} of ${bytes(memory.heapLimitBytes)}`],
    ["runs on", node.program.runtime],
  ];
  return h(
    "section",
    { class: "now-header", "aria-label": "The node" },
    h("h1", null, h(Said, { text: node.program.title }), " ", h("span", { class: "faint mono" }, node.id)),
    h(
      "dl",
      null,
      facts.map(([name, text]) =>
        text === null ? null : h("div", { key: name }, h("dt", null, name), h("dd", null, text)),
      ),
    ),
  );
}

function charts({ history, loop }: Overview): VNode {
  const places = Math.max(2, Math.round(60_000 / Math.max(1, history.everyMs)));
  return h(
    "section",
    { class: "now-charts", "aria-label": "The last minute" },
    h(Chart, { title: "processes", values: history.processes, places, text: count }),
    h(Chart, { title: "messages received", values: history.messagesPerSecond, places, text: perSecond }),
    h(Chart, { title: "messages waiting", values: history.mailbox, places, text: count }),
    loop === null ? null : h(Chart, { title: "event loop late", values: history.loopMs, places, text: duration }),
  );
}
