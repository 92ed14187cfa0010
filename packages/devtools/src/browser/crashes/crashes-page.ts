import type { CrashGroup, CrashPage, CrashSummary } from "../../protocol/sheets.ts";
import { h, type ComponentChild } from "../h.ts";
import { duration, grouped, plural } from "../numbers.ts";
import { ProcessLink } from "../look/process-link.ts";
import { Refused } from "../look/refused.ts";
import { When } from "../look/when.ts";
import { goQuery, href, route } from "../route.ts";
import { Said } from "../shown/said.ts";
import { useFollow, useTrouble } from "../store.ts";

/** What crashed: by kind, and one by one. */
export function CrashesPage(): ComponentChild {
  const page = useFollow("crashes", {});
  const trouble = useTrouble("crashes", {});
  return h(
    "section",
    { class: "room", "aria-labelledby": "crashes-title" },
    h("h1", { id: "crashes-title" }, "Crashes"),
    trouble === null ? null : h(Refused, trouble),
    page === null
      ? trouble === null
        ? h("p", { class: "empty" }, "Asking the program.")
        : null
      : h(Crashes, { page }),
  );
}

function Crashes({ page }: { readonly page: CrashPage }): ComponentChild {
  if (page.crashes.length === 0) {
    return h(
      "p",
      { class: "empty" },
      "Nothing has crashed. A process crashes when it ends with an error, or is killed; what ends normally or is shut down is not here.",
    );
  }
  const chosen = route.value.query["kind"] ?? null;
  const group = page.groups.find(({ fingerprint }) => fingerprint === chosen);
  const listed = group === undefined ? page.crashes : page.crashes.filter(({ fingerprint }) => fingerprint === chosen);
  return [
    h(
      "p",
      { class: "quiet" },
      plural(page.total, "crash", "crashes"),
      ` of ${plural(page.groups.length, "kind", "kinds")}`,
      page.total > page.crashes.length ? `; the last ${grouped(page.crashes.length)} are listed.` : ".",
    ),
    h(Groups, { groups: page.groups, chosen: group?.fingerprint ?? null }),
    h(
      "div",
      { class: "tools" },
      h(
        "h2",
        { id: "crash-list" },
        group === undefined ? "All, the newest first" : ["Of the kind ", h(Said, { text: group.fingerprint })],
      ),
      group === undefined ? null : h("button", { type: "button", onClick: () => goQuery({ kind: null }) }, "show all"),
    ),
    h(CrashTable, { crashes: listed }),
  ];
}

/** Crashes with the same error at the same line of the author's. */
function Groups({
  groups,
  chosen,
}: {
  readonly groups: readonly CrashGroup[];
  readonly chosen: string | null;
}): ComponentChild {
  const most = Math.max(...groups.map(({ count }) => count));
  return h(
    "table",
    { class: "sheet panel" },
    h("caption", { class: "hidden-text" }, "Kinds of crashes: the same error at the same line"),
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", { scope: "col" }, "kind"),
        h("th", { scope: "col", class: "number" }, "count"),
        h("th", { scope: "col" }, "last process"),
        h("th", { scope: "col" }, "last cause"),
        h("th", { scope: "col" }, "first"),
        h("th", { scope: "col" }, "last"),
      ),
    ),
    h(
      "tbody",
      null,
      groups.map(({ fingerprint, count, firstMs, lastMs, last }) =>
        h(
          "tr",
          { key: fingerprint, class: fingerprint === chosen ? "selected" : "" },
          h(
            "td",
            null,
            h(
              "button",
              {
                type: "button",
                class: "plain link",
                "aria-pressed": fingerprint === chosen,
                title: "List those of this kind",
                onClick: () => goQuery({ kind: fingerprint === chosen ? null : fingerprint }),
              },
              h(Said, { text: fingerprint }),
            ),
          ),
          h(
            "td",
            { class: "number" },
            h("span", { class: "count-bar", "aria-hidden": "true", style: { width: `${(count / most) * 3}rem` } }),
            grouped(count),
          ),
          h("td", null, h(Said, { text: last.name ?? last.label })),
          h(
            "td",
            null,
            h(
              "a",
              { class: "cause", href: href({ page: "crash", id: String(last.id) }) },
              h(Said, { text: firstLine(last.cause) }),
            ),
          ),
          h("td", null, h(When, { atMs: firstMs })),
          h(
            "td",
            null,
            h(When, { atMs: lastMs }),
            h("span", { class: "faint" }, count > 1 ? ` over ${duration(lastMs - firstMs)}` : ""),
          ),
        ),
      ),
    ),
  );
}

function CrashTable({ crashes }: { readonly crashes: readonly CrashSummary[] }): ComponentChild {
  return h(
    "table",
    { class: "sheet panel", "aria-labelledby": "crash-list" },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", { scope: "col" }, "time"),
        h("th", { scope: "col" }, "report"),
        h("th", { scope: "col" }, "process"),
        h("th", { scope: "col" }, "handling"),
        h("th", { scope: "col" }, "decision"),
      ),
    ),
    h(
      "tbody",
      null,
      crashes.map((crash) =>
        h(
          "tr",
          { key: crash.id },
          h("td", null, h(When, { atMs: crash.atMs, exact: true })),
          h(
            "td",
            null,
            h(
              "a",
              { class: "cause", href: href({ page: "crash", id: String(crash.id) }) },
              h(Said, { text: firstLine(crash.cause) }),
            ),
          ),
          h("td", null, h(ProcessLink, { pid: crash.pid, label: crash.label, name: crash.name })),
          h(
            "td",
            null,
            crash.handling === null ? h("span", { class: "faint" }, "–") : h(Said, { text: crash.handling }),
          ),
          h(
            "td",
            { class: "decision" },
            crash.decision === null ? h("span", { class: "faint" }, "–") : h(Said, { text: crash.decision }),
          ),
        ),
      ),
    ),
  );
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? text : `${text.slice(0, end)} …`;
}
