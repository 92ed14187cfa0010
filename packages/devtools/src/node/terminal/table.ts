import { clean, pad, widthOf } from "./text.ts";
import { ellipsisOf, shown, type Look, type Piece, type Theme } from "./line.ts";

/** A column of a table of text. */
export interface TextColumn<R> {
  readonly title: string;
  /** In columns of the terminal. */
  readonly width: number;
  readonly right?: boolean;
  /** Takes what the others leave; `width` is the least. */
  readonly grows?: boolean;
  /** Not on screens that are less wide. */
  readonly from?: number;
  cell(row: R): string;
  look?(row: R): Look;
}

/** The title line of a table, and a line for each row: `columns` wide, or with null as wide as what is in them. */
export function layTable<R>(
  all: readonly TextColumn<R>[],
  rows: readonly R[],
  columns: number | null,
  theme: Theme,
): { readonly head: readonly Piece[]; readonly rows: readonly (readonly Piece[])[] } {
  const picked = all.filter(({ from = 0 }) => columns === null || columns >= from);
  const widths = columns === null ? widthsOfContent(picked, rows) : widthsOf(picked, columns);
  const cell = ({ right = false }: TextColumn<R>, index: number, text: string): string => {
    const written = pad(shown(text, theme), widths[index]!, right, ellipsisOf(theme));
    return index === picked.length - 1 ? written : `${written} `;
  };
  return {
    head: picked.map((column, index) => ["faint", cell(column, index, column.title)]),
    rows: rows.map((row) =>
      picked.map((column, index): Piece => [column.look?.(row) ?? "plain", cell(column, index, column.cell(row))]),
    ),
  };
}

function widthsOf(columns: readonly TextColumn<never>[], all: number): number[] {
  const spare = all - columns.reduce((sum, { width }) => sum + width + 1, -1);
  const growing = columns.filter(({ grows }) => grows === true).length;
  let left = Math.max(0, spare);
  let share = growing;
  return columns.map(({ width, grows }) => {
    if (grows !== true) return width;
    const more = Math.ceil(left / share--);
    left -= more;
    return width + more;
  });
}

function widthsOfContent<R>(columns: readonly TextColumn<R>[], rows: readonly R[]): number[] {
  return columns.map((column) =>
    rows.reduce((width, row) => Math.max(width, widthOf(clean(column.cell(row)))), widthOf(column.title)),
  );
}
