import { useEffect, useState } from "preact/hooks";
import type { TablePage, TableQuery } from "../../protocol/sheets.ts";
import { h, type VNode } from "../h.ts";
import { CopyButton } from "../look/copy-button.ts";
import { Toggle } from "../look/toggle.ts";
import { grouped } from "../numbers.ts";
import { goQuery, route } from "../route.ts";
import { ask } from "../store.ts";
import { csv } from "./csv.ts";
import { columns, doings, kinds } from "./query.ts";

const copiedAtMost = 500;

/** Which processes, in what order, and how to take them elsewhere. */
export function ToolBar(properties: {
  readonly query: Omit<TableQuery, "first" | "count">;
  readonly page: TablePage | null;
}): VNode {
  const { query, page } = properties;
  const { sort, filter } = query;
  const first = async (): Promise<TablePage> => ask("table", { ...query, first: 0, count: copiedAtMost });
  return h(
    "div",
    { class: "tool-bar", role: "toolbar", "aria-label": "Which processes, and in what order" },
    h(
      "label",
      null,
      h("span", { class: "faint" }, "Sort "),
      h(
        "select",
        {
          id: "sort",
          value: sort.by,
          onChange: (event) => goQuery({ sort: event.currentTarget.value, dir: null }),
        },
        columns.map(({ column, title }) => h("option", { key: column, value: column }, title)),
      ),
    ),
    h(
      "span",
      { role: "group", "aria-label": "Totals, or per second", class: "pair" },
      mode("total", "Total", sort.mode),
      mode("rate", "Per second", sort.mode),
    ),
    h(Least, { least: filter?.mailboxAtLeast }),
    choice("doing", "Doing", doings),
    choice("kind", "Kind", kinds),
    h(Toggle, { name: "system", text: "The runtime's own" }),
    filter?.under === undefined ? null : chip("under", `under ${filter.under}`),
    h(
      "span",
      { class: "tool-end" },
      h(
        "span",
        { class: "faint", role: "status" },
        page === null ? "" : `${grouped(page.matching)} of ${grouped(page.all)}`,
      ),
      h(CopyButton, { label: "Copy JSON", text: async () => JSON.stringify((await first()).rows, null, 2) }),
      h(CopyButton, { label: "Copy CSV", text: async () => csv((await first()).rows) }),
    ),
  );
}

function mode(value: "total" | "rate", text: string, current: string): VNode {
  return h(
    "button",
    {
      type: "button",
      "aria-pressed": value === current,
      onClick: () => goQuery({ mode: value === "total" ? null : value }),
    },
    text,
  );
}

/** A number is asked for when it is whole, not at each digit. */
function Least({ least }: { readonly least: number | undefined }): VNode {
  const kept = least === undefined ? "" : String(least);
  const [text, setText] = useState(kept);
  useEffect(() => setText(kept), [kept]);
  const done = (): void => goQuery({ min: /^[1-9]\d*$/.test(text) ? text : null });
  return h(
    "label",
    null,
    h("span", { class: "faint" }, "Waiting ≥ "),
    h("input", {
      class: "short",
      inputMode: "numeric",
      value: text,
      placeholder: "0",
      onInput: (event) => setText(event.currentTarget.value),
      onChange: done,
      onKeyDown: (event) => {
        if (event.key === "Enter") done();
        if (event.key === "Escape") event.currentTarget.blur();
      },
    }),
  );
}

function choice(name: string, title: string, words: readonly string[]): VNode {
  return h(
    "label",
    null,
    h("span", { class: "faint" }, `${title} `),
    h(
      "select",
      { value: route.value.query[name] ?? "", onChange: (event) => goQuery({ [name]: event.currentTarget.value }) },
      h("option", { value: "" }, "any"),
      words.map((word) => h("option", { key: word, value: word }, word)),
    ),
  );
}

function chip(name: string, text: string): VNode {
  return h(
    "button",
    { type: "button", class: "chip", title: "Take this filter away", onClick: () => goQuery({ [name]: null }) },
    h("span", { class: "cut" }, text),
    h("span", { "aria-hidden": "true" }, "×"),
  );
}
