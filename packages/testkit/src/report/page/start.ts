import type { RunRecord } from "../../record/run-record.ts";
import type { clamp, focusOf, layout, View } from "./layout.ts";
import type { Brushes, paint } from "./paint.ts";
import type { Hit } from "./picture.ts";
import type { PageDocument, PageElement, PageEvent, PageWindow } from "./surface.ts";

/** The other functions of the page. */
export interface Tools extends Brushes {
  readonly clamp: typeof clamp;
  readonly focusOf: typeof focusOf;
  readonly layout: typeof layout;
  readonly paint: typeof paint;
}

/** Brings the page to life. It names nothing outside itself: the page runs its text. */
export function start(document: PageDocument, window: PageWindow, tools: Tools): void {
  const element = (id: string): PageElement => {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`page: expected an element ${id}, found none`);
    return found;
  };
  const record = JSON.parse(element("record").textContent ?? "") as RunRecord;
  const canvas = element("timeline");
  const overview = element("overview");
  const details = element("details");
  const { endMs } = record;
  const all: View = tools.clamp({ fromMs: -endMs * 0.02, toMs: endMs * 1.02 }, endMs);
  let view = tools.clamp(tools.focusOf(record), endMs);
  let hits: readonly Hit[] = [];
  let selected: object | null = null;
  let isDue = false;

  // Which kinds are shown: those that come all the time are hidden where there is much else to see.
  const groups = new Map<string, number>();
  const groupOf = (kind: string): string => kind.split(".", 1)[0] as string;
  for (const { kind } of record.messages) groups.set(groupOf(kind), (groups.get(groupOf(kind)) ?? 0) + 1);
  const hidden = new Set<string>();
  const filters = element("filters");
  for (const [group, count] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    const label = document.createElement("label");
    label.className = "chip";
    label.append(box, ` ${group} `);
    const number = document.createElement("span");
    number.textContent = String(count);
    label.append(number);
    filters.append(label);
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(group);
      else hidden.add(group);
      draw();
    });
  }

  const colours = new Map<string, string>();
  const colour = (name: string): string => {
    let value = colours.get(name);
    if (value === undefined) {
      value = window.getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      colours.set(name, value);
    }
    return value;
  };

  /** The drawing surface of an element, sharp on every screen. */
  const surfaceOf = (canvas: PageElement, height: number) => {
    const ratio = window.devicePixelRatio;
    const width = canvas.clientWidth;
    canvas.style.height = `${height}px`;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const surface = canvas.getContext("2d");
    surface.setTransform(ratio, 0, 0, ratio, 0, 0);
    return { surface, width };
  };

  const redraw = (): void => {
    isDue = false;
    const layout = tools.layout(record, view);
    const { surface, width } = surfaceOf(canvas, layout.height);
    const shows = (kind: string): boolean => !hidden.has(groupOf(kind));
    hits = tools.paint({ surface, record, view, layout, width, colour, shows, selected }, tools);
    redrawOverview();
  };
  const draw = (): void => {
    if (isDue) return;
    isDue = true;
    window.requestAnimationFrame(redraw);
  };

  const overviewHeight = 40;
  /** Where a time is on the overview, from 0 to 1. */
  const shareOf = (atMs: number): number => (atMs - all.fromMs) / (all.toMs - all.fromMs);
  const redrawOverview = (): void => {
    const { surface, width } = surfaceOf(overview, overviewHeight);
    surface.clearRect(0, 0, width, overviewHeight);
    const bins = new Array<number>(Math.ceil(width / 3) + 1).fill(0);
    for (const { sentMs, kind } of record.messages) {
      const bin = Math.floor((shareOf(sentMs) * width) / 3);
      if (!hidden.has(groupOf(kind)) && bin >= 0 && bin < bins.length) bins[bin] = (bins[bin] as number) + 1;
    }
    const most = Math.max(1, ...bins);
    surface.fillStyle = colour("--dull");
    for (const [bin, count] of bins.entries()) {
      const height = Math.sqrt(count / most) * (overviewHeight - 12);
      surface.fillRect(bin * 3, overviewHeight - height, 2, height);
    }
    for (const { fromMs, toMs, effective } of record.faults) {
      if (fromMs === null) continue;
      surface.globalAlpha = effective === 0 ? 0.35 : 1;
      surface.fillStyle = colour("--fault");
      const left = shareOf(fromMs) * width;
      surface.fillRect(left, 3, Math.max(2, shareOf(toMs ?? endMs) * width - left), 5);
    }
    surface.globalAlpha = 1;
    if (record.failure !== null) {
      surface.fillStyle = colour("--bad");
      surface.fillRect(shareOf(record.failure.atMs) * width - 1, 0, 2, overviewHeight);
    }
    const left = shareOf(view.fromMs) * width;
    const right = Math.max(shareOf(view.toMs) * width, left + 3);
    surface.fillStyle = colour("--window");
    surface.fillRect(left, 0, right - left, overviewHeight);
    surface.strokeStyle = colour("--focus");
    surface.lineWidth = 1.5;
    surface.beginPath();
    surface.rect(left + 0.75, 0.75, right - left - 1.5, overviewHeight - 1.5);
    surface.stroke();
  };

  const show = (next: View): void => {
    view = tools.clamp(next, endMs);
    draw();
  };
  const pan = (share: number): void => {
    const byMs = (view.toMs - view.fromMs) * share;
    show({ fromMs: view.fromMs + byMs, toMs: view.toMs + byMs });
  };
  const zoom = (factor: number, aroundMs: number = (view.fromMs + view.toMs) / 2): void =>
    show({ fromMs: aroundMs - (aroundMs - view.fromMs) * factor, toMs: aroundMs + (view.toMs - aroundMs) * factor });
  const focus = (): void => show(tools.focusOf(record));

  /** The time under the pointer. */
  const timeAt = ({ clientX }: PageEvent): number => {
    const { left, width } = canvas.getBoundingClientRect();
    const { gutter } = tools.layout(record, view);
    const share = (clientX - left - gutter) / (width - gutter - 12);
    return view.fromMs + Math.max(0, share) * (view.toMs - view.fromMs);
  };

  /** How far a point is from something that is drawn, beyond how thick it is. */
  const distance = ({ x, y, toX, toY, reach }: Hit, atX: number, atY: number): number => {
    const [dx, dy] = [toX - x, toY - y];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((atX - x) * dx + (atY - y) * dy) / length));
    return Math.hypot(atX - x - along * dx, atY - y - along * dy) - reach;
  };
  const hitAt = ({ clientX, clientY }: PageEvent): Hit | null => {
    const { left, top } = canvas.getBoundingClientRect();
    let nearest: Hit | null = null;
    let nearestBy = 2;
    for (const hit of hits) {
      const by = distance(hit, clientX - left, clientY - top);
      // What was drawn later lies above; a point lies above a line.
      if (by <= nearestBy && (nearest === null || by < 0 || by < nearestBy)) {
        nearest = hit;
        nearestBy = Math.max(by, 0);
      }
    }
    return nearest;
  };

  const describe = (key: string, value: unknown): string => {
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return "–";
    if (key === "fault" && typeof value === "number") return record.faults[value]?.text ?? "–";
    if (typeof value === "number") return String(Number(value.toFixed(3)));
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  const explain = (hit: Hit): void => {
    selected = hit.about;
    const title = document.createElement("h3");
    title.textContent = hit.title;
    const list = document.createElement("dl");
    for (const [key, value] of Object.entries(hit.about)) {
      if (Array.isArray(value) && value.length > 20) continue;
      const term = document.createElement("dt");
      term.textContent = key.replace(/Ms$/, ", ms").replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
      const said = document.createElement("dd");
      said.textContent = describe(key, value);
      list.append(term, said);
    }
    details.replaceChildren(title, list);
    details.hidden = false;
    draw();
  };

  // Pointer: drag to move, click to ask, wheel to move and zoom.
  let dragX: number | null = null;
  let dragged = 0;
  canvas.addEventListener("pointerdown", (event) => {
    dragX = event.clientX;
    dragged = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (dragX === null) {
      canvas.style.cursor = hitAt(event) === null ? "grab" : "pointer";
      return;
    }
    const by = event.clientX - dragX;
    dragged += Math.abs(by);
    dragX = event.clientX;
    const { width } = canvas.getBoundingClientRect();
    if (dragged > 3) pan(-by / width);
  });
  canvas.addEventListener("pointerup", (event) => {
    dragX = null;
    if (dragged > 3) return;
    const hit = hitAt(event);
    if (hit !== null) explain(hit);
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      const isZoom = event.ctrlKey || event.metaKey || event.altKey;
      // Up and down is the page's, unless a key says otherwise.
      if (!isZoom && !event.shiftKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
      event.preventDefault();
      if (isZoom) zoom(1.0015 ** event.deltaY, timeAt(event));
      else pan((event.deltaX === 0 ? event.deltaY : event.deltaX) / 1_000);
    },
    { passive: false },
  );
  canvas.addEventListener("dblclick", (event) => zoom(0.4, timeAt(event)));
  let isScrubbing = false;
  const scrub = ({ clientX }: PageEvent): void => {
    const { left, width } = overview.getBoundingClientRect();
    const atMs = all.fromMs + ((clientX - left) / width) * (all.toMs - all.fromMs);
    const halfMs = (view.toMs - view.fromMs) / 2;
    show({ fromMs: atMs - halfMs, toMs: atMs + halfMs });
  };
  overview.addEventListener("pointerdown", (event) => {
    isScrubbing = true;
    overview.setPointerCapture(event.pointerId);
    scrub(event);
  });
  overview.addEventListener("pointermove", (event) => {
    if (isScrubbing) scrub(event);
  });
  overview.addEventListener("pointerup", () => (isScrubbing = false));

  const actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => pan(-0.15),
    ArrowRight: () => pan(0.15),
    "+": () => zoom(0.6),
    "=": () => zoom(0.6),
    "-": () => zoom(1 / 0.6),
    f: focus,
    "0": () => show(all),
    Escape: () => {
      selected = null;
      details.hidden = true;
      draw();
    },
  };
  element("picture").addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
  element("zoom-in").addEventListener("click", () => zoom(0.6));
  element("zoom-out").addEventListener("click", () => zoom(1 / 0.6));
  element("focus").addEventListener("click", focus);
  element("fit").addEventListener("click", () => show(all));
  // A line of the story leads to its moment.
  for (let index = 0; ; index += 1) {
    const moment = document.getElementById(`moment-${index}`);
    if (moment === null) break;
    moment.addEventListener("click", () => {
      const atMs = Number(moment.textContent?.replace(/[^\d.]/g, ""));
      const halfMs = Math.min((view.toMs - view.fromMs) / 2, 500);
      show({ fromMs: atMs - halfMs, toMs: atMs + halfMs });
    });
  }

  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colours.clear();
    draw();
  });
  redraw();
}
