import type { CrashSummary, ProcessSheet } from "../../protocol/sheets.ts";
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { h, type ComponentChild } from "../h.ts";
import { callOf } from "../process-name.ts";
import { go, goQuery, href, route } from "../route.ts";
import { Said } from "../shown/said.ts";
import { ask, currentNode } from "../store.ts";
import { Actions } from "./actions.ts";
import { EventTable } from "../look/event-table.ts";
import { LinksTab } from "./links-tab.ts";
import { MessagesTab } from "./messages-tab.ts";
import { Doing, OverviewTab } from "./overview-tab.ts";
import { ProcessLink } from "../look/process-link.ts";
import { RestartsTab } from "./restarts-tab.ts";
import { nothingSeen, seenAlso } from "./seen.ts";
import { shortKey } from "../look/short-key.ts";
import { StateTab } from "./state-tab.ts";
import { Tabs, type Tab } from "./tabs.ts";
import { Refused } from "../look/refused.ts";
import { useSheet } from "./use-sheet.ts";
import { useSuccessor } from "./use-successor.ts";

/** Which tab is open: it stays when another process is looked at, and on other pages. */
const chosenTab = signal(route.peek().query["tab"] ?? "overview");

/** One process, in full, beside the page. */
export function ProcessDrawer({ pid }: { readonly pid: string }): ComponentChild {
  return h(Drawer, { key: pid, pid });
}

function Drawer({ pid }: { readonly pid: string }): ComponentChild {
  const { sheet, gone, trouble } = useSheet(pid);
  const row = sheet?.row ?? null;
  const seen = useRef(nothingSeen);
  useMemo(() => {
    if (row !== null && !gone) seen.current = seenAlso(seen.current, row);
  }, [row]);
  const title = row === null ? "Process" : callOf(row).call;
  return h(
    "div",
    { class: "process" },
    h(
      "header",
      { class: "drawer-head" },
      h("h2", { class: gone ? "gone" : "" }, h(Said, { text: title })),
      h("span", { class: "faint mono" }, shortKey(pid, currentNode.value?.id ?? null)),
      row === null ? null : h("span", { class: "quiet" }, row.kind),
      h(
        "button",
        {
          type: "button",
          class: "plain close",
          "aria-label": "Close the process",
          title: "Close",
          onClick: () => go({ process: null }),
        },
        "×",
      ),
    ),
    row === null || row.label === title ? null : h("p", { class: "faint" }, h(Said, { text: row.label })),
    trouble === null ? null : h(Refused, trouble),
    gone ? h(Gone, { pid, sheet }) : null,
    sheet === null
      ? gone || trouble !== null
        ? null
        : h("p", { class: "empty" }, "Asking the program.")
      : h(Body, { pid, sheet, gone, seen: seen.current }),
  );
}

interface BodyProps {
  readonly pid: string;
  readonly sheet: ProcessSheet;
  readonly gone: boolean;
  readonly seen: typeof nothingSeen;
}

function Body({ pid, sheet, gone, seen }: BodyProps): ComponentChild {
  const { row } = sheet;
  const tabs: readonly Tab[] = [
    { id: "overview", label: "Overview", count: null, content: () => h(OverviewTab, { sheet, seen }) },
    { id: "state", label: "State", count: null, content: () => h(StateTab, { pid }) },
    { id: "messages", label: "Messages", count: row.mailbox, content: () => h(MessagesTab, { sheet }) },
    { id: "links", label: "Links", count: sheet.linkCount, content: () => h(LinksTab, { sheet }) },
    { id: "restarts", label: "Restarts", count: sheet.restarts.length, content: () => h(RestartsTab, { sheet }) },
    {
      id: "log",
      label: "Log",
      count: null,
      content: () =>
        h(EventTable, {
          caption: "What the flight recorder has of this process, the newest first",
          events: sheet.events.toReversed(),
          pid,
          empty: "The flight recorder has nothing of it any more: it keeps the last events of the whole node.",
        }),
    },
  ];
  return h(
    "div",
    null,
    gone ? null : h("p", { class: "process-doing" }, h(Doing, { row })),
    gone ? null : h(Actions, { row }),
    h(Tabs, {
      label: "about the process",
      tabs,
      current: chosenTab.value,
      onChoose: (id: string) => {
        chosenTab.value = id;
        goQuery({ tab: id === "overview" ? null : id });
      },
    }),
  );
}

/** It has ended: of what, and who is there in its place. */
function Gone({ pid, sheet }: { readonly pid: string; readonly sheet: ProcessSheet | null }): ComponentChild {
  const row = sheet?.row ?? null;
  const crash = useCrashOf(pid);
  const ended = useMemo(() => {
    if (row !== null) return { pid, name: row.name, child: row.child, parent: row.parent };
    return crash === null ? null : { pid, name: crash.name, child: null, parent: null };
  }, [pid, row, crash]);
  const successor = useSuccessor(ended);
  return h(
    "div",
    { class: "process-gone", role: "status" },
    h(
      "p",
      null,
      successor === null
        ? "This process has ended."
        : [
            "This process has ended, its successor is ",
            h(ProcessLink, { pid: successor.pid, label: successor.label, name: successor.name }),
            ".",
          ],
      row === null ? null : " What is below is as it was last.",
    ),
    crash === null ? null : h("p", null, "It crashed: ", h(Said, { text: crash.cause })),
    row !== null && row.child !== null && successor === null
      ? h("p", { class: "faint" }, "Its supervisor has not started it again yet.")
      : null,
    h(
      "p",
      null,
      crash === null
        ? h("a", { href: href({ page: "timeline", query: {} }) }, "timeline")
        : [
            h("a", { href: href({ page: "crash", id: String(crash.id) }) }, "crash report"),
            " · ",
            h(
              "a",
              { href: href({ page: "timeline", query: { wall: String(crash.atMs) } }) },
              "timeline at this moment",
            ),
          ],
    ),
  );
}

/** The crash that ended a process; null: it is not known, or it did not crash. */
function useCrashOf(pid: string): CrashSummary | null {
  const [crash, setCrash] = useState<CrashSummary | null>(null);
  useEffect(() => {
    let stopped = false;
    ask("crashes", {}).then(
      ({ crashes }) => {
        if (!stopped) setCrash(crashes.find((crash) => crash.pid === pid) ?? null);
      },
      // A program that does not answer is said at the top of the page.
      () => undefined,
    );
    return () => {
      stopped = true;
    };
  }, [pid]);
  return crash;
}
