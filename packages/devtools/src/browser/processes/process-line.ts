import type { Column, ProcessRow, TableQuery } from "../../protocol/sheets.ts";
import { doingWords } from "../doing-words.ts";
import { h, type ComponentChildren, type VNode } from "../h.ts";
import { changePerSecond, count, duration, perSecond } from "../numbers.ts";
import { callOf } from "../process-name.ts";
import { goQuery, route } from "../route.ts";
import { columns, sortedBy } from "./query.ts";
import { Said } from "../shown/said.ts";

export type Sort = TableQuery["sort"];

/** How many columns there are, with what it does. */
export const columnCount: number = columns.length + 1;

/** The headings; each sorts by its column. */
export function processHead({ by, descending, mode }: Sort): VNode {
  const heading = (column: Column): VNode => {
    const { title, rateTitle } = columns.find((other) => other.column === column) ?? { title: column };
    const sorted = by === column;
    return h(
      "span",
      {
        key: column,
        role: "columnheader",
        class: numeric(column) ? "number" : "",
        "aria-sort": sorted ? (descending ? "descending" : "ascending") : "none",
      },
      h(
        "button",
        { type: "button", class: "plain", onClick: () => goQuery(sortedBy(route.peek().query, column)) },
        mode === "rate" && rateTitle !== undefined ? rateTitle : title,
        h("span", { "aria-hidden": "true", class: "arrow" }, sorted ? (descending ? "▼" : "▲") : ""),
      ),
    );
  };
  return h(
    "div",
    { class: "process-line process-head", role: "row", "aria-rowindex": 1 },
    heading("pid"),
    heading("label"),
    h("span", { role: "columnheader", class: "words" }, "what it does"),
    heading("doingMs"),
    heading("mailbox"),
    heading("received"),
    heading("reductions"),
    heading("restarts"),
  );
}

export interface ProcessLineProps {
  readonly row: ProcessRow;
  readonly index: number;
  readonly mode: Sort["mode"];
  readonly active: boolean;
  readonly shown: boolean;
  readonly onPress: () => void;
}

export function ProcessLine({ row, index, mode, active, shown, onPress }: ProcessLineProps): VNode {
  const rate = mode === "rate";
  const { call, beside } = callOf(row);
  return h(
    "div",
    {
      class: `process-line ${active ? "is-active" : ""} ${shown ? "is-shown" : ""}`,
      role: "row",
      "aria-rowindex": index + 2,
      "aria-selected": shown,
      tabIndex: active ? 0 : -1,
      onClick: onPress,
    },
    cell("mono faint cut", row.shortPid),
    cell("cut", [
      h(Said, { text: call }),
      beside === "" ? null : h("span", { class: "faint" }, " ", h(Said, { text: beside })),
    ]),
    cell("words cut quiet", h(Said, { text: doingWords(row) })),
    cell("number quiet", duration(row.doingMs)),
    rate
      ? rateCell(row.mailboxPerSecond, changePerSecond)
      : cell(`number ${row.mailbox === 0 ? "faint" : ""}`, [
          h("span", { class: "change faint" }, changePerSecond(row.mailboxPerSecond)),
          ` ${count(row.mailbox)}`,
        ]),
    rate ? rateCell(row.receivedPerSecond, perSecond) : cell("number", count(row.received)),
    rate ? rateCell(row.reductionsPerSecond, perSecond) : cell("number", count(row.reductions)),
    cell(`number ${row.restarts === 0 ? "faint" : ""}`, count(row.restarts)),
  );
}

function cell(classes: string, content: ComponentChildren): VNode {
  return h("span", { role: "gridcell", class: classes }, content);
}

function rateCell(value: number | null, text: (value: number | null) => string): VNode {
  return value === 0 ? cell("number faint", "0") : cell("number", text(value));
}

function numeric(column: Column): boolean {
  return column !== "pid" && column !== "label";
}
