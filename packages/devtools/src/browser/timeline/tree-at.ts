import type { Recording } from "../../protocol/recording.ts";
import type { RecordedState, StateRow } from "../../recording/state-at.ts";
import { h, type ComponentChild, type VNode } from "../h.ts";
import { plural } from "../numbers.ts";
import { go } from "../route.ts";
import { Said } from "../shown/said.ts";
import { visible } from "../shown/visible-text.ts";
import { RowList } from "./row-list.ts";

interface TreeAtProps {
  readonly recording: Recording;
  readonly state: RecordedState;
  /** Which processes what happened at that moment is about. */
  readonly concerned: ReadonlySet<string>;
  /** Whether processes can be asked: they are of a program that runs. */
  readonly live: boolean;
}

const deepest = 24;

/** The processes as they were at a moment. */
export function TreeAt({ recording, state, concerned, live }: TreeAtProps): ComponentChild {
  const { rows, living } = state;
  const names = new Map(recording.nodes.map(({ id, name }) => [id, name]));
  const current = rows.findIndex(({ process }) => concerned.has(process.pid));
  const open = (index: number): void => {
    const row = rows[index];
    if (live && row !== undefined) go({ process: row.process.pid });
  };
  const row = (index: number, tabIndex: 0 | -1): VNode => {
    const row = rows[index];
    if (row === undefined) return h("div", { key: index });
    const { process, depth, standing } = row;
    return h(
      "div",
      {
        key: process.pid,
        role: "treeitem",
        class: classOf(row, concerned.has(process.pid)),
        tabIndex,
        "aria-level": depth + 1,
        title: visible(process.cause === null ? process.pid : `${process.pid} ends: ${process.cause}`),
        onClick: () => open(index),
      },
      h(
        "span",
        { class: "mark", "aria-hidden": "true", style: { marginInlineEnd: `${Math.min(depth, deepest) * 1.1}rem` } },
        concerned.has(process.pid) ? "●" : "",
      ),
      h("span", { class: standing === "ended" ? "gone" : "" }, h(Said, { text: process.name ?? process.label })),
      h("span", { class: "faint mono" }, ` ${process.shortPid}`),
      names.size > 1 ? h("span", { class: "at-node" }, placeText(row, names)) : null,
      standing === "ended"
        ? h(
            "span",
            { class: process.crashed ? "critical" : "faint" },
            process.crashed ? " ✖ " : " ",
            h(Said, { text: process.cause ?? "ended" }),
          )
        : null,
    );
  };
  return h(
    "section",
    { class: "timeline-part", "aria-labelledby": "tree-at" },
    h("h2", { id: "tree-at" }, "Processes then ", h("span", { class: "faint" }, plural(living, "lived", "lived"))),
    rows.length === 0
      ? h("p", { class: "empty" }, "No process that the recording knows lived at this moment.")
      : h(RowList, {
          role: "tree",
          label: "processes at this moment",
          total: rows.length,
          current,
          row,
          onEnter: open,
        }),
  );
}

function classOf({ standing }: StateRow, concerned: boolean): string {
  return `timeline-row${concerned ? " concerned" : ""}${standing === "ended" ? " ended" : ""}`;
}

/** Where it was; with its home before it when that is another node. */
function placeText({ node, process }: StateRow, names: ReadonlyMap<string, string>): VNode {
  const name = (id: string): string => names.get(id) ?? id.slice(0, 8);
  if (node === null) return h("span", null, h(Said, { text: `${name(process.node)} → on its way` }));
  return h(
    "span",
    null,
    h(Said, { text: node === process.node ? name(node) : `${name(process.node)} → ${name(node)}` }),
  );
}
