import { useState } from "preact/hooks";
import type { ProcessRow } from "../../protocol/sheets.ts";
import { useActiveRow } from "../active-row.ts";
import { h, type VNode } from "../h.ts";
import { useKeys } from "../keys.ts";
import type { ListWindow } from "../list-window.ts";
import { Waiting } from "../look/waiting.ts";
import { go, goQuery, route } from "../route.ts";
import { useLatest, useTrouble } from "../store.ts";
import { VirtualList } from "../virtual-list.ts";
import { columnCount, ProcessLine, processHead } from "./process-line.ts";
import { parseQuery } from "./query.ts";
import { ToolBar } from "./tool-bar.ts";

/** All processes, sorted and filtered by the program: the page gets the rows that it shows. */
export function ProcessesPage(): VNode {
  const query = parseQuery(route.value.query);
  const [window, setWindow] = useState<ListWindow>({ first: 0, count: 64 });
  const parameters = { ...query, ...window };
  const answer = useLatest("table", parameters);
  const trouble = useTrouble("table", parameters);
  const rows = answer?.value.rows ?? [];
  const first = answer?.parameters.first ?? 0;
  const total = answer?.value.matching ?? 0;
  const active = useActiveRow<ProcessRow>({ rows, first, total }, ({ pid }) => pid);
  const { mode } = query.sort;
  const show = (index: number, pid: string | undefined): void => {
    active.goTo(index);
    if (pid !== undefined) go({ process: pid });
  };
  useKeys([
    ...active.keys,
    { keys: ["Enter"], text: "show the process", do: () => show(active.index, active.row?.pid) },
    { keys: ["s"], text: "what to sort by", do: () => document.getElementById("sort")?.focus() },
    { keys: ["w"], text: "totals, or per second", do: () => goQuery({ mode: mode === "total" ? "rate" : null }) },
    {
      keys: ["o"],
      text: "show the parent",
      do: () => {
        const parent = active.row?.parent ?? null;
        if (parent !== null) go({ process: parent });
      },
    },
    {
      keys: ["u"],
      text: "only the processes below this one",
      do: () => {
        if (active.row !== undefined) goQuery({ under: active.row.pid }, "push");
      },
    },
  ]);
  return h(
    "div",
    { class: "list-page" },
    h(ToolBar, { query, page: answer?.value ?? null }),
    trouble === null && answer !== null && total > 0
      ? null
      : h(Waiting, { trouble, waits: answer === null, empty: "No process is so." }),
    h(VirtualList, {
      role: "grid",
      label: "Processes",
      total,
      columns: columnCount,
      active: active.index,
      moves: active.moves,
      head: processHead(query.sort),
      onWindow: setWindow,
      row: (index) => {
        const row = rows[index - first];
        if (row === undefined) {
          return h(
            "div",
            { key: `at ${index}`, class: "process-line faint", role: "row", "aria-rowindex": index + 2 },
            h("span", { role: "gridcell" }, "…"),
          );
        }
        return h(ProcessLine, {
          key: row.pid,
          row,
          index,
          mode,
          active: index === active.index,
          shown: row.pid === route.value.process,
          onPress: () => show(index, row.pid),
        });
      },
    }),
  );
}
