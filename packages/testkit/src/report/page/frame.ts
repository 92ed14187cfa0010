import type { Pen } from "./pen.ts";
import type { Picture } from "./picture.ts";

/** The times. It names nothing outside itself. */
export function drawAxis({ surface, view, layout, width, colour }: Picture, { small, x, text, line }: Pen): void {
  const { gutter } = layout;
  const showTime = (ms: number, stepMs: number): string =>
    stepMs >= 1_000 ? `${ms / 1_000} s` : `${Number(ms.toFixed(stepMs >= 1 ? 0 : 3))} ms`;
  const wanted = (view.toMs - view.fromMs) / Math.max(3, (width - gutter) / 110);
  const magnitude = 10 ** Math.floor(Math.log10(wanted));
  const stepMs = ([1, 2, 5, 10].find((factor) => factor * magnitude >= wanted) ?? 10) * magnitude;
  for (let tick = Math.ceil(view.fromMs / stepMs); tick * stepMs <= view.toMs; tick += 1) {
    const atX = Math.round(x(tick * stepMs)) + 0.5;
    surface.strokeStyle = colour("--grid");
    surface.lineWidth = 1;
    line(atX, layout.axisHeight, atX, layout.height);
    surface.textAlign = "center";
    text(showTime(tick * stepMs, stepMs), atX, layout.axisHeight / 2, colour("--muted"), small);
    surface.textAlign = "left";
  }
}

/** Where the failure was seen. It names nothing outside itself. */
export function drawFailure({ surface, record, layout, colour }: Picture, { x, isSeen, text, line }: Pen): void {
  if (record.failure !== null && isSeen(record.failure.atMs, record.failure.atMs)) {
    const atX = Math.round(x(record.failure.atMs)) + 0.5;
    surface.strokeStyle = colour("--bad");
    surface.lineWidth = 2;
    line(atX, layout.axisHeight - 6, atX, layout.height);
    surface.textAlign = "right";
    surface.font = "600 11px system-ui, sans-serif";
    const label = "the failure is seen";
    const labelWidth = surface.measureText(label).width + 12;
    surface.fillStyle = colour("--bad");
    surface.beginPath();
    surface.roundRect(atX - labelWidth, layout.axisHeight - 22, labelWidth + 1, 17, 3);
    surface.fill();
    text(label, atX - 6, layout.axisHeight - 13, colour("--on-bad"), "600 11px system-ui, sans-serif");
    surface.textAlign = "left";
  }
}

/** The names, over whatever came from the left. It names nothing outside itself. */
export function drawNames({ surface, record, view, layout, colour }: Picture, { small, nodeColour, text }: Pen): void {
  const { gutter } = layout;
  for (const { name, states, clocks } of record.nodes) {
    const middle = layout.lanes[name] as number;
    surface.fillStyle = nodeColour(name);
    surface.fillRect(0, middle - 16, 3, 32);
    text(name, 12, middle - 7, colour("--ink"), "600 14px system-ui, sans-serif", gutter - 24);
    const span = states.findLast(({ fromMs }) => fromMs <= view.toMs);
    const clock = clocks.findLast(({ atMs }) => atMs <= view.toMs);
    const aheadMs = clock === undefined ? 0 : clock.aheadMs + (clock.rate - 1) * (view.toMs - clock.atMs);
    const rate = clock === undefined || clock.rate === 1 ? "" : ` ×${clock.rate}`;
    const isOff = Math.abs(aheadMs) >= 1 || rate !== "";
    const off = isOff ? `clock ${aheadMs < 0 ? "−" : "+"}${Math.abs(aheadMs).toFixed(0)} ms${rate}` : null;
    text(
      off ?? `${span?.state ?? ""}, life ${span?.life ?? 1}`,
      12,
      middle + 10,
      colour(isOff ? "--fault-ink" : "--muted"),
      small,
      gutter - 22,
    );
  }
  text("Faults", 12, layout.faultsTop + 7, colour("--muted"), small);
  for (const row of layout.rows) {
    const middle = row.top + layout.rowHeight / 2;
    if (row.title !== null) text(row.title, 12, row.top - 9, colour("--muted"), "600 11px system-ui, sans-serif");
    const label =
      row.type === "traveller"
        ? `${row.traveller.label} ${row.traveller.pid}`
        : row.type === "heartbeat"
          ? row.heartbeat.id
          : `${row.lease.host} of ${row.lease.home}`;
    text(label, 12, middle, colour("--ink"), small, gutter - 22);
  }
}
