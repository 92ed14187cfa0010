import { useEffect, useState } from "preact/hooks";
import type { CrashSheet } from "../../protocol/sheets.ts";
import { h, type ComponentChild } from "../h.ts";
import { CopyButton } from "../look/copy-button.ts";
import { duration, grouped, plural } from "../numbers.ts";
import { Fact, Supervises } from "../process/overview-tab.ts";
import { ProcessLink } from "../look/process-link.ts";
import { Refused, refusalOf, type Refusal } from "../look/refused.ts";
import { useSuccessor } from "../process/use-successor.ts";
import { When } from "../look/when.ts";
import { href } from "../route.ts";
import { Said } from "../shown/said.ts";
import { ask, currentNode } from "../store.ts";

/** A supervisor may decide later: it is looked again so often, at this distance. */
const looks = 20;
const againMs = 1_000;

/** One crash report: what ended, why, and what came of it. */
export function CrashPage({ id }: { readonly id: number }): ComponentChild {
  const [sheet, setSheet] = useState<CrashSheet | null | undefined>(undefined);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const node = currentNode.value?.id;
  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (left: number): void => {
      ask("crash", { id }).then(
        (answer) => {
          if (stopped) return;
          setSheet(answer);
          setRefusal(null);
          if (answer !== null && answer.decision === null && answer.ancestors.length > 0 && left > 1) {
            timer = setTimeout(() => look(left - 1), againMs);
          }
        },
        (error: unknown) => {
          if (!stopped) setRefusal(refusalOf(error));
        },
      );
    };
    setSheet(undefined);
    if (Number.isSafeInteger(id)) look(looks);
    else setSheet(null);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [id, node]);
  return h(
    "section",
    { class: "room crash", "aria-labelledby": "crash-title" },
    h("p", null, h("a", { href: href({ page: "crashes" }) }, "‹ Crashes")),
    refusal === null ? null : h(Refused, refusal),
    sheet === undefined
      ? h("p", { class: "empty" }, refusal === null ? "Asking the program." : "")
      : sheet === null
        ? h(
            "p",
            { class: "empty" },
            "There is no such crash report any more: a program keeps the last ones, and none of an earlier run. Its log may have it.",
          )
        : h(Report, { sheet }),
  );
}

function Report({ sheet }: { readonly sheet: CrashSheet }): ComponentChild {
  const { error, recent, mailbox, links, linkCount, monitorCount } = sheet;
  return [
    h(
      "header",
      { class: "crash-head" },
      h(
        "h1",
        { id: "crash-title" },
        h("span", { class: "critical", "aria-hidden": "true" }, "✖ "),
        h(Said, { text: sheet.name ?? sheet.label }),
        sheet.handling === null ? " crashed" : [" crashed handling ", h(Said, { text: sheet.handling })],
      ),
      h(CopyButton, { label: "copy as text", text: () => sheet.text }),
    ),
    h(
      "p",
      { class: "quiet" },
      `Crash ${sheet.id}, at `,
      h(When, { atMs: sheet.atMs, exact: true }),
      `, after ${duration(sheet.livedMs)}. `,
      h("a", { href: href({ page: "timeline", query: { wall: String(sheet.atMs) } }) }, "Timeline at this moment"),
      " · ",
      h("a", { href: href({ page: "crashes", query: { kind: sheet.fingerprint } }) }, "others of this kind"),
    ),
    sheet.hint === null
      ? null
      : h("p", { class: "crash-hint" }, h("strong", null, "Hint: "), h(Said, { text: sheet.hint, lines: true })),
    error === null
      ? h("p", { class: "crash-error" }, h(Said, { text: sheet.cause, lines: true }))
      : h(ErrorText, { error }),
    h(
      "dl",
      { class: "facts" },
      h(
        Fact,
        { name: "decision" },
        sheet.decision === null ? h("span", { class: "faint" }, undecided(sheet)) : h(Said, { text: sheet.decision }),
      ),
      h(Fact, { name: "process" }, h(Whom, { sheet })),
      h(Fact, { name: "supervisors" }, h(Chain, { sheet })),
      h(
        Fact,
        { name: "mailbox" },
        `${plural(mailbox.length, "message", "messages")} waited`,
        mailbox.stashed === 0 ? "" : `, ${grouped(mailbox.stashed)} were put aside`,
        mailbox.first.length === 0
          ? ""
          : [": ", h(Kinds, { kinds: mailbox.first }), mailbox.length > mailbox.first.length ? " …" : ""],
      ),
      h(
        Fact,
        { name: "last messages" },
        recent.length === 0 ? h("span", { class: "faint" }, "none") : h(Kinds, { kinds: recent }),
      ),
      h(
        Fact,
        { name: "told" },
        links.length === 0
          ? h("span", { class: "faint" }, "no links")
          : h(
              "ul",
              { class: "mentions" },
              links.map((mention) => h("li", { key: mention.pid }, h(ProcessLink, mention))),
              linkCount > links.length
                ? h("li", { class: "faint" }, `and ${grouped(linkCount - links.length)} more`)
                : null,
            ),
        monitorCount === 0
          ? null
          : h("span", { class: "faint" }, `, and ${plural(monitorCount, "monitor", "monitors")}`),
      ),
      h(Fact, { name: "kind" }, h(Said, { text: sheet.fingerprint })),
    ),
    h(
      "details",
      { class: "part" },
      h("summary", null, "The whole report as text"),
      h("pre", { class: "crash-text" }, h(Said, { text: sheet.text, lines: true })),
    ),
  ];
}

