import type { Overview } from "../../protocol/sheets.ts";
import { h, type VNode } from "../h.ts";
import { duration } from "../numbers.ts";
import { shortId } from "../process-name.ts";
import { go, goQuery, route } from "../route.ts";
import { Said } from "../shown/said.ts";
import { visible } from "../shown/visible-text.ts";
import { connection, currentNode, nodes, pause, pausedAtMs, skipped } from "../store.ts";
import { setTheme, theme, type Theme } from "../theme.ts";

/** Which node, whether what is shown is live, what looking costs, and what to look for. */
export function TopBar(properties: {
  readonly overview: Overview | null;
  readonly onHelp: () => void;
  readonly program: string;
}): VNode {
  const { overview, onHelp, program } = properties;
  const live = connection.value.state !== "file";
  return h(
    "header",
    { class: "top-bar" },
    h("span", { class: "brand" }, mark(), "espalier"),
    live ? nodeSwitch(program) : h("span", { class: "quiet" }, "a recording"),
    live ? liveSwitch() : null,
    overview === null
      ? null
      : h(
          "span",
          { class: "cost faint", title: "What looking costs the program: of its event loop's time, each second." },
          `dev tools ${duration(overview.costMsPerSecond)}/s`,
        ),
    skipped.value === 0
      ? null
      : h(
          "span",
          { class: "faint", title: "Values that were left out, because this page was too slow for them." },
          `${skipped.value} left out`,
        ),
    h("span", { class: "stretch" }),
    live ? search() : null,
    themeSwitch(),
    h(
      "button",
      { type: "button", class: "plain", onClick: onHelp, title: "Keys (?)" },
      "?",
      h("span", { class: "hidden-text" }, " Keys"),
    ),
  );
}

/** A trunk and its arms. */
function mark(): VNode {
  return h(
    "svg",
    { viewBox: "0 0 16 16", "aria-hidden": "true" },
    h("path", { d: "M8 15V2M8 11H3V7M8 11h5V7M8 6H5V3M8 6h3V3" }),
  );
}

function nodeSwitch(program: string): VNode {
  const node = currentNode.value;
  if (node === null) return h("span", { class: "faint" }, "no node yet");
  if (nodes.value.length === 1) {
    return h(
      "span",
      { class: "node" },
      h("strong", { class: "cut" }, h(Said, { text: program })),
      " ",
      h("span", { class: "faint mono", title: node.id }, shortId(node.id)),
    );
  }
  return h(
    "label",
    { class: "node" },
    h("span", { class: "hidden-text" }, "Node"),
    h(
      "select",
      {
        value: node.id,
        onChange: (event) => go({ node: event.currentTarget.value, process: null }),
      },
      nodes.value.map(({ id, program: { title } }) =>
        h("option", { key: id, value: id, title: id }, `${shortId(id)} · ${visible(title)}`),
      ),
    ),
  );
}

function liveSwitch(): VNode {
  const paused = pausedAtMs.value !== null;
  const { state } = connection.value;
  const word = paused ? "paused" : state === "open" ? "live" : state === "connecting" ? "connecting" : "not connected";
  const shape = paused ? "❚❚" : state === "open" ? "●" : "○";
  return h(
    "button",
    {
      type: "button",
      class: `live ${paused ? "is-paused" : ""} ${state === "open" ? "is-open" : "is-closed"}`,
      "aria-pressed": paused,
      title: paused ? "Go on (Space)" : "Keep what is shown (Space)",
      onClick: () => pause(!paused),
    },
    h("span", { "aria-hidden": "true" }, shape),
    word,
  );
}

/** One field for all pages: tree and processes are filtered as it is typed, from elsewhere it leads to the processes. */
function search(): VNode {
  const { page, query } = route.value;
  const here = page === "tree" || page === "processes";
  return h("input", {
    type: "search",
    id: "search",
    placeholder: here ? "Filter by name, label or pid  /" : "Find a process  /",
    "aria-label": here ? "Filter by name, label or pid" : "Find a process",
    autocomplete: "off",
    spellcheck: false,
    value: here ? (query["q"] ?? "") : "",
    onInput: (event) => {
      if (here) goQuery({ q: event.currentTarget.value });
    },
    onKeyDown: (event) => {
      const field = event.currentTarget;
      if (event.key === "Escape") {
        event.preventDefault();
        if (here && field.value !== "") goQuery({ q: null });
        else field.blur();
      } else if (event.key === "Enter") {
        event.preventDefault();
        const text = field.value;
        field.blur();
        if (!here && text !== "") go({ page: "processes", query: { q: text } });
        document.querySelector<HTMLElement>("main [tabindex='0']")?.focus();
      }
    },
  });
}

function themeSwitch(): VNode {
  const next: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
  const shapes: Readonly<Record<Theme, string>> = { system: "◐", light: "○", dark: "●" };
  return h(
    "button",
    {
      type: "button",
      class: "plain",
      title: `Colours: ${theme.value}. Change to ${next[theme.value]}.`,
      onClick: () => setTheme(next[theme.value]),
    },
    h("span", { "aria-hidden": "true" }, shapes[theme.value]),
    h("span", { class: "hidden-text" }, `Colours: ${theme.value}`),
  );
}
