import type { ProcessMention, ProcessSheet } from "../../protocol/sheets.ts";
import { h, type ComponentChild } from "../h.ts";
import { grouped } from "../numbers.ts";
import { ProcessLink } from "../look/process-link.ts";

/** With whom a process is tied, and what ends if it ends. */
export function LinksTab({ sheet }: { readonly sheet: ProcessSheet }): ComponentChild {
  const { links, linkCount, monitors, monitoredBy, blast } = sheet;
  return h(
    "div",
    null,
    h(Mentions, {
      title: "What ends if this ends",
      mentions: blast.processes,
      count: blast.processes.length,
      more: blast.more,
      empty: "Nothing else that is known here: it has no links, or those linked to it trap exits.",
    }),
    h(Mentions, {
      title: "Links",
      mentions: links,
      count: linkCount,
      more: linkCount > links.length,
      empty: "It is linked to no process.",
    }),
    h(Mentions, {
      title: "Monitors",
      mentions: monitors,
      count: monitors.length,
      more: false,
      empty: "It watches nobody.",
    }),
    h(Mentions, {
      title: "Monitored by",
      mentions: monitoredBy,
      count: monitoredBy.length,
      more: false,
      empty: "Nobody watches it.",
    }),
  );
}

interface MentionsProps {
  readonly title: string;
  readonly mentions: readonly ProcessMention[];
  readonly count: number;
  readonly more: boolean;
  readonly empty: string;
}

function Mentions({ title, mentions, count, more, empty }: MentionsProps): ComponentChild {
  return h(
    "section",
    { class: "part" },
    h(
      "h3",
      null,
      title,
      count === 0
        ? null
        : h("span", { class: "tab-count" }, more && count === mentions.length ? `${count}+` : grouped(count)),
    ),
    mentions.length === 0
      ? h("p", { class: "faint" }, empty)
      : h(
          "ul",
          { class: "mentions" },
          mentions.map((mention, index) => h("li", { key: index }, h(ProcessLink, mention))),
          more ? h("li", { class: "faint" }, "… and more, not shown") : null,
        ),
  );
}