function ErrorText({ error }: { readonly error: NonNullable<CrashSheet["error"]> }): ComponentChild {
  return h(
    "div",
    { class: "crash-error" },
    h("p", null, h("strong", null, h(Said, { text: error.name })), ": ", h(Said, { text: error.message, lines: true })),
    h(
      "ol",
      { class: "stack mono", "aria-label": "stack, your own lines marked" },
      error.stack.map((line, index) =>
        h(
          "li",
          { key: index, class: line.own ? "own" : "" },
          h(Said, { text: line.text }),
          line.own ? h("span", { class: "own-mark" }, "your code") : null,
        ),
      ),
    ),
    error.causes.map((cause, index) =>
      h("p", { key: index }, h("span", { class: "faint" }, "caused by "), h(Said, { text: cause, lines: true })),
    ),
  );
}

/** The process that ended, and who is there in its place. */
function Whom({ sheet }: { readonly sheet: CrashSheet }): ComponentChild {
  const { pid, label, name } = sheet;
  const successor = useSuccessor({ pid, name, child: null, parent: sheet.ancestors[0]?.pid ?? null });
  return [
    h(ProcessLink, { pid, label, name }),
    successor === null
      ? null
      : [", its successor is ", h(ProcessLink, { pid: successor.pid, label: successor.label, name: successor.name })],
  ];
}

/** From the outermost to the one that decides. */
function Chain({ sheet }: { readonly sheet: CrashSheet }): ComponentChild {
  if (sheet.ancestors.length === 0) return h("span", { class: "faint" }, "none: nobody starts it again");
  return h(
    "ol",
    { class: "chain" },
    sheet.ancestors
      .toReversed()
      .map((ancestor) =>
        h(
          "li",
          { key: ancestor.pid },
          h(ProcessLink, ancestor),
          ancestor.supervisor === null
            ? null
            : h("span", { class: "quiet" }, " ", h(Supervises, { supervisor: ancestor.supervisor })),
        ),
      ),
  );
}

function Kinds({ kinds }: { readonly kinds: readonly string[] }): ComponentChild {
  return kinds.map((kind, index) => [index === 0 ? null : ", ", h("span", { class: "mono" }, h(Said, { text: kind }))]);
}

function undecided({ ancestors }: CrashSheet): string {
  return ancestors.some(({ supervisor }) => supervisor !== null)
    ? "none that is known: its supervisor has not decided yet, or does not supervise it"
    : "none: no supervisor has it";
}
