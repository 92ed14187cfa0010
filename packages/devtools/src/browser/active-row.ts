import { useRef, useState } from "preact/hooks";
import type { KeyBinding } from "./keys.ts";

/** The rows that are at hand of a list that is longer. */
export interface RowsAtHand<R> {
  readonly first: number;
  readonly rows: readonly R[];
  readonly total: number;
}

export interface ActiveRow<R> {
  readonly index: number;
  /** Undefined: it is not at hand. */
  readonly row: R | undefined;
  /** How often the user went somewhere. */
  readonly moves: number;
  /** Goes to a row, at most to the last one. */
  readonly goTo: (index: number) => void;
  readonly keys: readonly KeyBinding[];
}

const pageRows = 20;

/** The row that keys act on. It stays with its key when the rows change their order, and at its place when its row is gone. */
export function useActiveRow<R>(page: RowsAtHand<R>, keyOf: (row: R) => string): ActiveRow<R> {
  const [moves, setMoves] = useState(0);
  const place = useRef<{ index: number; key: string | null }>({ index: 0, key: null });
  const here = place.current;
  const at = here.key === null ? -1 : page.rows.findIndex((row) => keyOf(row) === here.key);
  if (at >= 0) here.index = page.first + at;
  here.index = Math.max(0, Math.min(here.index, page.total - 1));
  const row = page.rows[here.index - page.first];
  if (row !== undefined) here.key = keyOf(row);
  const goTo = (index: number): void => {
    place.current = { index: Math.max(0, index), key: null };
    setMoves((last) => last + 1);
  };
  const keys: readonly KeyBinding[] = [
    { keys: ["ArrowDown", "j"], text: "next row", do: () => goTo(here.index + 1) },
    { keys: ["ArrowUp", "k"], text: "row before", do: () => goTo(here.index - 1) },
    { keys: ["PageDown"], text: "", do: () => goTo(here.index + pageRows) },
    { keys: ["PageUp"], text: "", do: () => goTo(here.index - pageRows) },
    { keys: ["Home"], text: "first row", do: () => goTo(0) },
    { keys: ["End"], text: "last row", do: () => goTo(page.total - 1) },
  ];
  return { index: here.index, row, moves, goTo, keys };
}
