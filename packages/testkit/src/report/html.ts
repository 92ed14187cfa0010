import type { RunRecord } from "../record/run-record.ts";
import { simulatedCrypto } from "../node/crypto.ts";
import { escape, scriptJson } from "./escape.ts";
import { start } from "./page/start.ts";
import { style } from "./page/style.ts";
import { tools } from "./page/tools.ts";
import { faultsTable, historyTable, nodesAtTheEnd, storyList } from "./sections.ts";
import { replayOf, textOf } from "./text.ts";

export interface HtmlOptions {
  /** The replay file, as a command would name it. */
  readonly file?: string;
}

/**
 * A run as one page that needs nothing else: it opens from a file, loads nothing, and whatever of the run it shows is text.
 *
 * Its code is that of `page/`, compiled and checked like everything else, and put into the page by its own text: so each of those functions
 * names nothing outside itself. The policy of the page lets exactly this code and this style run, by their hashes: were something of a run to
 * become markup it still could not act.
 */
export function renderHtml(record: RunRecord, { file }: HtmlOptions = {}): string {
  const parts = Object.entries(tools).map(([name, part]) => `${name}: ${String(part)}`);
  const script = `"use strict";\n(${String(start)})(document, window, {\n${parts.join(",\n")}\n});\n`;
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const { failure, scenario } = record;
  const title = failure === null ? `${scenario}: it holds` : `${scenario}: ${failure.property}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${header(record, file)}
<div class="columns">
<section><h2>How it came to that</h2>${storyList(record)}</section>
<section><h2>Faults</h2>${faultsTable(record)}</section>
</div>
<section>
<h2 id="timeline-title">Timeline</h2>
<div class="bar">
<button id="focus" type="button">Focus on the failure</button><button id="fit" type="button">Whole run</button>
<button id="zoom-out" type="button" aria-label="Zoom out">−</button><button id="zoom-in" type="button" aria-label="Zoom in">+</button>
<span class="gap"></span><span>Messages:</span><span id="filters"></span>
</div>
<div id="picture" tabindex="0" role="group" aria-labelledby="timeline-title" aria-describedby="keys">
<canvas id="timeline"></canvas>
<canvas id="overview"></canvas>
<aside id="details" aria-live="polite" hidden></aside>
</div>
<p class="legend" id="keys">Drag or use the arrow keys to move, + and − or Ctrl with the wheel to zoom, F for the failure, 0 for the whole run; click on anything to see
what is known of it. Arrows are messages: dashed ones were held back or came again, a cross ends one that was lost.</p>
</section>
<section><h2>${failure === null ? "At the end" : "When the failure was seen"}</h2>${nodesAtTheEnd(record)}</section>
<section><h2>What clients asked for</h2>${historyTable(record)}</section>
<section><h2>As text</h2><pre>${escape(textOf(record, file))}</pre></section>
</main>
<script type="application/json" id="record">${scriptJson(record)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function header(record: RunRecord, file: string | undefined): string {
  const { failure, scenario, world, plan, endMs, events, messages, traceHash, left } = record;
  const number = (value: number): string => value.toLocaleString("en");
  const facts: readonly (readonly [string, string])[] = [
    ["world", world],
    ["seed", String(plan.seed)],
    ["virtual time", `${number(Math.round(endMs))} ms`],
    ["events", number(events)],
    ["messages", number(messages.length + left.messages)],
    ["trace", traceHash],
  ];
  const what =
    failure === null ? "" : `<p class="what"><b>${escape(failure.property)}</b>: ${escape(failure.what)}</p>`;
  const missing =
    left.messages + left.events === 0
      ? ""
      : `<p class="quiet">The run was long: its first ${left.messages} messages and ${left.events} events are not shown.</p>`;
  return `<header>
<span class="status${failure === null ? " ok" : ""}">${failure === null ? "HOLDS" : "FAILED"}</span>
<h1>${escape(scenario)}</h1>
${what}
<p class="facts">${facts.map(([name, value]) => `<span>${name} <b>${escape(value)}</b></span>`).join("")}</p>
<code class="replay">${escape(replayOf(record, file))}</code>
${missing}
</header>`;
}

/** What a policy calls a text by. */
function digest(text: string): string {
  const bytes = simulatedCrypto.sha256(new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...bytes))}`;
}
