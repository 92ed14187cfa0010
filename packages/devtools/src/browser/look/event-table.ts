import type { RecordedLine } from "../../protocol/sheets.ts";
import { h, type ComponentChild } from "../h.ts";
import { href } from "../route.ts";
import { Said } from "../shown/said.ts";
import { ProcessLink } from "./process-link.ts";
import { When } from "./when.ts";

interface EventTableProps {
  /** What it is of, for those who do not see it. */
  readonly caption: string;
  readonly events: readonly RecordedLine[];
  /** Not linked: the process that the list is about. */
  readonly pid?: string;
  /** What to say when there are none. */
  readonly empty: string;
}

/** Lines of the flight recorder, each with the processes that it is about and the way to the timeline. */
export function EventTable({ caption, events, pid, empty }: EventTableProps): ComponentChild {
  if (events.length === 0) return h("p", { class: "empty" }, empty);
  return h(
    "table",
    { class: "events" },
    h("caption", { class: "hidden-text" }, caption),
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", { scope: "col" }, "time"),
        h("th", { scope: "col" }, "event"),
        h("th", { scope: "col" }, "processes"),
      ),
    ),
    h(
      "tbody",
      null,
      events.map((line) =>
        h(
          "tr",
          { key: line.serial },
          h(
            "td",
            { class: "event-time" },
            h(
              "a",
              { href: href({ page: "timeline", query: { wall: String(line.atMs) } }), title: "Show on the timeline" },
              h(When, { atMs: line.atMs, exact: true }),
            ),
          ),
          h("td", { class: "event-text", title: line.type }, h(Said, { text: line.text })),
          h(
            "td",
            null,
            line.pids.filter((key) => key !== pid).map((key) => [h(ProcessLink, { key, pid: key, label: null }), " "]),
          ),
        ),
      ),
    ),
  );
}
