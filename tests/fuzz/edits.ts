/** A change of some bytes, as data. Places are counted round: every number means one, whatever is there. */
export type ByteEdit =
  | { readonly op: "flip"; readonly bit: number }
  | { readonly op: "truncate"; readonly at: number }
  | { readonly op: "extend"; readonly bytes: readonly number[] }
  | { readonly op: "remove"; readonly at: number; readonly count: number }
  | { readonly op: "insert"; readonly at: number; readonly bytes: readonly number[] }
  | { readonly op: "set"; readonly at: number; readonly bytes: readonly number[] }
  | { readonly op: "copy"; readonly from: number; readonly to: number; readonly count: number };

/** A change of some data: of the value that is the `at`-th in the order in which it would be written. */
export type TreeEdit =
  | { readonly op: "delete"; readonly at: number }
  | { readonly op: "replace"; readonly at: number; readonly by: number }
  /** By something of the same kind: that gets further. */
  | { readonly op: "vary"; readonly at: number; readonly by: number }
  | { readonly op: "duplicate"; readonly at: number }
  | { readonly op: "rename"; readonly at: number; readonly by: number }
  | { readonly op: "wrap"; readonly at: number; readonly depth: number }
  | { readonly op: "bytes"; readonly at: number; readonly edit: ByteEdit };

/** Numbers from a seed. */
export interface Dice {
  below(count: number): number;
}

const somewhere = 2 ** 30;

export function byteEdit(dice: Dice): ByteEdit {
  const at = dice.below(somewhere);
  const some = (): number[] => Array.from({ length: 1 + dice.below(8) }, () => dice.below(256));
  switch (dice.below(9)) {
    case 0:
      return { op: "truncate", at };
    case 1:
      return { op: "extend", bytes: some() };
    case 2:
      return { op: "remove", at, count: 1 + dice.below(8) };
    case 3:
      return { op: "insert", at, bytes: some() };
    case 4:
      return { op: "set", at, bytes: some() };
    case 5:
      return { op: "copy", from: at, to: dice.below(somewhere), count: 1 + dice.below(64) };
    default:
      return { op: "flip", bit: at };
  }
}

export function treeEdit(dice: Dice): TreeEdit {
  const at = dice.below(somewhere);
  switch (dice.below(20)) {
    case 0:
      return { op: "delete", at };
    case 1:
      return { op: "duplicate", at };
    case 2:
      return { op: "rename", at, by: dice.below(somewhere) };
    case 3:
      return { op: "wrap", at, depth: dice.below(3) === 0 ? 600 : 1 + dice.below(5) };
    case 4:
    case 5:
    case 6:
      return { op: "replace", at, by: dice.below(somewhere) };
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
      return { op: "bytes", at, edit: byteEdit(dice) };
    default:
      return { op: "vary", at, by: dice.below(somewhere) };
  }
}

export function editBytes(bytes: Uint8Array, edits: readonly ByteEdit[]): Uint8Array {
  let now = bytes;
  for (const edit of edits) now = edited(now, edit);
  return now;
}

function edited(bytes: Uint8Array, edit: ByteEdit): Uint8Array {
  const { length } = bytes;
  const splice = (at: number, count: number, put: ArrayLike<number>): Uint8Array => {
    const end = Math.min(at + count, length);
    const made = new Uint8Array(length - (end - at) + put.length);
    made.set(bytes.subarray(0, at));
    made.set(put, at);
    made.set(bytes.subarray(end), at + put.length);
    return made;
  };
  switch (edit.op) {
    case "flip": {
      if (length === 0) return bytes;
      const bit = edit.bit % (length * 8);
      return splice(bit >> 3, 1, [(bytes[bit >> 3] as number) ^ (1 << (bit & 7))]);
    }
    case "truncate":
      return bytes.slice(0, edit.at % (length + 1));
    case "extend":
      return splice(length, 0, edit.bytes);
    case "remove":
      return splice(edit.at % (length + 1), edit.count, []);
    case "insert":
      return splice(edit.at % (length + 1), 0, edit.bytes);
    case "set":
      return splice(edit.at % (length + 1), edit.bytes.length, edit.bytes);
    case "copy": {
      const from = edit.from % (length + 1);
      return splice(edit.to % (length + 1), edit.count, bytes.slice(from, from + edit.count));
    }
  }
}

