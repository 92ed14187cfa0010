import type { Hit, Picture } from "./picture.ts";

/** How the parts of a picture are drawn. */
export interface Pen {
  /** What has been drawn that can be clicked. */
  readonly hits: readonly Hit[];
  readonly sans: string;
  readonly small: string;
  /** Where a time is. */
  readonly x: (atMs: number) => number;
  readonly isSeen: (fromMs: number, toMs: number) => boolean;
  readonly nodeColour: (name: string) => string;
  /** Words, shortened to what there is room for. Returns how wide they are. */
  readonly text: (words: string, atX: number, atY: number, style: string, font: string, widthMax?: number) => number;
  readonly line: (fromX: number, fromY: number, toX: number, toY: number) => void;
  /** The path of a bar between two times, cut off where the picture ends; null when it is not to be seen. */
  readonly bar: (
    fromMs: number,
    toMs: number,
    top: number,
    height: number,
    radius: number,
  ) => readonly [left: number, right: number] | null;
  readonly hatch: (left: number, top: number, right: number, height: number, style: string) => void;
  readonly cross: (atX: number, atY: number, size: number) => void;
  /** Makes what is between two points something that can be clicked. */
  readonly hit: (
    fromX: number,
    fromY: number,
    toX: number,
    toY: number,
    reach: number,
    title: string,
    about: object,
  ) => void;
}

/** The pen for a picture. It names nothing outside itself: the page runs its text. */
export function pen({ surface, record, view, layout, width, colour }: Picture): Pen {
  const hits: Hit[] = [];
  const { gutter } = layout;
  const perMs = (width - gutter - 12) / (view.toMs - view.fromMs);
  const x = (atMs: number): number => gutter + (atMs - view.fromMs) * perMs;
  const isSeen = (fromMs: number, toMs: number): boolean => fromMs <= view.toMs && toMs >= view.fromMs;
  const sans = "12px system-ui, sans-serif";
  const small = "11px system-ui, sans-serif";
  const names = record.nodes.map(({ name }) => name);
  const nodeColour = (name: string): string => colour(`--node-${names.indexOf(name) % 6}`);

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
  return { hits, sans, small, x, isSeen, nodeColour, text, line, bar, hatch, cross, hit };
}
