import type { CrashSummary, Overview, ProcessRow } from "../../protocol/sheets.ts";
import { doingWords } from "../doing-words.ts";
import { h, type ComponentChildren, type VNode } from "../h.ts";
import { Sparkline } from "../look/chart.ts";
import { RowLink } from "../look/row-link.ts";
import { changePerSecond, count, duration, perSecond } from "../numbers.ts";
import { href } from "../route.ts";
import type { Trails } from "./trails.ts";
import { Said } from "../shown/said.ts";
import { visible } from "../shown/visible-text.ts";

export function Growing({ rows, trails }: { readonly rows: readonly ProcessRow[]; readonly trails: Trails }): VNode {
  return panel(
    "Growing mailboxes",
    [
      ["process", "name"],
      ["", "number"],
      ["waiting", "number narrow"],
      ["change", "number narrow"],
    ],
    "No mailbox grows.",
    rows.map((row) =>
      h(
        "tr",
        { key: row.pid },
        h("td", { class: "cut" }, h(RowLink, { row })),
        h(
          "td",
          { class: "number" },
          h(Sparkline, { values: trails.of(row.pid), label: "its mailbox, as this page saw it" }),
        ),
        h("td", { class: "number" }, count(row.mailbox)),
        h("td", { class: "number" }, changePerSecond(row.mailboxPerSecond)),
      ),
    ),
  );
}

/** A handler that takes longer is called stuck. */
const stuckMs = 1_000;

export function Stuck({ rows }: { readonly rows: readonly ProcessRow[] }): VNode {
  return panel(
    "Stuck handlers",
    [
      ["process", "name"],
      ["what it does", "words"],
      ["for", "number narrow"],
    ],
    "No handler takes longer than a second.",
    rows
      .filter(({ doingMs }) => doingMs >= stuckMs)
      .map((row) =>
        h(
          "tr",
          { key: row.pid },
          h("td", { class: "cut" }, h(RowLink, { row })),
          h("td", { class: "cut quiet", title: visible(doingWords(row)) }, h(Said, { text: doingWords(row) })),
          h("td", { class: "number narrow" }, duration(row.doingMs)),
        ),
      ),
  );
}

export function Busiest({ rows }: { readonly rows: readonly ProcessRow[] }): VNode {
  return panel(
    "Busiest",
    [
      ["process", "name"],
      ["reductions", "number"],
      ["received", "number"],
    ],
    "Nothing has run since the last sample.",
    rows.map((row) =>
      h(
        "tr",
        { key: row.pid },
        h("td", { class: "cut" }, h(RowLink, { row })),
        h("td", { class: "number" }, perSecond(row.reductionsPerSecond)),
        h("td", { class: "number" }, perSecond(row.receivedPerSecond)),
      ),
    ),
  );
}

export function Restarting({ rows }: { readonly rows: Overview["restarting"] }): VNode {
  return panel(
    "Restart loops",
    [
      ["supervisor", "name"],
      ["restarts in its window", "number"],
      ["in all", "number narrow"],
    ],
    "No supervisor is near its limit.",
    rows.map(({ supervisor, summary }) =>
      h(
        "tr",
        { key: supervisor.pid },
        h("td", { class: "cut" }, h(RowLink, { row: supervisor })),
        h(
          "td",
          { class: "number" },
          `${summary.restarts} of ${summary.allowed} in ${duration(summary.withinSeconds * 1000)}`,
        ),
        h("td", { class: "number" }, count(supervisor.restarts)),
      ),
    ),
  );
}

/** `nowMs`: the wall clock's time, to say how long ago they were. */
export function Deaths({ rows, nowMs }: { readonly rows: readonly CrashSummary[]; readonly nowMs: number }): VNode {
  return panel(
    "Last deaths",
    [
      ["process", "name"],
      ["cause", "words"],
      ["ago", "number narrow"],
    ],
    "Nothing has crashed.",
    rows.map((crash) =>
      h(
        "tr",
        { key: crash.id },
        h(
          "td",
          { class: "cut" },
          h(
            "a",
            { class: "process-link cut", href: href({ page: "crash", id: String(crash.id) }) },
            h(Said, { text: crash.name ?? crash.label }),
          ),
        ),
        h("td", { class: "cut quiet", title: visible(crash.cause) }, h(Said, { text: crash.cause })),
        h("td", { class: "number narrow" }, duration(Math.max(0, nowMs - crash.atMs))),
      ),
    ),
  );
}

/** In a panel, so that all of them are seen at once. The worst come first. */
const rowsMax = 5;

function panel(
  title: string,
  heads: readonly (readonly [title: string, kind: "name" | "words" | "number" | "number narrow"])[],
  empty: string,
  rows: ComponentChildren[],
): VNode {
  const id = `panel-${title.toLowerCase().replaceAll(" ", "-")}`;
  return h(
    "section",
    { class: "now-panel panel", "aria-labelledby": id },
    h("h2", { id }, title),
    rows.length === 0
      ? h("p", { class: "faint" }, empty)
      : h(
          "table",
          null,
          h(
            "thead",
            null,
            h(
              "tr",
              null,
              heads.map(([head, kind]) => h("th", { key: head, scope: "col", class: kind }, head)),
            ),
          ),
          h("tbody", null, rows.slice(0, rowsMax)),
        ),
  );
}
