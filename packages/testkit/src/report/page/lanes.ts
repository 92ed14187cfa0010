import type { Pen } from "./pen.ts";
import type { Picture } from "./picture.ts";

/** Faults: where they strike, then what they are. It names nothing outside itself. */
export function drawFaults(
  { surface, record, layout, width, colour }: Picture,
  { small, x, text, line, bar, hit }: Pen,
): void {
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
}

/** Lives of nodes. It names nothing outside itself. */
export function drawLives(
  { surface, record, layout, width, colour }: Picture,
  { small, x, isSeen, nodeColour, text, line, bar, hatch, cross, hit }: Pen,
): void {
  const { gutter } = layout;
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
}

/** What clients asked for, above the lanes. It names nothing outside itself. */
export function drawOperations({ surface, record, layout, colour }: Picture, { isSeen, text, bar, hit }: Pen): void {
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
}

/** What nodes say, below their lives. It names nothing outside itself. */
export function drawEvents(
  { surface, record, view, layout, colour, selected }: Picture,
  { x, text, line, hit }: Pen,
): void {
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
}
