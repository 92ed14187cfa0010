import type { ProcessRow, ProcessSheet, SupervisorSummary } from "../../protocol/sheets.ts";
import { h, type ComponentChild, type ComponentChildren } from "../h.ts";
import { Chart } from "../look/chart.ts";
import { count, duration, grouped, perSecond, plural } from "../numbers.ts";
import { callOf } from "../process-name.ts";
import { Said } from "../shown/said.ts";
import { Shown } from "../shown/shown.ts";
import { ProcessLink } from "../look/process-link.ts";
import { seenMax, type Seen } from "./seen.ts";

/** What a process does, since when, and where it stands. */
export function OverviewTab({ sheet, seen }: { readonly sheet: ProcessSheet; readonly seen: Seen }): ComponentChild {
  const { row, supervisor } = sheet;
  return h(
    "div",
    null,
    h(
      "div",
      { class: "process-charts" },
      h(Chart, { title: "mailbox", values: seen.mailbox, places: seenMax, text: count }),
      h(Chart, { title: "received", values: seen.received, places: seenMax, text: perSecond }),
    ),
    h(
      "dl",
      { class: "facts" },
      sheet.waitingOn === null ? null : h(Fact, { name: "waits on" }, h(ProcessLink, { ...sheet.waitingOn })),
      sheet.stashed === 0 ? null : h(Fact, { name: "put aside" }, plural(sheet.stashed, "message", "messages")),
      h(Fact, { name: "received" }, `${count(row.received)} in all`),
      h(Fact, { name: "work" }, `${count(row.reductions)} operations in all, ${perSecond(row.reductionsPerSecond)}`),
      h(Fact, { name: "ancestors" }, h(Ancestors, { sheet })),
      row.child === null ? null : h(Fact, { name: "child id" }, h(Said, { text: row.child })),
      h(
        Fact,
        { name: "restarts" },
        row.kind === "supervisor" ? `${grouped(row.restarts)} of its children` : grouped(row.restarts),
      ),
      supervisor === null ? null : h(Fact, { name: "supervises" }, h(Supervises, { supervisor })),
      h(Fact, { name: "traps exits" }, sheet.trapping ? "yes" : "no"),
      h(Fact, { name: "place" }, placeOf(sheet)),
      sheet.timers.length === 0
        ? null
        : h(
            Fact,
            { name: "timers" },
            h(
              "ul",
              null,
              sheet.timers.map(({ what, remainingMs }) =>
                h("li", null, h(Said, { text: what }), h("span", { class: "faint" }, ` in ${duration(remainingMs)}`)),
              ),
            ),
          ),
    ),
    isEmpty(sheet)
      ? null
      : h(
          "section",
          { class: "part" },
          h("h3", null, "what it says about itself"),
          h(Shown, { value: sheet.details, label: "what it says about itself" }),
        ),
  );
}

/** A line of a list of facts. */
export function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children?: ComponentChildren;
}): ComponentChild {
  return [h("dt", null, name), h("dd", null, children)];
}

/** What a process does now, in words. */
export function Doing({ row }: { readonly row: ProcessRow }): ComponentChild {
  const forMs = h("span", { class: "faint" }, ` for ${duration(row.doingMs)}`);
  if (row.suspended) return ["suspended", forMs];
  switch (row.doing) {
    case "idle":
      return ["idle", forMs];
    case "waiting":
      return [
        "waits for ",
        h(Said, { text: row.waitingFor ?? "something" }),
        forMs,
        row.handling === null ? null : [", handling ", h(Said, { text: row.handling })],
      ];
    case "runnable":
      return row.handling === null ? ["is about to run", forMs] : ["handling ", h(Said, { text: row.handling }), forMs];
    case "elsewhere":
      return ["computes on another node", forMs];
    case "ended":
      return ["has ended"];
  }
}

function Ancestors({ sheet }: { readonly sheet: ProcessSheet }): ComponentChild {
  if (sheet.ancestors.length === 0) return h("span", { class: "faint" }, "none here");
  return h(
    "nav",
    { "aria-label": "ancestors" },
    h(
      "ol",
      { class: "breadcrumb" },
      sheet.ancestors.toReversed().map((ancestor) => h("li", { key: ancestor.pid }, h(ProcessLink, ancestor))),
      h("li", { "aria-current": "true" }, h(Said, { text: callOf(sheet.row).call })),
    ),
  );
}

/** The strategy of a supervisor, and how many restarts it has left. */
export function Supervises({ supervisor }: { readonly supervisor: SupervisorSummary }): ComponentChild {
  const { strategy, phase, restarts, allowed, withinSeconds } = supervisor;
  const high = restarts > 0 && restarts >= allowed;
  return [
    strategy === null ? null : [h(Said, { text: strategy }), ", "],
    h("span", { class: high ? "critical" : "" }, `${restarts} of ${allowed} restarts in ${withinSeconds} s`),
    phase === "running" ? null : [", ", h(Said, { text: phase })],
  ];
}

function placeOf({ place, host }: ProcessSheet): string {
  const there = host === null ? "another node" : `node ${host.slice(0, 8)}`;
  switch (place) {
    case "home":
      return "at home";
    case "away":
      return `away, on ${there}`;
    case "guest":
      return "a guest here; its home is another node";
    case "leaving":
      return `leaving for ${there}`;
  }
}

function isEmpty({ details }: ProcessSheet): boolean {
  if (details.type === "plain") return details.text === "null" || details.text === "undefined";
  return details.type === "object" && details.entries.length === 0 && details.more === 0;
}
