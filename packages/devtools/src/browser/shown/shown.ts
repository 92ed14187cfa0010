import { h, type ComponentChild } from "../h.ts";
import { useRef, useState } from "preact/hooks";
import type { ShownValue } from "../../protocol/value.ts";
import { CopyButton } from "../look/copy-button.ts";
import { Said } from "./said.ts";
import { allPaths, isLong, opened, rowsOf, summaryOf, type ShownRow } from "./shown-rows.ts";
import { textOf } from "./shown-text.ts";

/** A value of the program, as a tree that opens and folds: with the pointer, or with the arrow keys. */
export function Shown({
  value,
  label = "value",
}: {
  readonly value: ShownValue;
  readonly label?: string;
}): ComponentChild {
  const [open, setOpen] = useState(() => opened(value));
  const [active, setActive] = useState("0");
  const frame = useRef<HTMLDivElement>(null);
  if (value.type === "hidden")
    return h("p", { class: "shown-hidden" }, "Hidden: seeing values needs the plane “values”.");

  const rows = rowsOf(value, open);
  const at = Math.max(
    0,
    rows.findIndex(({ path }) => path === active),
  );
  const focus = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    setActive(row.path);
    frame.current?.querySelectorAll<HTMLElement>('[role="treeitem"]')[rows.indexOf(row)]?.focus();
  };
  const toggle = (row: ShownRow): void => {
    if (row.open === null) return;
    const next = new Set(open);
    if (row.open) next.delete(row.path);
    else next.add(row.path);
    setOpen(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[at];
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") focus(at + 1);
    else if (event.key === "ArrowUp") focus(at - 1);
    else if (event.key === "Home") focus(0);
    else if (event.key === "End") focus(rows.length - 1);
    else if (event.key === "ArrowRight" && row.open === true) focus(at + 1);
    else if (event.key === "ArrowLeft" && row.open !== true) focus(rows.findIndex(isParentOf(row)));
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") toggle(row);
    else if (event.key === "Enter" || event.key === " ") toggle(row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return h(
    "div",
    { class: "shown" },
    h(
      "div",
      { class: "shown-tools" },
      rows.some((row) => row.open === false)
        ? h("button", { type: "button", class: "plain", onClick: () => setOpen(allPaths(value)) }, "open all")
        : null,
      h(CopyButton, { label: "copy as text", text: () => textOf(value) }),
    ),
    h(
      "div",
      { role: "tree", "aria-label": label, ref: frame, onKeyDown, class: "shown-tree" },
      rows.map((row, index) =>
        h(Line, {
          key: row.path,
          row,
          active: index === at,
          onClick: () => {
            setActive(row.path);
            toggle(row);
          },
        }),
      ),
    ),
  );
}

interface LineProps {
  readonly row: ShownRow;
  readonly active: boolean;
  readonly onClick: () => void;
}

function Line({ row, active, onClick }: LineProps): ComponentChild {
  const { value, open } = row;
  return h(
    "div",
    {
      role: "treeitem",
      class: "shown-line",
      tabIndex: active ? 0 : -1,
      "aria-level": row.depth + 1,
      "aria-posinset": row.place,
      "aria-setsize": row.places,
      ...(open === null ? {} : { "aria-expanded": open }),
      style: { paddingInlineStart: `${row.depth * 1.1}rem` },
      onClick,
    },
    h("span", { class: "fold", "aria-hidden": "true" }, open === null ? "" : open ? "▾" : "▸"),
    row.name === null ? null : [h("span", { class: "shown-name" }, h(Said, { text: row.name })), ": "],
    value === null
      ? h("span", { class: "shown-cut" }, `… ${row.more} more, not sent`)
      : [h(Summary, { value, open: open === true }), open === true && isLong(value) ? h(Long, { value }) : null],
  );
}

function Summary({ value, open }: { readonly value: ShownValue; readonly open: boolean }): ComponentChild {
  switch (value.type) {
    case "hidden":
      return h("span", { class: "shown-cut" }, "hidden");
    case "cut":
      return h("span", { class: "shown-cut", title: "Too deep, or shown further up" }, h(Said, { text: value.what }));
    case "string":
      if (open) return h("span", { class: "shown-cut" }, lengthOf(value));
      return h("span", { class: "shown-string" }, h(Said, { text: summaryOf(value) }));
    case "plain":
      return h("span", { class: "shown-plain" }, h(Said, { text: value.text }));
    case "function":
    case "object":
    case "array":
      return h("span", { class: "shown-kind" }, h(Said, { text: summaryOf(value) }));
  }
}

/** The whole text of a string, as far as it is here. */
function Long({ value }: { readonly value: ShownValue }): ComponentChild {
  if (value.type !== "string") return null;
  const missing = (value.length ?? value.text.length) - value.text.length;
  return h(
    "div",
    { class: "shown-long", onClick: (event: Event) => event.stopPropagation() },
    h(Said, { text: value.text, lines: true }),
    missing > 0 ? h("span", { class: "shown-cut" }, ` … ${missing} characters more, not sent`) : null,
  );
}

function lengthOf(value: Extract<ShownValue, { readonly type: "string" }>): string {
  return `string of ${value.length ?? value.text.length} characters`;
}

function isParentOf({ path }: ShownRow): (row: ShownRow) => boolean {
  const parent = path.slice(0, path.lastIndexOf("."));
  return (row) => row.path === parent;
}
