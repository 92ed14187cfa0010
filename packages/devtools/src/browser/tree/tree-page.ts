import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TreeQuery, TreeRow } from "../../protocol/sheets.ts";
import { useActiveRow } from "../active-row.ts";
import { h, type VNode } from "../h.ts";
import { useKeys } from "../keys.ts";
import type { ListWindow } from "../list-window.ts";
import { Toggle } from "../look/toggle.ts";
import { Waiting } from "../look/waiting.ts";
import { grouped } from "../numbers.ts";
import { go, goQuery, route } from "../route.ts";
import { currentNode, nodes, useLatest, useTrouble } from "../store.ts";
import { VirtualList } from "../virtual-list.ts";
import { current, lasting, openAtMost, parseOpen, toggled } from "./open-branches.ts";
import { TreeLine, treeHead } from "./tree-line.ts";

/** Who supervises whom. */
export function TreePage(): VNode {
  const { query } = route.value;
  const [window, setWindow] = useState<ListWindow>({ first: 0, count: 64 });
  const [open, setOpen] = useOpen();
  const parameters: TreeQuery = {
    open: open ?? [],
    ...window,
    filter: {
      ...(query["q"] === undefined ? {} : { text: query["q"] }),
      ...(query["system"] === undefined ? {} : { system: true }),
    },
    ...(query["troubled"] === undefined ? {} : { troubled: true }),
  };
  const answer = useLatest("tree", parameters);
  const trouble = useTrouble("tree", parameters);
  const page = answer?.value ?? { rows: [], first: 0, total: 0 };
  const active = useActiveRow<TreeRow>(page, ({ key }) => key);
  const { row } = active;

  // The first time, the roots are open: they are what every question begins with.
  useEffect(() => {
    if (open === null && page.rows.length > 0)
      setOpen(() => page.rows.filter(({ children }) => children > 0).map(({ key }) => key));
  }, [open, page.rows]);

  const fold = (key: string): void => setOpen((now) => toggled(now, key));
  const show = (index: number, pid: string | undefined): void => {
    active.goTo(index);
    if (pid !== undefined) go({ process: pid });
  };
  const parent = (): void => {
    if (row === undefined) return;
    for (let index = active.index; index >= page.first; index -= 1) {
      if ((page.rows[index - page.first]?.depth ?? 0) < row.depth) return active.goTo(index);
    }
  };
  useKeys([
    ...active.keys,
    {
      keys: ["ArrowRight"],
      text: "open the branch, or go into it",
      do: () => {
        if (row === undefined || row.children === 0) return;
        if (row.open) active.goTo(active.index + 1);
        else fold(row.key);
      },
    },
    {
      keys: ["ArrowLeft"],
      text: "close the branch, or go to the parent",
      do: () => {
        if (row !== undefined && row.open && row.children > 0) fold(row.key);
        else parent();
      },
    },
    { keys: ["o"], text: "parent", do: parent },
    { keys: ["Enter"], text: "show the process", do: () => show(active.index, row?.process?.pid) },
    {
      keys: ["u"],
      text: "list the processes of the branch",
      do: () => {
        const pid = row?.process?.pid;
        if (pid !== undefined) go({ page: "processes", query: { under: pid } });
      },
    },
    {
      keys: ["e"],
      text: "only trouble",
      do: () => goQuery({ troubled: query["troubled"] === undefined ? "1" : null }),
    },
  ]);

  return h(
    "div",
    { class: "list-page" },
    h(
      "div",
      { class: "tool-bar", role: "toolbar", "aria-label": "What the tree shows" },
      h(Toggle, { name: "troubled", text: "Only trouble" }),
      h(Toggle, { name: "system", text: "The runtime's own" }),
      open !== null && open.length > 0
        ? h("button", { type: "button", class: "plain", onClick: () => setOpen(() => []) }, "Close all")
        : null,
      open !== null && open.length >= openAtMost
        ? h("span", { class: "faint" }, `${openAtMost} branches are open, the most there can be`)
        : null,
      h("span", { class: "stretch" }),
      h("span", { class: "faint" }, answer === null ? "" : `${grouped(page.total)} rows`),
    ),
    trouble === null && answer !== null && page.total > 0
      ? null
      : h(Waiting, { trouble, waits: answer === null, empty: emptyWords(query) }),
    h(VirtualList, {
      role: "tree",
      label: "Supervision tree",
      total: page.total,
      active: active.index,
      moves: active.moves,
      head: treeHead(),
      onWindow: setWindow,
      row: (index) => {
        const line = page.rows[index - page.first];
        if (line === undefined) return h("div", { key: `at ${index}`, class: "tree-line faint" }, "…");
        const pid = line.process?.pid;
        return h(TreeLine, {
          key: line.key,
          row: line,
          active: index === active.index,
          shown: pid !== undefined && pid === route.value.process,
          onPress: () => show(index, pid),
          onFold: () => {
            active.goTo(index);
            fold(line.key);
          },
        });
      },
    }),
  );
}

function emptyWords(query: Readonly<Record<string, string>>): string {
  if (query["troubled"] !== undefined) return "Nothing is in trouble.";
  return query["q"] === undefined ? "No process is here." : "No process is called so.";
}

/** Which branches are open, of each node; kept for this tab. Null: nobody has opened or closed one yet. */
function useOpen(): readonly [
  readonly string[] | null,
  (change: (open: readonly string[]) => readonly string[]) => void,
] {
  const node = currentNode.value;
  const name = `espalier-open-${node === null ? "" : nodes.value.indexOf(node)}`;
  const kept = useRef<{ readonly name: string; readonly open: readonly string[] | null } | null>(null);
  const [, draw] = useState(0);
  if (kept.current?.name !== name) kept.current = { name, open: parseOpen(sessionStorage.getItem(name)) };
  const { open } = kept.current;
  const shown = useMemo(() => (node === null ? open : (open?.map((key) => current(key, node)) ?? null)), [open, node]);
  return [
    shown,
    (change) => {
      if (node === null) return;
      const next = change(kept.current?.open?.map((key) => current(key, node)) ?? []).map((key) => lasting(key, node));
      kept.current = { name, open: next };
      sessionStorage.setItem(name, JSON.stringify(next));
      draw((last) => last + 1);
    },
  ];
}
