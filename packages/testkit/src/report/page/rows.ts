import type { Pen } from "./pen.ts";
import type { Picture } from "./picture.ts";

/** What travels, heartbeats and leases, each in its row. It names nothing outside itself. */
export function drawRows(
  { surface, record, layout, width, colour }: Picture,
  { sans, small, x, isSeen, nodeColour, text, line, bar, hit }: Pen,
): void {
  const { gutter } = layout;
  for (const row of layout.rows) {
    const middle = row.top + layout.rowHeight / 2;
    surface.strokeStyle = colour("--grid");
    surface.lineWidth = 1;
    line(gutter, row.top + layout.rowHeight - 0.5, width, row.top + layout.rowHeight - 0.5);
    switch (row.type) {
      case "traveller": {
        const { traveller } = row;
        for (const stay of traveller.stays) {
          const ends = bar(stay.fromMs, stay.toMs ?? record.endMs, row.top + 2, layout.rowHeight - 5, 3);
          if (ends === null) continue;
          surface.fillStyle = nodeColour(stay.node);
          surface.fill();
          text(
            `${stay.node} · epoch ${stay.epoch}`,
            ends[0] + 6,
            middle - 0.5,
            colour("--on-node"),
            small,
            ends[1] - ends[0] - 10,
          );
          // Away from home it may act until its last lease ends.
          const renewed = record.leases
            .find(({ host, home }) => host === stay.node && home === traveller.home)
            ?.renewals.findLast(({ heardMs }) => heardMs <= (stay.toMs ?? record.endMs));
          const leaseEndsMs = renewed === undefined || record.leaseMs === null ? null : renewed.sentMs + record.leaseMs;
          const leaseLeftMs = leaseEndsMs === null ? null : leaseEndsMs - (stay.toMs ?? record.endMs);
          const title = `${traveller.label} ${traveller.pid} at ${stay.node}, epoch ${stay.epoch}`;
          hit(ends[0], middle, ends[1], middle, 8, title, { ...stay, leaseEndsMs, leaseLeftMs });
        }
        for (const { atMs, from, to } of traveller.moves) {
          if (!isSeen(atMs, atMs)) continue;
          text("›", x(atMs) + 2, middle - 1, colour("--ink"), sans);
          hit(x(atMs), middle, x(atMs), middle, 5, `${traveller.pid} sets out`, { atMs, from, to });
        }
        const { verdict } = traveller;
        const last = traveller.stays.at(-1)?.toMs ?? null;
        if (verdict !== null && last !== null && verdict.atMs > last && isSeen(last, verdict.atMs)) {
          // Nobody has it, and its home does not know yet.
          surface.strokeStyle = colour("--bad");
          surface.lineWidth = 1;
          surface.setLineDash([2, 3]);
          line(x(last), middle, x(verdict.atMs), middle);
          surface.setLineDash([]);
        }
        if (verdict !== null && isSeen(verdict.atMs, verdict.atMs)) {
          surface.strokeStyle = colour("--bad");
          surface.lineWidth = 2;
          line(x(verdict.atMs), row.top, x(verdict.atMs), row.top + layout.rowHeight - 2);
          surface.textAlign = "right";
          surface.font = small;
          const said = `verdict: ${verdict.text}`;
          const saidWidth = surface.measureText(said).width;
          surface.fillStyle = colour("--panel");
          surface.fillRect(x(verdict.atMs) - saidWidth - 9, row.top + 1, saidWidth + 8, layout.rowHeight - 3);
          text(said, x(verdict.atMs) - 5, middle, colour("--bad"), small);
          surface.textAlign = "left";
          hit(x(verdict.atMs), middle, x(verdict.atMs), middle, 6, `The verdict on ${traveller.pid}`, verdict);
        }
        break;
      }
      case "heartbeat": {
        const { heartbeat } = row;
        const { ended, createdMs, resets, durationMs } = heartbeat;
        const ends = bar(createdMs, ended?.atMs ?? record.endMs, row.top + 5, layout.rowHeight - 11, 3);
        if (ends === null) break;
        surface.fillStyle = nodeColour(heartbeat.home);
        surface.globalAlpha = 0.55;
        surface.fill();
        surface.globalAlpha = 1;
        const lasts = durationMs === null ? "" : `${durationMs} ms`;
        hit(ends[0], middle, ends[1], middle, 7, `Heartbeat ${heartbeat.id} of ${heartbeat.home} ${lasts}`, heartbeat);
        for (const reset of resets) {
          if (!isSeen(reset.atMs, reset.atMs)) continue;
          surface.fillStyle = colour(reset.outcome === "accepted" ? "--ink" : "--bad");
          surface.fillRect(x(reset.atMs) - 0.75, row.top + 3, 1.5, layout.rowHeight - 7);
        }
        if (ended !== null && isSeen(ended.atMs, ended.atMs))
          text(ended.cause, x(ended.atMs) + 5, middle, colour("--ink"), small);
        break;
      }
      case "lease": {
        const { lease } = row;
        const { leaseMs } = record;
        for (const [index, renewal] of lease.renewals.entries()) {
          const { sentMs, heardMs } = renewal;
          const endsMs = leaseMs === null ? heardMs : sentMs + leaseMs;
          if (!isSeen(sentMs, Math.max(endsMs, heardMs))) continue;
          surface.fillStyle = nodeColour(lease.host);
          surface.globalAlpha = 0.3;
          // Until the next one is heard, or it is over: a gap is a time in which the host may do nothing.
          const toMs = Math.min(endsMs, lease.renewals[index + 1]?.heardMs ?? Infinity);
          if (toMs > heardMs) surface.fillRect(x(heardMs), middle - 3, x(toMs) - x(heardMs), 6);
          surface.globalAlpha = 1;
          surface.beginPath();
          surface.arc(x(heardMs), middle, 2.5, 0, 7);
          surface.fill();
          const title = `Lease of ${lease.host} from ${lease.home}: counts from when it asked`;
          hit(x(heardMs), middle, x(heardMs), middle, 6, title, { ...renewal, endsMs });
        }
        break;
      }
    }
  }
}
