import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { h, type VNode } from "./h.ts";
import { asked, drawn, scrolledTo, type ListWindow, type Scroll } from "./list-window.ts";

export interface VirtualListProps {
  readonly role: "tree" | "grid" | "list" | "log";
  /** For those who do not see it. */
  readonly label: string;
  /** How many rows there are; only those near what is seen are drawn. */
  readonly total: number;
  /** Of the row that Tab comes to; -1: none. */
  readonly active: number;
  /**
   * Moves whenever the user goes to the active row: the list scrolls to it then, and gives it the focus. Unless given, that is whenever `active`
   * changes; a list whose rows change their order by themselves gives it.
   */
  readonly moves?: number;
  /** Draws a row: with a key, and as high as `--row` says. */
  readonly row: (index: number) => VNode;
  /** What stays at the top: a `role="row"` of headings. */
  readonly head?: VNode;
  /** Which rows to have at hand; called when it changes. */
  readonly onWindow?: (window: ListWindow) => void;
  readonly class?: string;
  readonly columns?: number;
}

/**
 * A list that scrolls over any number of rows of the same height, and draws the few that are seen. The rows' roles, positions (`aria-rowindex`,
 * `aria-posinset`) and the roving `tabIndex` are the caller's.
 */
export function VirtualList(props: VirtualListProps): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const headBox = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ topPx: 0, heightPx: 600, rowPx: 26 });
  const scroll: Scroll = { ...place, total: props.total };

  useLayoutEffect(() => {
    const box = frame.current;
    if (box === null) return undefined;
    const measure = (): void => {
      const rowPx = Number.parseFloat(getComputedStyle(box).getPropertyValue("--row")) || 26;
      const next = { topPx: box.scrollTop, heightPx: box.clientHeight, rowPx };
      setPlace((last) => (same(last, next) ? last : next));
    };
    measure();
    box.addEventListener("scroll", measure, { passive: true });
    const sizes = new ResizeObserver(measure);
    sizes.observe(box);
    return () => {
      box.removeEventListener("scroll", measure);
      sizes.disconnect();
    };
  }, []);

  const ask = asked(scroll);
  useEffect(() => props.onWindow?.(ask), [ask.first, ask.count]);

  const moves = props.moves ?? props.active;
  const focused = useRef(moves);
  useLayoutEffect(() => {
    const box = frame.current;
    if (box === null || props.active < 0 || moves === focused.current) return;
    const now = { ...scroll, topPx: box.scrollTop, heightPx: box.clientHeight };
    const topPx = scrolledTo(props.active, now, headBox.current?.offsetHeight ?? 0);
    if (topPx !== box.scrollTop) box.scrollTop = topPx;
  }, [moves]);
  useLayoutEffect(() => {
    if (moves === focused.current) return;
    // Its row may only come with the next drawing, after the scrolling.
    const row = frame.current?.querySelector<HTMLElement>(".virtual-rows > [tabindex='0']");
    if (row === null || row === undefined) return;
    focused.current = moves;
    row.focus({ preventScroll: true });
  });

  const { first, count } = drawn(scroll);
  const rows = Array.from({ length: count }, (_, offset) => props.row(first + offset));
  return h(
    "div",
    {
      ref: frame,
      class: `virtual ${props.class ?? ""}`,
      role: props.role,
      "aria-label": props.label,
      ...(props.role === "grid" ? { "aria-rowcount": props.total + 1, "aria-colcount": props.columns } : {}),
      // While no row has the focus, the list itself can take it.
      tabIndex: props.active >= first && props.active < first + count ? -1 : 0,
    },
    props.head === undefined
      ? null
      : h(
          "div",
          // A tree has no headings: its rows say what is what.
          props.role === "grid"
            ? { ref: headBox, class: "virtual-head", role: "rowgroup" }
            : { ref: headBox, class: "virtual-head", "aria-hidden": "true" },
          props.head,
        ),
    h(
      "div",
      {
        class: "virtual-all",
        role: props.role === "grid" ? "rowgroup" : "presentation",
        style: { height: `${props.total * place.rowPx}px` },
      },
      h(
        "div",
        { class: "virtual-rows", role: "presentation", style: { transform: `translateY(${first * place.rowPx}px)` } },
        rows,
      ),
    ),
  );
}

function same(left: Omit<Scroll, "total">, right: Omit<Scroll, "total">): boolean {
  return left.topPx === right.topPx && left.heightPx === right.heightPx && left.rowPx === right.rowPx;
}
