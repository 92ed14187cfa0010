import type { ProcessSheet } from "../../protocol/sheets.ts";
import { h, type ComponentChild } from "../h.ts";
import { grouped, plural } from "../numbers.ts";
import { Said } from "../shown/said.ts";
import { Shown } from "../shown/shown.ts";
import { may } from "../store.ts";

/** The first messages that wait. */
export function MessagesTab({ sheet }: { readonly sheet: ProcessSheet }): ComponentChild {
  const { messages, row, stashed } = sheet;
  const more = row.mailbox - messages.length;
  return h(
    "div",
    null,
    h(
      "p",
      { class: "quiet" },
      plural(row.mailbox, "message waits", "messages wait"),
      stashed === 0 ? "" : `, ${grouped(stashed)} more are put aside`,
      row.handling === null ? null : [". It is handling ", h(Said, { text: row.handling })],
      ".",
    ),
    messages.length === 0
      ? h("p", { class: "empty" }, "Its mailbox is empty: it keeps up with what it is sent.")
      : h(
          "ol",
          { class: "messages" },
          messages.map(({ kind, value }, index) =>
            h(
              "li",
              { key: index },
              h("span", { class: "faint number" }, String(index + 1)),
              h(
                "div",
                null,
                h("span", { class: "mono" }, h(Said, { text: kind })),
                value.type === "hidden" ? null : h(Shown, { key: kind, value, label: `message ${index + 1}` }),
              ),
            ),
          ),
        ),
    more > 0 && messages.length > 0
      ? h("p", { class: "faint" }, `… and ${plural(more, "more", "more")} behind these.`)
      : null,
    may("values")
      ? null
      : h("p", { class: "faint" }, "Only kinds are shown: what is in messages needs the plane “values”."),
  );
}
