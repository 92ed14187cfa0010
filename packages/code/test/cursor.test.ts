import { describe, expect, it } from "vitest";
import {
  CollectionCursor,
  type Cursor,
  EntryCursor,
  ForeignCursor,
  IndexCursor,
  iterate,
  keysOf,
} from "../src/cursor.ts";

function rest(cursor: Cursor): unknown[] {
  const found: unknown[] = [];
  while (cursor.next()) found.push(cursor.value);
  return found;
}

describe("a cursor", () => {
  it("goes over arrays and typed arrays live, and does not begin again once it has ended", () => {
    const items = [1, 2];
    const cursor = iterate(items);
    expect(cursor).toBeInstanceOf(IndexCursor);
    cursor.next();
    items.push(3);
    expect(rest(cursor)).toEqual([2, 3]);
    items.push(4);
    expect(cursor.next()).toBe(false);
    expect(rest(iterate(new Uint8Array([5, 6])))).toEqual([5, 6]);
  });

  it("goes over maps and sets live, here and in a copy that it was taken to (S210)", () => {
    const set = new Set([1, 2, 3]);
    const here = iterate(set) as EntryCursor;
    expect(here).toBeInstanceOf(EntryCursor);
    here.next();
    set.delete(1);
    set.delete(2);
    set.add(4);
    expect(here.left).toBe(2);
    const copy = new Set<number>();
    const there = new EntryCursor(copy, here.left);
    for (const n of set) copy.add(n);
    there.settle();
    for (const [cursor, numbers] of [[here, set] as const, [there, copy] as const]) {
      expect([cursor.next(), cursor.value, cursor.left]).toEqual([true, 3, 1]);
      numbers.add(1);
      numbers.delete(4);
      expect(rest(cursor)).toEqual([1]);
      numbers.add(7);
      expect([cursor.next(), cursor.left]).toEqual([false, -1]);
      expect(new EntryCursor(numbers, cursor.left).next()).toBe(false);
    }
  });

  it("that has come to the last entry goes on with what is added, after a move too", () => {
    const map = new Map([["a", 1]]);
    const cursor = iterate(map) as EntryCursor;
    cursor.next();
    const moved = new EntryCursor(map, cursor.left);
    moved.settle();
    map.set("b", 2);
    expect([rest(cursor), rest(moved)]).toEqual([[["b", 2]], [["b", 2]]]);
  });

  it("goes over iterators of collections live, until it is asked for the rest", () => {
    const set = new Set([1, 2, 3]);
    const cursor = iterate(set.values()) as CollectionCursor;
    expect(cursor).toBeInstanceOf(CollectionCursor);
    cursor.next();
    set.delete(2);
    set.add(4);
    expect(cursor.rest()).toEqual([3, 4]);
    set.add(5);
    expect(rest(cursor)).toEqual([3, 4]);
  });

  it.each([
    ["strings", "h\u{1F600}", ["h", "\u{1F600}"]],
    ["entries", ["a"].entries(), [[0, "a"]]],
    ["keys of maps", new Map([[1, 2]]).keys(), [1]],
  ])("over %s can travel", (_, subject, items) => {
    expect((iterate(subject as Iterable<unknown>) as CollectionCursor).rest()).toEqual(items);
  });

  it("closes any other iterator when the loop is left, and not when it has ended or failed", () => {
    const closed: string[] = [];
    const source = (name: string, fails = false): Iterable<number> => ({
      [Symbol.iterator]: () => {
        let n = 0;
        return {
          next() {
            if (fails) throw new Error("failed");
            return n++ < 2 ? { done: false, value: n } : { done: true, value: undefined };
          },
          return() {
            closed.push(name);
            return { done: true, value: undefined };
          },
        };
      },
    });
    const left = iterate(source("left"));
    expect(left).toBeInstanceOf(ForeignCursor);
    left.next();
    left.end();
    left.end();
    const ended = iterate(source("ended"));
    expect(rest(ended)).toEqual([1, 2]);
    ended.end();
    const failed = iterate(source("failed", true));
    expect(() => failed.next()).toThrow("failed");
    failed.end();
    expect(closed).toEqual(["left"]);
  });

  it("over keys passes over those that are gone, and knows inherited ones", () => {
    const object: Record<string, number> = Object.assign(Object.create({ inherited: 0 }) as object, {
      a: 1,
      b: 2,
      c: 3,
    });
    const cursor = keysOf(object);
    cursor.next();
    delete object["b"];
    expect([cursor.value, ...rest(cursor)]).toEqual(["a", "c", "inherited"]);
    expect(rest(keysOf(null))).toEqual([]);
    expect(rest(keysOf("ab"))).toEqual(["0", "1"]);
  });
});
