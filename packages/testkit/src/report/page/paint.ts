import type { RecordedMessage, RunRecord } from "../../record/run-record.ts";
import type { Layout, View } from "./layout.ts";
import type { Surface } from "./surface.ts";

/** Something on the picture that can be asked about. */
export interface Hit {
  readonly x: number;
  readonly y: number;
  /** The other end of it; a point when it is the same. */
  readonly toX: number;
  readonly toY: number;
  /** Half of how thick it is. */
  readonly reach: number;
  /** What it is, and all that is known of it. */
  readonly title: string;
  readonly about: object;
}

export interface Picture {
  readonly surface: Surface;
  readonly record: RunRecord;
  readonly view: View;
  readonly layout: Layout;
  readonly width: number;
  /** The value of a custom property of the page, such as `--ink`. */
  readonly colour: (name: string) => string;
  /** Whether messages of this kind are shown. */
  readonly shows: (kind: string) => boolean;
  /** What is known of what was clicked. */
  readonly selected: object | null;
}

/**
 * Draws what is in view, and returns what can be clicked. It names nothing outside itself: the page runs its text.
 */
export function paint(picture: Picture): readonly Hit[] {
  const { surface, record, view, layout, width, colour, shows, selected } = picture;
  const hits: Hit[] = [];
  const { gutter } = layout;
  const perMs = (width - gutter - 12) / (view.toMs - view.fromMs);
  const x = (atMs: number): number => gutter + (atMs - view.fromMs) * perMs;
  const isSeen = (fromMs: number, toMs: number): boolean => fromMs <= view.toMs && toMs >= view.fromMs;
  const sans = "12px system-ui, sans-serif";
  const small = "11px system-ui, sans-serif";
  const names = record.nodes.map(({ name }) => name);
  const nodeColour = (name: string): string => colour(`--node-${names.indexOf(name) % 6}`);
  const showTime = (ms: number, stepMs: number): string =>
    stepMs >= 1_000 ? `${ms / 1_000} s` : `${Number(ms.toFixed(stepMs >= 1 ? 0 : 3))} ms`;

  const text = (words: string, atX: number, atY: number, style: string, font: string, widthMax = Infinity): number => {
    surface.font = font;
    surface.fillStyle = style;
    let shown = words;
    if (surface.measureText(shown).width > widthMax) {
      let length = Math.max(0, Math.floor((shown.length * widthMax) / surface.measureText(shown).width) - 1);
      shown = length < 2 ? "" : `${words.slice(0, length)}…`;
      while (shown !== "" && surface.measureText(shown).width > widthMax) {
        length -= 1;
        shown = length < 2 ? "" : `${words.slice(0, length)}…`;
      }
    }
    if (shown !== "") surface.fillText(shown, atX, atY);
    return surface.measureText(shown).width;
  };
  const line = (fromX: number, fromY: number, toX: number, toY: number): void => {
    surface.beginPath();
    surface.moveTo(fromX, fromY);
    surface.lineTo(toX, toY);
    surface.stroke();
  };
  /** A bar between two times, cut off where the picture ends; null when it is not to be seen. */
  const bar = (
    fromMs: number,
    toMs: number,
    top: number,
    height: number,
    radius: number,
  ): readonly [number, number] | null => {
    if (!isSeen(fromMs, toMs)) return null;
    const left = Math.max(x(fromMs), gutter - 6);
    const right = Math.max(Math.min(x(toMs), width + 6), left + 1.5);
    surface.beginPath();
    surface.roundRect(left, top, right - left, height, Math.min(radius, (right - left) / 2));
    return [left, right];
  };
  const hatch = (left: number, top: number, right: number, height: number, style: string): void => {
    surface.save();
    surface.beginPath();
    surface.rect(left, top, right - left, height);
    surface.clip();
    surface.strokeStyle = style;
    surface.lineWidth = 1.5;
    surface.beginPath();
    for (let at = left - height - ((left - height) % 7); at < right; at += 7) {
      surface.moveTo(at, top + height);
      surface.lineTo(at + height, top);
    }
    surface.stroke();
    surface.restore();
  };
  const cross = (atX: number, atY: number, size: number): void => {
    surface.beginPath();
    surface.moveTo(atX - size, atY - size);
    surface.lineTo(atX + size, atY + size);
    surface.moveTo(atX + size, atY - size);
    surface.lineTo(atX - size, atY + size);
    surface.stroke();
  };
  const hit = (
    fromX: number,
    fromY: number,
    toX: number,
    toY: number,
    reach: number,
    title: string,
    about: object,
  ): void => {
    hits.push({ x: fromX, y: fromY, toX, toY, reach, title, about });
  };

  surface.clearRect(0, 0, width, layout.height);
  surface.textBaseline = "middle";
  surface.textAlign = "left";

  // The axis
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

  surface.save();
  surface.beginPath();
  surface.rect(gutter - 6, 0, width - gutter + 6, layout.height);
  surface.clip();

  // Faults: where they strike, then what they are
  for (const [index, fault] of record.faults.entries()) {
    const { fromMs, effective } = fault;
    if (fromMs === null) continue;
    const toMs = fault.toMs ?? Math.max(record.endMs, fromMs);
    const isShort = toMs === fromMs;
    surface.globalAlpha = effective === 0 ? 0.4 : 1;
    const struck: (readonly [top: number, height: number])[] = fault.nodes.map((name) => [
      (layout.lanes[name] ?? 0) - layout.laneHeight / 2 + 4,
      layout.laneHeight - 8,
    ]);
    const pairs = new Set(fault.links.map((link) => [...link].sort().join(" ")));
    for (const pair of pairs) {
      const [a = "", b = ""] = pair.split(" ");
      const [low = 0, high = 0] = [layout.lanes[a] ?? 0, layout.lanes[b] ?? 0].sort((p, q) => p - q);
      struck.push([low, high - low]);
    }
    for (const [top, height] of struck) {
      const ends = bar(fromMs, toMs, top, height, 3);
      if (ends === null) continue;
      surface.fillStyle = colour("--fault-fill");
      surface.fill();
      surface.strokeStyle = colour("--fault-line");
      surface.lineWidth = 1;
      surface.setLineDash([3, 3]);
      line(ends[0], top, ends[0], top + height);
      if (!isShort) line(ends[1], top, ends[1], top + height);
      surface.setLineDash([]);
    }
    const top = layout.faultsTop + (layout.faultLines[index] ?? 0) * layout.faultLineHeight;
    const ends = bar(fromMs, toMs, top, layout.faultLineHeight - 4, 3);
    if (ends !== null) {
      surface.fillStyle = colour("--fault");
      surface.fill();
      const title = `${fault.text}${effective === 0 ? " (no effect)" : ""}`;
      const next = record.faults.find(
        (other, otherIndex) =>
          layout.faultLines[otherIndex] === layout.faultLines[index] && (other.fromMs ?? -1) > fromMs,
      );
      const room = Math.min(next?.fromMs == null ? width : x(next.fromMs), width) - ends[0] - 8;
      const isInside = ends[1] - ends[0] > 90;
      if (isInside) text(title, ends[0] + 6, top + 7, colour("--on-fault"), small, ends[1] - ends[0] - 10);
      else text(title, ends[1] + 5, top + 7, colour("--ink"), small, room - (ends[1] - ends[0]));
      hit(ends[0], top + 7, ends[1], top + 7, 8, `Fault: ${fault.text}`, fault);
    }
    surface.globalAlpha = 1;
  }

  // Lives
  for (const { name, states } of record.nodes) {
    const middle = layout.lanes[name] as number;
    surface.strokeStyle = colour("--line");
    surface.lineWidth = 1;
    surface.setLineDash([2, 4]);
    line(gutter, middle, width, middle);
    surface.setLineDash([]);
    for (const [index, span] of states.entries()) {
      const toMs = span.toMs ?? record.endMs;
      const { state, life } = span;
      if (state === "crashed") {
        if (isSeen(span.fromMs, toMs)) {
          surface.strokeStyle = colour("--bad");
          surface.lineWidth = 2.5;
          cross(x(span.fromMs), middle, 6);
          hit(x(span.fromMs), middle, x(span.fromMs), middle, 9, `${name} crashed`, span);
        }
        continue;
      }
      const ends = bar(span.fromMs, toMs, middle - 5, 10, 3);
      if (ends === null) continue;
      const isUp = state === "running" || state === "booting";
      surface.globalAlpha = isUp ? (state === "running" ? 1 : 0.45) : 0.25;
      surface.fillStyle = nodeColour(name);
      surface.fill();
      surface.globalAlpha = 1;
      if (!isUp) {
        hatch(ends[0], middle - 9, ends[1], 18, nodeColour(name));
        if (ends[1] - ends[0] > 50) text(state, ends[0] + 6, middle + 20, colour("--muted"), small, ends[1] - ends[0]);
      }
      const isNewLife = states[index - 1]?.life !== life && life > 1;
      if (isNewLife) text(`life ${life}`, ends[0] + 2, middle + 16, colour("--muted"), small);
      hit(ends[0], middle, ends[1], middle, 5, `${name}: ${state}, life ${life}`, span);
    }
  }

  // What clients asked for, above the lanes
  const busyUntil: Record<string, number[]> = {};
  for (const entry of record.history) {
    const { invokedMs, outcome, node } = entry;
    const toMs = outcome.type === "unknown" ? record.endMs : outcome.atMs;
    if (!isSeen(invokedMs, toMs)) continue;
    const lines = (busyUntil[node] ??= []);
    const free = lines.findIndex((untilMs) => untilMs <= invokedMs);
    const row = free >= 0 ? free : Math.min(lines.length, 2);
    lines[row] = toMs;
    const top = (layout.lanes[node] ?? 0) - 17 - row * 11;
    surface.globalAlpha = outcome.type === "unknown" ? 0.5 : 1;
    const ends = bar(invokedMs, toMs, top - 4, 8, 2);
    if (ends !== null) {
      surface.fillStyle = colour(outcome.type === "failed" ? "--bad-soft" : "--op");
      surface.fill();
      surface.globalAlpha = 1;
      if (ends[1] - ends[0] > 46)
        text(entry.client, ends[0] + 4, top, colour("--ink"), "9.5px system-ui, sans-serif", ends[1] - ends[0] - 6);
      hit(ends[0], top, ends[1], top, 5, `Operation ${entry.client} on ${node}: ${outcome.type}`, entry);
    }
    surface.globalAlpha = 1;
  }

  // Messages
  const inView: RecordedMessage[] = record.messages.filter(
    ({ sentMs, arrivedMs, kind, againMs, fate }) =>
      shows(kind) &&
      isSeen(sentMs, Math.max(arrivedMs ?? (fate === "under way" ? record.endMs : sentMs), againMs.at(-1) ?? 0)),
  );
  const isCrowded = inView.length > 1_500;
  const drawn = new Set<string>();
  /** Of a crowd all lines of one colour at once. */
  const crowd = new Map<string, number[]>();
  for (const message of inView) {
    const { from, to, sentMs, arrivedMs, kind, fate, againMs } = message;
    const isDull = /^(lease|pulse)\./.test(kind);
    const fromX = x(sentMs);
    const fromY = layout.lanes[from];
    const toY = layout.lanes[to];
    if (fromY === undefined || toY === undefined) continue;
    if (isCrowded && message !== selected) {
      // One in each pixel says as much as all.
      const place = `${from} ${to} ${fate} ${Math.round(fromX)}`;
      if (drawn.has(place)) continue;
      drawn.add(place);
    }
    const down = Math.sign(toY - fromY);
    const startY = fromY + down * 6;
    const endY = toY - down * 6;
    const isOdd = fate === "lost" || fate === "tampered" || fate === "duplicated" || fate === "held";
    const isSelected = message === selected;
    const style = colour(
      isSelected
        ? "--focus"
        : fate === "lost" || fate === "tampered"
          ? "--bad"
          : fate === "held" || fate === "duplicated"
            ? "--fault"
            : kind.startsWith("transfer.")
              ? "--transfer"
              : isDull
                ? "--dull"
                : "--message",
    );
    surface.strokeStyle = style;
    surface.fillStyle = style;
    surface.globalAlpha = isSelected || isOdd ? 1 : isDull ? 0.55 : isCrowded ? 0.5 : 0.85;
    surface.lineWidth = isSelected ? 2.5 : isOdd ? 1.6 : 1.1;
    const title = `${kind}${message.pid === null ? "" : ` about ${message.pid}`}, ${from} to ${to}: ${fate}`;
    const arrow = (arrivalMs: number, isDashed: boolean): void => {
      const toX = x(arrivalMs);
      if (isCrowded && !isOdd && !isSelected) {
        const lines = crowd.get(style) ?? [];
        lines.push(fromX, startY, toX, endY);
        crowd.set(style, lines);
      } else {
        surface.setLineDash(isDashed ? [5, 4] : []);
        line(fromX, startY, toX, endY);
        surface.setLineDash([]);
      }
      if (!isCrowded) {
        const angle = Math.atan2(endY - startY, toX - fromX);
        surface.beginPath();
        surface.moveTo(toX, endY);
        surface.lineTo(toX - 7 * Math.cos(angle - 0.35), endY - 7 * Math.sin(angle - 0.35));
        surface.lineTo(toX - 7 * Math.cos(angle + 0.35), endY - 7 * Math.sin(angle + 0.35));
        surface.closePath();
        surface.fill();
      }
      hit(fromX, startY, toX, endY, 4, title, message);
    };
    if (arrivedMs === null) {
      // Where it got lost nobody knows: half of the way.
      const stopX = fate === "under way" ? x(record.endMs) : fromX + 10;
      const stopY = startY + (endY - startY) * 0.45;
      surface.setLineDash(fate === "under way" ? [2, 3] : []);
      line(fromX, startY, stopX, stopY);
      surface.setLineDash([]);
      surface.lineWidth = 2;
      if (fate === "lost") cross(stopX, stopY, 4);
      hit(fromX, startY, stopX, stopY, 5, title, message);
    } else {
      arrow(arrivedMs, fate === "held");
    }
    for (const arrivalMs of againMs) arrow(arrivalMs, true);
    surface.globalAlpha = 1;
  }

  surface.lineWidth = 1;
  surface.globalAlpha = 0.5;
  for (const [style, lines] of crowd) {
    surface.strokeStyle = style;
    surface.beginPath();
    for (let index = 0; index < lines.length; index += 4) {
      surface.moveTo(lines[index] as number, lines[index + 1] as number);
      surface.lineTo(lines[index + 2] as number, lines[index + 3] as number);
    }
    surface.stroke();
  }
  surface.globalAlpha = 1;

  // What nodes say, below their lives
  const marked =
    /^(transfer\.(granted|dropped|lost|failed|started|refused)|node\.(verdict|down|suspected)|heartbeat\.ended|guest\.finished)$/;
  const ticked = new Set<string>();
  const labelled: Record<string, number> = {};
  for (const event of record.happened) {
    const { atMs, place, type } = event;
    const middle = layout.lanes[place];
    if (middle === undefined || atMs < view.fromMs || atMs > view.toMs) continue;
    const atX = x(atMs);
    const isMarked = marked.test(type);
    const key = `${place} ${isMarked} ${Math.round(atX)}`;
    if (ticked.has(key) && event !== selected) continue;
    ticked.add(key);
    const isBad = type === "node.verdict" || type === "transfer.lost" || type === "transfer.dropped";
    surface.fillStyle = colour(event === selected ? "--focus" : isBad ? "--bad" : isMarked ? "--ink" : "--muted");
    surface.beginPath();
    if (isMarked) {
      surface.moveTo(atX, middle - 5);
      surface.lineTo(atX + 5, middle);
      surface.lineTo(atX, middle + 5);
      surface.lineTo(atX - 5, middle);
      surface.closePath();
    } else {
      surface.arc(atX, middle, event === selected ? 4 : 1.8, 0, 7);
    }
    surface.fill();
    if (isMarked && (labelled[place] ?? -Infinity) < atX - 6) {
      const said = text(
        type.replace(/^(transfer|node|guest)\./, ""),
        atX + 5,
        middle + 30,
        colour(isBad ? "--bad" : "--muted"),
        "10px system-ui, sans-serif",
        90,
      );
      labelled[place] = atX + said + 8;
      surface.strokeStyle = colour("--line");
      surface.lineWidth = 1;
      line(atX + 0.5, middle + 6, atX + 0.5, middle + 34);
    }
    hit(atX, middle, atX, middle, isMarked ? 7 : 4, event.text, event);
  }

  // Rows
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

  // The failure
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
  surface.restore();

  // The names, over whatever came from the left
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
  return hits;
}
