import { useEffect, useState } from "preact/hooks";
import { ChaosPage } from "../chaos/chaos-page.ts";
import { CrashPage } from "../crashes/crash-page.ts";
import { CrashesPage } from "../crashes/crashes-page.ts";
import { h, type VNode } from "../h.ts";
import { listenToKeys, useKeys, type KeyBinding } from "../keys.ts";
import { LifetimesPage } from "../lifetimes/lifetimes-page.ts";
import { NetworkPage } from "../network/network-page.ts";
import { NowPage } from "../now/now-page.ts";
import { ProcessDrawer } from "../process/process-drawer.ts";
import { ProcessesPage } from "../processes/processes-page.ts";
import { go, route } from "../route.ts";
import { visible } from "../shown/visible-text.ts";
import { connection, currentNode, pause, pausedAtMs, useFollow } from "../store.ts";
import { TimelinePage } from "../timeline/timeline-page.ts";
import { token } from "../token.ts";
import { TreePage } from "../tree/tree-page.ts";
import { Help } from "./help.ts";
import { FindingsAloud, Notices } from "./notices.ts";
import { places } from "./places.ts";
import { Rail } from "./rail.ts";
import { TopBar } from "./top-bar.ts";
import { WayIn } from "./way-in.ts";

listenToKeys();

/** All that is on the screen. */
export function Shell(): VNode {
  const { state } = connection.value;
  if (token.value === null || state === "refused") return h(WayIn, null);
  if (state === "file") return h(Frame, { overview: null });
  return h(LiveFrame, null);
}

/** Follows what every page has above it. */
function LiveFrame(): VNode {
  return h(Frame, { overview: useFollow("overview", {}) });
}

function Frame({ overview }: { readonly overview: ReturnType<typeof useFollow<"overview">> }): VNode {
  const [help, setHelp] = useState(false);
  const { page, process } = route.value;
  const file = connection.value.state === "file";
  const node = currentNode.value;
  const program = node?.program.title ?? "";
  useEffect(() => {
    const title = places.find((place) => place.page === page)?.title ?? "Crash";
    document.title = program === "" ? `${title} · Espalier` : `${title} · ${visible(program)} · Espalier`;
  }, [page, program]);
  useKeys(shellKeys(() => setHelp(true)));
  return h(
    "div",
    { class: `shell ${process === null ? "" : "has-drawer"}` },
    h(TopBar, { overview, program, onHelp: () => setHelp(true) }),
    h(Rail, { overview }),
    h(
      "main",
      { class: "page", id: "page" },
      h(Notices, null),
      file ? h(TimelinePage, null) : node === null ? null : currentPage(),
    ),
    process === null || node === null
      ? null
      : h("aside", { class: "drawer", "aria-label": "Process" }, h(ProcessDrawer, { key: process, pid: process })),
    h(FindingsAloud, { findings: overview?.findings ?? [] }),
    help ? h(Help, { onClose: () => setHelp(false) }) : null,
  );
}

function currentPage(): VNode {
  const { page, id } = route.value;
  switch (page) {
    case "now":
      return h(NowPage, null);
    case "tree":
      return h(TreePage, null);
    case "processes":
      return h(ProcessesPage, null);
    case "crashes":
      return h(CrashesPage, null);
    case "crash":
      return h(CrashPage, { key: id ?? "", id: Number(id) });
    case "timeline":
      return h(TimelinePage, null);
    case "lifetimes":
      return h(LifetimesPage, null);
    case "network":
      return h(NetworkPage, null);
    case "chaos":
      return h(ChaosPage, null);
  }
}

function shellKeys(onHelp: () => void): readonly KeyBinding[] {
  return [
    { keys: ["?"], text: "these keys", do: onHelp },
    {
      keys: ["/"],
      text: "search",
      do: () => document.getElementById("search")?.focus(),
    },
    {
      keys: [" "],
      text: "pause, and go on",
      do: () => pause(pausedAtMs.peek() === null),
    },
    { keys: ["Escape"], text: "close the process", do: () => go({ process: null }) },
    ...places.map(({ page, title, key }) => ({ keys: [`g ${key}`], text: title, do: () => go({ page }) })),
  ];
}