/** Where a value stands, and how to put another in its place. */
interface Place {
  readonly value: unknown;
  readonly holder: unknown[] | Record<string, unknown> | null;
  readonly key: string | number;
}

/**
 * The data after the edits. What is replaced becomes one of `words`.
 *
 * @returns other data; what was given stays as it is.
 */
export function editTree(data: unknown, edits: readonly TreeEdit[], words: readonly unknown[]): unknown {
  const root = { data: copy(data) };
  for (const edit of edits) {
    const places = placesOf(root.data, root, "data", []);
    const fitting = places.filter(({ value, key }) => fits(edit, value, key));
    const place = fitting[edit.at % Math.max(fitting.length, 1)];
    if (place?.holder != null) apply(edit, place, place.holder, words);
  }
  return root.data;
}

/** Only bytes can have their bytes edited; and of a thing without parts, there may be others of its kind. */
function fits({ op }: TreeEdit, value: unknown, key: string | number): boolean {
  if (op === "bytes") return value instanceof Uint8Array;
  return op !== "vary" || (key !== "type" && kindOf(value) !== null);
}

/** What a thing without parts is; null of anything else. */
function kindOf(value: unknown): string | null {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? "count" : "number";
  if (typeof value === "boolean") return "flag";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value !== "string") return null;
  if (/^[\w-]{43}(\/|$)/.test(value)) return `place of ${value.split("/").length}`;
  return /^wss?:/.test(value) ? "address" : "text";
}

function apply(edit: TreeEdit, place: Place, holder: NonNullable<Place["holder"]>, words: readonly unknown[]): void {
  const put = (value: unknown): void => void Reflect.set(holder, place.key, value);
  const word = (n: number): unknown => words[n % words.length];
  switch (edit.op) {
    case "delete":
      if (Array.isArray(holder)) holder.splice(place.key as number, 1);
      else Reflect.deleteProperty(holder, place.key);
      return;
    case "duplicate":
      if (Array.isArray(holder)) holder.splice(place.key as number, 0, place.value);
      else Reflect.set(holder, `${place.key}2`, place.value);
      return;
    case "rename": {
      if (Array.isArray(holder)) return;
      const name = word(edit.by);
      Reflect.deleteProperty(holder, place.key);
      Object.defineProperty(holder, typeof name === "string" ? name : "other", {
        value: place.value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      return;
    }
    case "wrap": {
      let value = place.value;
      for (let depth = 0; depth < edit.depth; depth += 1) value = [value];
      return put(value);
    }
    case "bytes":
      return put(editBytes(place.value as Uint8Array, [edit.edit]));
    case "replace":
      return put(copy(word(edit.by)));
    case "vary": {
      const kind = kindOf(place.value);
      const alike = words.filter((other) => kindOf(other) === kind);
      return put(alike.length === 0 ? place.value : alike[edit.by % alike.length]);
    }
  }
}

/** Deeper than any message is; what is wrapped deeper is one value. */
const depthMax = 12;

function placesOf(value: unknown, holder: Place["holder"], key: string | number, found: Place[], depth = 0): Place[] {
  found.push({ value, holder, key });
  if (depth >= depthMax) return found;
  if (Array.isArray(value)) {
    // Long lists are of the same thing.
    for (let index = 0; index < Math.min(value.length, 20); index += 1) {
      placesOf(value[index], value, index, found, depth + 1);
    }
  } else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    const fields = value as Record<string, unknown>;
    for (const name of Object.keys(fields).slice(0, 20)) placesOf(fields[name], fields, name, found, depth + 1);
  }
  return found;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)]));
}
