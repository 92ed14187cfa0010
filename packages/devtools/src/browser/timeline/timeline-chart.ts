import { useRef } from "preact/hooks";
import type { Recording } from "../../protocol/recording.ts";
import { h, type ComponentChild } from "../h.ts";
import { Said } from "../shown/said.ts";
import { barsPath, densityOf } from "./density.ts";
import type { Lane, LaneId } from "./lanes.ts";
import { ticksOf, placeOf, type View } from "./view.ts";
import { timeText } from "./times.ts";

interface TimelineChartProps {
  readonly recording: Recording;
  readonly lanes: readonly Lane[];
  readonly view: View;
  readonly atMs: number;
  /** Only events of this lane are listed; null: all. */
  readonly chosen: LaneId | null;
  readonly onChoose: (lane: LaneId | null) => void;
  readonly onMove: (atMs: number) => void;
}

const columns = 240;
const laneHeight = 20;
const ticksMax = 7;

/** The lanes of a recording as bars, how many events there were when; over them faults, the failure, and the moment that is looked at. */
export function TimelineChart(props: TimelineChartProps): ComponentChild {
  const { recording, lanes, view, atMs, chosen, onChoose, onMove } = props;
  const plot = useRef<HTMLDivElement>(null);
  const drags = useRef(false);
  const faults = recording.faults.length > 0;
  const rows = lanes.length + (faults ? 1 : 0);
  const { stepMs, atMs: ticks } = ticksOf(view, ticksMax);

  const moveTo = (event: PointerEvent): void => {
    const box = plot.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return;
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    onMove(view.fromMs + part * (view.toMs - view.fromMs));
  };
  const percent = (time: number): string => `${(Math.min(1, Math.max(0, placeOf(view, time))) * 100).toFixed(3)}%`;

  return h(
    "div",
    { class: "chart-frame" },
    h(
      "div",
      { class: "lane-names" },
      faults ? h("div", { class: "lane-name faint" }, "faults") : null,
      lanes.map(({ id, timesMs }) =>
        h(
          "button",
          {
            key: id,
            type: "button",
            class: "lane-name plain",
            "aria-pressed": id === chosen,
            title: id === chosen ? "List the events of all lanes" : "List only the events of this lane",
            onClick: () => onChoose(id === chosen ? null : id),
          },
          id,
          h("span", { class: "faint number" }, String(timesMs.length)),
        ),
      ),
    ),
    h(
      "div",
      {
        class: "plot",
        ref: plot,
        onPointerDown: (event: PointerEvent) => {
          if (event.button !== 0) return;
          drags.current = true;
          plot.current?.setPointerCapture(event.pointerId);
          moveTo(event);
        },
        onPointerMove: (event: PointerEvent) => {
          if (drags.current) moveTo(event);
        },
        onPointerUp: () => {
          drags.current = false;
        },
        onPointerCancel: () => {
          drags.current = false;
        },
      },
      h(
        "svg",
        {
          class: "lanes",
          viewBox: `0 0 ${columns} ${Math.max(1, rows) * laneHeight}`,
          preserveAspectRatio: "none",
          "aria-hidden": "true",
          style: { height: `${Math.max(1, rows) * laneHeight}px` },
        },
        faultBands(recording, view, rows * laneHeight),
        lanes.map(({ id, timesMs }, index) =>
          h(
            "g",
            { key: id, transform: `translate(0 ${(index + (faults ? 1 : 0)) * laneHeight})` },
            h("path", { class: "lane-base", d: `M0 ${laneHeight - 1}H${columns}` }),
            h("path", {
              class: id === "crashes" ? "bars crash-bars" : "bars",
              d: barsPath(densityOf(timesMs, view, columns), laneHeight - 2),
            }),
          ),
        ),
      ),
      recording.failure === null || !isSeen(view, recording.failure.atMs)
        ? null
        : h(
            "div",
            { class: "failure-mark", style: { left: percent(recording.failure.atMs) } },
            h("span", null, "✖ ", h(Said, { text: recording.failure.property })),
          ),
      isSeen(view, atMs) ? h("div", { class: "cursor", style: { left: percent(atMs) } }) : null,
      h(
        "div",
        { class: "ticks", "aria-hidden": "true" },
        ticks.map((tick) =>
          h("span", { key: tick, style: { left: percent(tick) } }, timeText(recording, tick, stepMs)),
        ),
      ),
    ),
  );
}

function faultBands({ faults, toMs }: Recording, view: View, height: number): ComponentChild {
  return faults.map((fault, index) => {
    const from = Math.max(0, placeOf(view, fault.fromMs));
    const to = Math.min(1, placeOf(view, fault.toMs ?? toMs));
    if (from > 1 || to < 0) return null;
    const x = from * columns;
    const width = Math.max(0.5, (to - from) * columns);
    return h(
      "g",
      { key: index },
      h("rect", { class: "fault-band", x, y: 0, width, height }),
      h("rect", { class: "fault-head", x, y: 4, width, height: laneHeight - 8 }),
    );
  });
}

function isSeen({ fromMs, toMs }: View, atMs: number): boolean {
  return atMs >= fromMs && atMs <= toMs;
}
