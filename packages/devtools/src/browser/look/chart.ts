import { h, type VNode } from "../h.ts";
import { linePoints, scaleTop } from "./chart-line.ts";

// Our own few lines of SVG, not a library: a minute of seconds is sixty points, and nothing is zoomed or pointed at.

/** A small chart of the last values, with what it is, the newest value and the scale beside it. */
export function Chart(properties: {
  readonly title: string;
  readonly values: readonly number[];
  /** How many values there is room for. */
  readonly places: number;
  /** How a value is written, with its unit. */
  readonly text: (value: number) => string;
}): VNode {
  const { title, values, places, text } = properties;
  const newest = values.at(-1);
  const top = scaleTop(values);
  const said = newest === undefined ? "–" : text(newest);
  const most = values.length === 0 ? "" : `, ${text(Math.max(...values))} at most`;
  return h(
    "figure",
    { class: "chart" },
    h(
      "figcaption",
      null,
      h("span", { class: "quiet" }, title),
      h("strong", null, said),
      h("span", { class: "hidden-text" }, most),
    ),
    h(
      "div",
      { class: "chart-box" },
      h("span", { class: "chart-top faint", "aria-hidden": "true" }, text(top)),
      plot(values, places, 240, 44),
    ),
  );
}

/** The same without words, for a row of a table. */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }): VNode {
  return h("span", { class: "sparkline", title: label }, plot(values, 30, 60, 14));
}

function plot(values: readonly number[], places: number, width: number, height: number): VNode {
  const points = linePoints(values, places, width, height);
  const left = points.slice(0, points.indexOf(","));
  return h(
    "svg",
    { viewBox: `0 -1 ${width} ${height + 2}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    values.length < 2 ? null : h("polygon", { points: `${left},${height} ${points} ${width},${height}` }),
    values.length < 2 ? null : h("polyline", { points }),
  );
}
