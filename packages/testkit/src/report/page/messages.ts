import type { RecordedMessage } from "../../record/run-record.ts";
import type { Pen } from "./pen.ts";
import type { Picture } from "./picture.ts";

/** Messages, from lane to lane. It names nothing outside itself. */
export function drawMessages(
  { surface, record, layout, colour, shows, selected }: Picture,
  { x, isSeen, line, cross, hit }: Pen,
): void {
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
}
