import { useEffect, useRef, useState } from "preact/hooks";
import type { Finding } from "../../protocol/sheets.ts";
import { h, type VNode } from "../h.ts";
import { duration } from "../numbers.ts";
import { connection, notes, pausedAtMs, restartsOfProgram } from "../store.ts";

/** What stands above the page: that the program is gone, that it was started again, what it wants to say. */
export function Notices(): VNode {
  const now = useNow();
  const state = connection.value;
  return h(
    "div",
    { class: "notices", role: "status" },
    state.state === "lost" || state.state === "ended"
      ? h(
          "p",
          { class: "notice-line is-warning" },
          h("strong", null, state.state === "ended" ? "The program has ended. " : "Not connected. "),
          `${state.why} What is shown is as it was; trying again in ${duration(Math.max(0, state.retryAtMs - now))}.`,
        )
      : null,
    pausedAtMs.value === null
      ? null
      : h(
          "p",
          { class: "notice-line" },
          `Paused ${agoWords(now - pausedAtMs.value)}: what is shown stays as it was. Space goes on.`,
        ),
    notes.value.map(({ serial, text }) =>
      h(
        "p",
        { key: serial, class: "notice-line" },
        h("span", { class: "stretch" }, text),
        h(
          "button",
          {
            type: "button",
            class: "plain",
            onClick: () => {
              notes.value = notes.value.filter((note) => note.serial !== serial);
            },
          },
          "Dismiss",
        ),
      ),
    ),
    restartsOfProgram.value === 0
      ? null
      : h(
          "span",
          { class: "hidden-text" },
          `Starts of the program while this page was open: ${restartsOfProgram.value}`,
        ),
  );
}

function agoWords(ms: number): string {
  return ms < 1_000 ? "just now" : `${duration(Math.floor(ms / 1_000) * 1_000)} ago`;
}

/** Tells those who do not see the page of findings that are new, and of nothing else. */
export function FindingsAloud({ findings }: { readonly findings: readonly Finding[] }): VNode {
  const told = useRef<ReadonlySet<string>>(new Set());
  const [text, setText] = useState("");
  useEffect(() => {
    const fresh = findings.filter(({ id }) => !told.current.has(id));
    told.current = new Set(findings.map(({ id }) => id));
    if (fresh.length > 0) setText(fresh.map((finding) => `${finding.severity}: ${finding.text}`).join(". "));
  }, [findings]);
  return h("div", { class: "hidden-text", "aria-live": "polite", "aria-label": "New findings", role: "log" }, text);
}

/** The time, once a second, while it is needed. */
function useNow(): number {
  const [now, setNow] = useState(Date.now());
  const needed = pausedAtMs.value !== null || connection.value.state === "lost" || connection.value.state === "ended";
  useEffect(() => {
    if (!needed) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [needed]);
  return now;
}
