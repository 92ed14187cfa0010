import type { Recording } from "../../protocol/recording.ts";
import { h, type ComponentChild, type VNode } from "../h.ts";
import { plural } from "../numbers.ts";
import { Said } from "../shown/said.ts";
import { visible } from "../shown/visible-text.ts";
import { laneOf } from "./lanes.ts";
import { timeText } from "./times.ts";

import { RowList } from "./row-list.ts";

interface EventsAroundProps {
  readonly recording: Recording;
  /** Those of the chosen lane, in order. */
  readonly events: Recording["events"];
  readonly atMs: number;
  /** The index of the last one that had happened by then; -1: none had. */
  readonly last: number;
  readonly onMove: (atMs: number) => void;
}

/** What happened, around the moment that is looked at. */
export function EventsAround({ recording, events, atMs, last, onMove }: EventsAroundProps): ComponentChild {
  const names = new Map(recording.nodes.map(({ id, name }) => [id, name]));
  const enter = (index: number): void => {
    const event = events[index];
    if (event !== undefined) onMove(event.atMs);
  };
  const row = (index: number, tabIndex: 0 | -1): VNode => {
    const event = events[index];
    if (event === undefined) return h("div", { key: index });
    const { node } = event;
    return h(
      "div",
      {
        key: event.serial,
        role: "listitem",
        class: `timeline-row event-row${event.atMs > atMs ? " ahead" : ""}${event.atMs === atMs ? " concerned" : ""}`,
        tabIndex,
        "aria-current": event.atMs === atMs ? "time" : undefined,
        title: visible(`${event.type}: ${event.text}`),
        onClick: () => enter(index),
      },
      h("span", { class: "faint event-at" }, timeText(recording, event.atMs, 1)),
      names.size > 1 && node !== null
        ? h("span", { class: "at-node" }, h(Said, { text: names.get(node) ?? node.slice(0, 8) }))
        : null,
      h("span", { class: laneOf(event.type) === "supervisors" ? "notice" : "" }, h(Said, { text: event.text })),
    );
  };
  return h(
    "section",
    { class: "timeline-part", "aria-labelledby": "events-around" },
    h(
      "h2",
      { id: "events-around" },
      "Events ",
      h("span", { class: "faint" }, plural(events.length, "event", "events")),
    ),
    events.length === 0
      ? h("p", { class: "empty" }, "Nothing of this kind happened in the recording.")
      : h(RowList, { role: "list", label: "events", total: events.length, current: last, row, onEnter: enter }),
  );
}
