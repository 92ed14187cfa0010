import { useRef } from "preact/hooks";
import type { SupervisorSummary, TreeRow } from "../../protocol/sheets.ts";
import { doingWords } from "../doing-words.ts";
import { h, type VNode } from "../h.ts";
import { SeverityMark } from "../look/severity.ts";
import { callOf } from "../process-name.ts";
import { changePerSecond, count, perSecond } from "../numbers.ts";
import { intensityWords, strain, treeRowWords } from "./row-words.ts";
import { Said } from "../shown/said.ts";
import { visible } from "../shown/visible-text.ts";

export interface TreeLineProps {
  readonly row: TreeRow;
  readonly active: boolean;
  /** It is what the drawer shows. */
  readonly shown: boolean;
  readonly onPress: () => void;
  readonly onFold: () => void;
}

/** One row. It flashes when the process under it is another one than before: it was restarted. */
export function TreeLine({ row, active, shown, onPress, onFold }: TreeLineProps): VNode {
  const restarts = useRestarts(row.process?.pid ?? null);
  const { process, children, branch, supervisor, depth } = row;
  const { call, beside } = process === null ? { call: row.label, beside: "" } : callOf(process);
  const classes = ["tree-line"];
  if (active) classes.push("is-active");
  if (shown) classes.push("is-shown");
  if (process === null) classes.push("is-gone");
  // Two names of the same animation: changing from one to the other begins it again.
  if (restarts > 0) classes.push(restarts % 2 === 1 ? "restarted-odd" : "restarted-even");
  return h(
    "div",
    {
      class: classes.join(" "),
      role: "treeitem",
      "aria-level": depth + 1,
      "aria-posinset": row.place?.position,
      "aria-setsize": row.place?.siblings,
      "aria-expanded": children > 0 ? row.open : undefined,
      "aria-selected": shown,
      "aria-label": visible(treeRowWords(row)),
      tabIndex: active ? 0 : -1,
      onClick: onPress,
    },
    h(
      "span",
      { class: "tree-trouble" },
      branch.trouble === null ? null : h(SeverityMark, { severity: branch.trouble }),
    ),
    h(
      "span",
      { class: "tree-name cut", style: { paddingLeft: `${Math.min(depth, 24) * 1.125}rem` } },
      children > 0
        ? h(
            "span",
            {
              class: "tree-fold",
              title: row.open ? "Close (←)" : "Open (→)",
              onClick: (event) => {
                event.stopPropagation();
                onFold();
              },
            },
            row.open ? "▾" : "▸",
          )
        : h("span", { class: "tree-fold" }),
      h(
        "span",
        { class: process === null ? "gone" : supervisor === null ? "" : "tree-supervisor" },
        h(Said, { text: call }),
      ),
      beside === "" ? null : h("span", { class: "faint" }, " ", h(Said, { text: beside })),
      process === null ? h("span", { class: "faint" }, ` ${row.state ?? "no process"}`) : null,
    ),
    h("span", { class: "tree-policy" }, supervisor === null ? null : policy(supervisor)),
    h("span", { class: "number tree-processes" }, children > 0 ? count(branch.processes) : ""),
    h("span", { class: `number ${branch.mailbox === 0 ? "faint" : ""}` }, count(branch.mailbox)),
    h("span", { class: "tree-change faint" }, changePerSecond(process?.mailboxPerSecond ?? null)),
    h("span", { class: "number tree-rate quiet" }, process === null ? "" : perSecond(process.receivedPerSecond)),
    h(
      "span",
      { class: "number tree-restarts" },
      process === null || process.restarts === 0 ? "" : `${count(process.restarts)} ↻`,
    ),
    h("span", { class: "tree-doing cut quiet" }, process === null ? "" : h(Said, { text: doingWords(process) })),
  );
}

/** What stands above the rows. The rows say it themselves to those who hear them. */
export function treeHead(): VNode {
  return h(
    "div",
    { class: "tree-line tree-head" },
    h("span", { class: "tree-trouble" }),
    h("span", { class: "tree-name" }, "process"),
    h("span", { class: "tree-policy" }, "restarts used"),
    h("span", { class: "number tree-processes" }, "processes"),
    h("span", { class: "number" }, "waiting"),
    h("span", { class: "tree-change" }),
    h("span", { class: "number tree-rate" }, "received"),
    h("span", { class: "number tree-restarts" }, "restarts"),
    h("span", { class: "tree-doing" }, "what it does"),
  );
}

function policy(supervisor: SupervisorSummary): (VNode | string | null)[] {
  const { strategy, phase } = supervisor;
  const classes = { none: "quiet", some: "warning", near: "critical" };
  return [
    h("span", { class: "faint cut" }, strategy ?? ""),
    h("span", { class: classes[strain(supervisor)] }, intensityWords(supervisor)),
    phase === "running" ? null : h("span", { class: "warning" }, phase),
  ];
}

/** How often the process of this row became another one since the row was drawn first. */
function useRestarts(pid: string | null): number {
  const seen = useRef({ pid, restarts: 0 });
  if (pid !== null && seen.current.pid !== null && seen.current.pid !== pid) {
    seen.current = { pid, restarts: seen.current.restarts + 1 };
  } else if (pid !== null) {
    seen.current.pid = pid;
  }
  return seen.current.restarts;
}
