import type { ShownValue } from "../../protocol/value.ts";

/** A line of a value that is shown as a tree. */
export interface ShownRow {
  /** Where it is: the places of its ancestors and its own, with points between. The value itself is at `0`. */
  readonly path: string;
  readonly depth: number;
  /** Under which name its parent has it; null: it is the value itself. */
  readonly name: string | null;
  /** Null: it says that there are more than are here. */
  readonly value: ShownValue | null;
  readonly more: number;
  /** Null: it has nothing to open. */
  readonly open: boolean | null;
  /** From 1, and of how many. */
  readonly place: number;
  readonly places: number;
}

const openAtFirst = 40;
const shortString = 100;

/** The lines of a value, of which those at `open` show what is in them. */
export function rowsOf(value: ShownValue, open: ReadonlySet<string>): readonly ShownRow[] {
  const rows: ShownRow[] = [];
  const add = (
    path: string,
    depth: number,
    name: string | null,
    value: ShownValue,
    place: number,
    places: number,
  ): void => {
    const opens = canOpen(value);
    const isOpen = opens && open.has(path);
    rows.push({ path, depth, name, value, more: 0, open: opens ? isOpen : null, place, places });
    if (!isOpen) return;
    const parts = partsOf(value);
    const more = moreOf(value);
    const count = parts.length + (more > 0 ? 1 : 0);
    for (const [index, [name, part]] of parts.entries()) {
      add(`${path}.${index}`, depth + 1, name, part, index + 1, count);
    }
    if (more > 0) {
      rows.push({
        path: `${path}.more`,
        depth: depth + 1,
        name: null,
        value: null,
        more,
        open: null,
        place: count,
        places: count,
      });
    }
  };
  add("0", 0, null, value, 1, 1);
  return rows;
}

/** What is open at first: the value itself, and its parts as long as it stays short. */
export function opened(value: ShownValue): ReadonlySet<string> {
  const open = new Set<string>();
  let ahead: readonly (readonly [path: string, value: ShownValue])[] = [["0", value]];
  let rows = 1;
  while (ahead.length > 0) {
    const next: (readonly [string, ShownValue])[] = [];
    for (const [path, value] of ahead) {
      const parts = partsOf(value);
      if (parts.length === 0 || (rows + parts.length > openAtFirst && path !== "0")) continue;
      rows += parts.length;
      open.add(path);
      for (const [index, [, part]] of parts.entries()) next.push([`${path}.${index}`, part]);
    }
    ahead = next;
  }
  return open;
}

/** Every path that can be opened. */
export function allPaths(value: ShownValue): ReadonlySet<string> {
  const open = new Set<string>();
  const ahead: [path: string, value: ShownValue][] = [["0", value]];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const [path, value] = next;
    if (!canOpen(value)) continue;
    open.add(path);
    for (const [index, [, part]] of partsOf(value).entries()) ahead.push([`${path}.${index}`, part]);
  }
  return open;
}

/** A value in one line. */
export function summaryOf(value: ShownValue): string {
  switch (value.type) {
    case "plain":
      return value.text;
    case "string": {
      const short = value.text.length > shortString ? `${value.text.slice(0, shortString)}…` : value.text;
      return JSON.stringify(short);
    }
    case "function":
      return value.name === "" ? "function" : `function ${value.name}`;
    case "object": {
      const size = value.entries.length + value.more;
      const name = value.class === null ? "" : `${value.class} `;
      return size === 0 ? `${name}{}` : `${name}{${size}}`;
    }
    case "array": {
      const name = value.class === null ? "" : `${value.class} `;
      return `${name}[${value.items.length + value.more}]`;
    }
    case "cut":
      return value.what;
    case "hidden":
      return "hidden";
  }
}

/** Whether a string is too long for its line: it opens to show all of it. */
export function isLong(value: ShownValue): boolean {
  return value.type === "string" && (value.text.length > shortString || value.text.includes("\n"));
}

function canOpen(value: ShownValue): boolean {
  return isLong(value) || partsOf(value).length > 0 || moreOf(value) > 0;
}

function partsOf(value: ShownValue): readonly (readonly [name: string, value: ShownValue])[] {
  if (value.type === "object") return value.entries;
  return value.type === "array" ? value.items.map((item, index) => [String(index), item] as const) : [];
}

function moreOf(value: ShownValue): number {
  return value.type === "object" || value.type === "array" ? value.more : 0;
}
