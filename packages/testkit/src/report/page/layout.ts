import type { RecordedHeartbeat, RecordedLease, RecordedTraveller, RunRecord } from "../../record/run-record.ts";

/** The part of the time that is shown. */
export interface View {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Something that has a row of its own below the lanes. */
export type Row =
  | { readonly type: "traveller"; readonly traveller: RecordedTraveller }
  | { readonly type: "heartbeat"; readonly heartbeat: RecordedHeartbeat }
  | { readonly type: "lease"; readonly lease: RecordedLease };

/** Where everything is, from top to bottom, in pixels. */
export interface Layout {
  readonly gutter: number;
  readonly axisHeight: number;
  /** Of each fault the line of the strip that it is drawn on. */
  readonly faultLines: readonly number[];
  readonly faultsTop: number;
  readonly faultLineHeight: number;
  /** The middle of each lane, by the name of its node. */
  readonly lanes: Readonly<Record<string, number>>;
  readonly laneHeight: number;
  readonly lanesTop: number;
  readonly lanesBottom: number;
  readonly rows: readonly (Row & { readonly top: number; readonly title: string | null })[];
  readonly rowHeight: number;
  readonly height: number;
}

/** So that what is shown is within the run, and neither nothing nor nearly so. */
export function clamp(view: View, endMs: number): View {
  const shortestMs = 0.05;
  const lastsMs = Math.min(Math.max(view.toMs - view.fromMs, shortestMs), endMs * 1.04 + 1);
  const fromMs = Math.min(Math.max(view.fromMs, -endMs * 0.02), endMs * 1.02 + 1 - lastsMs);
  return { fromMs, toMs: fromMs + lastsMs };
}

/** Where to look first: what led to the failure, and a little after it. */
export function focusOf(record: RunRecord): View {
  const { failure, faults, endMs, bootedMs } = record;
  if (failure === null) return { fromMs: 0, toMs: endMs };
  const startMs = bootedMs ?? 0;
  // As far back as the last faults that bit, if that is not nearly everything.
  const bit = faults.filter(({ effective, fromMs }) => effective > 0 && fromMs !== null && fromMs < failure.atMs);
  const lastMs = bit.at(-3)?.fromMs ?? startMs;
  const sinceMs = Math.max(failure.atMs - lastMs, (failure.atMs - startMs) * 0.02, 20);
  const backMs = Math.min(sinceMs * 1.15, 5_000, failure.atMs - startMs + 1);
  return { fromMs: failure.atMs - backMs, toMs: failure.atMs + backMs * 0.12 };
}

/** Which rows there are, and where: those that have something to show in the view come first, and not more than can be read. */
export function layout(record: RunRecord, view: View): Layout {
  const rowsMax = 24;
  const axisHeight = 26;
  const faultLineHeight = 17;
  const laneHeight = 96;
  const rowHeight = 19;

  // Faults that overlap in time go on different lines.
  const ends: number[] = [];
  const faultLines = record.faults.map(({ fromMs, toMs }) => {
    if (fromMs === null) return -1;
    const free = ends.findIndex((endMs) => endMs < fromMs);
    const line = free >= 0 ? free : ends.length < 4 ? ends.length : 3;
    ends[line] = toMs ?? record.endMs;
    return line;
  });
  const faultsTop = axisHeight + 6;
  const lanesTop = faultsTop + Math.max(1, ends.length) * faultLineHeight + 10;
  const lanes: Record<string, number> = {};
  for (const [index, { name }] of record.nodes.entries()) lanes[name] = lanesTop + laneHeight * (index + 0.5);
  const lanesBottom = lanesTop + laneHeight * record.nodes.length;

  const overlaps = (fromMs: number, toMs: number | null): boolean =>
    fromMs <= view.toMs && (toMs ?? Infinity) >= view.fromMs;
  const travellers = record.travellers.filter(
    ({ stays, moves }) =>
      stays.some((stay) => overlaps(stay.fromMs, stay.toMs)) || moves.some(({ atMs }) => overlaps(atMs, atMs)),
  );
  const heartbeats = record.heartbeats.filter(({ createdMs, ended }) => overlaps(createdMs, ended?.atMs ?? null));
  const leases = record.leases.filter(({ renewals }) =>
    renewals.some(({ sentMs, heardMs }) => overlaps(sentMs, heardMs)),
  );
  const groups: readonly (readonly [title: string, rows: readonly Row[]])[] = [
    ["Processes that move", travellers.map((traveller): Row => ({ type: "traveller", traveller }))],
    ["Heartbeats", heartbeats.map((heartbeat): Row => ({ type: "heartbeat", heartbeat }))],
    ["Leases, as the host has heard of them", leases.map((lease): Row => ({ type: "lease", lease }))],
  ];
  let top = lanesBottom + 12;
  const rows: (Row & { top: number; title: string | null })[] = [];
  for (const [title, group] of groups) {
    if (group.length === 0) continue;
    const shown = group.slice(-rowsMax);
    const left = group.length - shown.length;
    top += 20;
    for (const [index, row] of shown.entries()) {
      const heading = index > 0 ? null : left === 0 ? title : `${title} (the last ${rowsMax} of ${group.length})`;
      rows.push({ ...row, top, title: heading });
      top += rowHeight;
    }
    top += 8;
  }
  return {
    gutter: 148,
    axisHeight,
    faultLines,
    faultsTop,
    faultLineHeight,
    lanes,
    laneHeight,
    lanesTop,
    lanesBottom,
    rows,
    rowHeight,
    height: top + 6,
  };
}
