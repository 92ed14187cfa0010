import type { ProcessSheet } from "../../protocol/sheets.ts";
import { h, type ComponentChild } from "../h.ts";
import { duration, plural } from "../numbers.ts";
import { href } from "../route.ts";
import { Said } from "../shown/said.ts";
import { incarnations } from "./incarnations.ts";
import { ProcessLink } from "../look/process-link.ts";
import { When } from "../look/when.ts";

/** The lives of a child, the newest first: how each ended, and how long it had lasted. */
export function RestartsTab({ sheet }: { readonly sheet: ProcessSheet }): ComponentChild {
  const { row, restarts } = sheet;
  if (row.child === null) {
    return h("p", { class: "empty" }, "No supervisor has it as a child, so nobody starts it again when it ends.");
  }
  if (restarts.length === 0)
    return h("p", { class: "empty" }, "It has not been started again: this is its first life.");
  const lives = incarnations(restarts);
  const longestMs = Math.max(1, ...lives.map(({ livedMs }) => livedMs ?? 0));
  return h(
    "div",
    null,
    h(
      "p",
      { class: "quiet" },
      "The child ",
      h(Said, { text: row.child }),
      ` was started again ${plural(row.restarts, "time", "times")}`,
      row.restarts > restarts.length ? `; the last ${restarts.length} are here.` : ".",
    ),
    h(
      "ol",
      { class: "lives" },
      lives.map((life) =>
        h(
          "li",
          { key: `${life.pid} ${life.atMs}` },
          h("span", { class: "life-time" }, h(When, { atMs: life.atMs, exact: true })),
          h(
            "span",
            { class: "life-bar", "aria-hidden": "true" },
            life.livedMs === null
              ? null
              : h("span", { style: { width: `${Math.max(2, (life.livedMs / longestMs) * 100)}%` } }),
          ),
          h(
            "div",
            null,
            h(ProcessLink, { pid: life.pid, label: null }),
            " ",
            h(Said, { text: life.cause }),
            life.livedMs === null ? null : h("span", { class: "faint" }, ` after ${duration(life.livedMs)}`),
            life.crash === null
              ? null
              : [" ", h("a", { href: href({ page: "crash", id: String(life.crash) }) }, "crash report")],
          ),
        ),
      ),
    ),
  );
}
