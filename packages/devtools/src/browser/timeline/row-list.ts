import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { h, type ComponentChild, type VNode } from "../h.ts";
import { VirtualList } from "../virtual-list.ts";

interface RowListProps {
  readonly role: "tree" | "list";
  readonly label: string;
  readonly total: number;
  /** The row that is brought into view whenever it changes; -1: none. It does not take the focus. */
  readonly current: number;
  /** Draws a row; `tabIndex` is for its element. */
  readonly row: (index: number, tabIndex: 0 | -1) => VNode;
  readonly onEnter: (index: number) => void;
}

/** A long list through which the arrow keys go. */
export function RowList({ role, label, total, current, row, onEnter }: RowListProps): ComponentChild {
  const frame = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ current, active: current, moves: 0 });
  const active = Math.min(place.current === current ? place.active : current, total - 1);
  const goTo = (index: number): void => {
    setPlace({ current, active: Math.max(0, Math.min(total - 1, index)), moves: place.moves + 1 });
  };
  useLayoutEffect(() => {
    const box = frame.current?.firstElementChild;
    if (!(box instanceof HTMLElement) || current < 0) return;
    const rowPx = Number.parseFloat(getComputedStyle(box).getPropertyValue("--row")) || 26;
    const topPx = current * rowPx;
    const seen = topPx >= box.scrollTop && topPx + rowPx <= box.scrollTop + box.clientHeight;
    if (!seen) box.scrollTop = topPx - box.clientHeight / 2;
  }, [current]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target: Record<string, number> = {
      ArrowDown: active + 1,
      j: active + 1,
      ArrowUp: active - 1,
      k: active - 1,
      PageDown: active + 20,
      PageUp: active - 20,
      Home: 0,
      End: total - 1,
    };
    const next = target[event.key];
    if (next !== undefined) goTo(next);
    else if (event.key === "Enter" && active >= 0) onEnter(active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return h(
    "div",
    { class: "row-list", ref: frame, onKeyDown },
    h(VirtualList, {
      role,
      label,
      total,
      active,
      moves: place.moves,
      row: (index: number) => row(index, index === active ? 0 : -1),
    }),
  );
}
