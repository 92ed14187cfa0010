import { describeTiming } from "../fault/fault.ts";
import type { HistoryEntry } from "../history/history.ts";
import type { NodeSnapshot, ProcessSnapshot, RunRecord } from "../record/run-record.ts";
import { escape } from "./escape.ts";
import { storyOf } from "./story.ts";

/** More of a history than that is not listed: the last of it. */
const historyMax = 300;

/** The story, one line a row. */
export function storyList(record: RunRecord): string {
  const lines = storyOf(record);
  if (lines.length === 0) return `<p class="quiet">Nothing failed: there is no story to tell.</p>`;
  const items = lines.map((line, index) => {
    const [, time = "", place = "", text = ""] = /^ *(\S+) ms {2}(\S+) +(.*)$/s.exec(line) ?? [];
    const kind = index === lines.length - 1 ? "end" : place === "fault" ? "fault" : "";
    return `<li class="${kind}"><button type="button" id="moment-${index}" title="Show this moment">${escape(time)} ms</button><span class="place">${escape(place)}</span><span class="said">${escape(text)}</span></li>`;
  });
  return `<ol class="story">${items.join("\n")}</ol>`;
}

/** Each fault of the plan, whether it was applied, and how often it changed something. */
export function faultsTable({ faults }: RunRecord): string {
  if (faults.length === 0) return `<p class="quiet">None was planned.</p>`;
  const rows = faults.map(
    ({ fault, text, applied, effective }) => `<tr class="${effective === 0 ? "inert" : ""}">
<td>${escape(describeTiming(fault))}</td><td>${escape(text)}</td><td>${applied ? "yes" : "no"}</td><td class="number">${effective}</td></tr>`,
  );
  const applied = faults.filter((fault) => fault.applied).length;
  const effective = faults.filter((fault) => fault.effective > 0).length;
  return `<table><thead><tr><th>since the boot</th><th>fault</th><th>applied</th><th class="number">effect</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table>
<p class="legend">${faults.length} planned, ${applied} applied, ${effective} with an effect.</p>`;
}

/** Every node with its processes, by who supervises or spawned whom. */
export function nodesAtTheEnd({ state }: RunRecord): string {
  return `<div class="nodes">${state.map(nodeCard).join("\n")}</div>`;
}

function nodeCard({ name, state, life, tree, peers, heartbeats, counts }: NodeSnapshot): string {
  const about = [`${state}, life ${life}`, ...(peers === null ? [] : [`linked with ${peers.join(", ") || "nobody"}`])];
  const left = Object.entries(counts).filter(([, count]) => count > 0);
  const pulses = heartbeats.map(
    ({ id, status, decidedHere }) => `${escape(id)} ${escape(status)}${decidedHere ? "" : " (decided elsewhere)"}`,
  );
  return `<article class="node">
<h3>${escape(name)} <span class="quiet">${escape(about.join("; "))}</span></h3>
${tree.length === 0 ? `<p class="quiet">No processes.</p>` : `<ul class="tree">${tree.map((process) => branch(process)).join("")}</ul>`}
${pulses.length === 0 ? "" : `<p class="quiet">Heartbeats: ${pulses.join("; ")}</p>`}
${left.length === 0 ? "" : `<details><summary>What else it keeps</summary><dl>${left.map(([key, count]) => `<dt>${escape(key)}</dt><dd>${count}</dd>`).join("")}</dl></details>`}
</article>`;
}

function branch(process: ProcessSnapshot): string {
  const { pid, name, label, status, place, host, waitingFor, mailbox, links, details, children } = process;
  const away =
    place === "home"
      ? ""
      : ` <span class="tag ${escape(place)}">${escape(host === null ? place : `at ${host}`)}</span>`;
  const more = [
    waitingFor === null ? status : `waits for ${waitingFor}`,
    ...(mailbox === 0 ? [] : [`${mailbox} in its mailbox`]),
    ...(links.length === 0 ? [] : [`linked to ${links.join(", ")}`]),
  ];
  const supervised = supervision(details);
  const below = children.map((child) => branch(child)).join("");
  return `<li>${escape(name ?? label)} <span class="pid mono">${escape(pid)}</span>${away} <span class="quiet">${escape(more.join("; "))}</span>${supervised}${below === "" ? "" : `<ul>${below}</ul>`}</li>`;
}

/** What a supervisor says of itself, if that is what it is: its strategy, and each child with its state. */
function supervision(details: ProcessSnapshot["details"]): string {
  if (typeof details !== "object" || details === null || Array.isArray(details)) return "";
  const { type, strategy, phase, restarts, children } = details as Readonly<Record<string, unknown>>;
  if (type !== "supervisor" || !Array.isArray(children)) return "";
  const states = (children as readonly Readonly<Record<string, unknown>>[]).map(
    ({ id, state, pid }) =>
      `<span class="${state === "running" ? "" : "absent"}">${escape(`${said(id, "child")} ${said(pid, "")} ${said(state, "")}`)}</span>`,
  );
  const what = `${said(strategy, "dynamic")}, ${said(phase, "")}, ${said(restarts, "0")} restarts`;
  return `<div class="quiet">${escape(what)}${states.length === 0 ? "" : `: ${states.join(", ")}`}</div>`;
}

function said(value: unknown, otherwise: string): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : otherwise;
}

/** What clients asked for, in the order in which they asked. */
export function historyTable({ history }: RunRecord): string {
  if (history.length === 0) return `<p class="quiet">Nothing.</p>`;
  const shown = history.slice(-historyMax);
  const more =
    history.length > shown.length ? `<p class="legend">The last ${historyMax} of ${history.length}.</p>` : "";
  return `<table><thead><tr><th class="number">asked, ms</th><th class="number">answered, ms</th><th>client</th><th>operation</th><th>input</th><th>outcome</th></tr></thead>
<tbody>${shown.map(historyRow).join("\n")}</tbody></table>${more}`;
}

function historyRow({ node, client, op, input, invokedMs, outcome }: HistoryEntry): string {
  const answered = outcome.type === "unknown" ? "–" : outcome.atMs.toFixed(3);
  const came =
    outcome.type === "ok"
      ? `<span class="ok-text">ok</span> ${outcome.output === null ? "" : escape(JSON.stringify(outcome.output))}`
      : outcome.type === "failed"
        ? `<span class="bad-text">failed</span> ${escape(outcome.reason)}`
        : `<span class="quiet">unknown</span>`;
  const asked = input === null ? "" : escape(JSON.stringify(input));
  return `<tr><td class="number">${invokedMs.toFixed(3)}</td><td class="number">${answered}</td><td>${escape(`${client} (${node})`)}</td><td>${escape(op)}</td><td class="mono">${asked}</td><td>${came}</td></tr>`;
}
