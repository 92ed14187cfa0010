import { describe } from "@espalier/heartbeat";
import { NodeRef, Pid } from "@espalier/runtime";

/** A key by which partitions are chosen: an integer stands for itself, everything else for its hash. */
export type PartitionKey = unknown;

/**
 * Which of `count` partitions a key belongs to (R-1010): an integer's absolute value modulo `count`, and for everything else a hash of the
 * value, modulo `count`. It depends on nothing but the value: equal values have equal partitions on every node, in every run and whatever order
 * an object's fields were written in.
 *
 * @param count at least 1.
 * @throws TypeError for what has no value to hash, such as a function, a symbol or an instance of a class.
 */
export function partitionOf(key: PartitionKey, count: number): number {
  if (typeof key === "number" && Number.isSafeInteger(key)) return Math.abs(key) % count;
  if (typeof key === "bigint") return Number((key < 0n ? -key : key) % BigInt(count));
  return hashOf(textOf(key)) % count;
}

/** FNV-1a over the UTF-16 code units, 32 bits, with the finish of MurmurHash3, so that low bits depend on all others. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One text for each value, different for different ones. */
function textOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      return value === null ? "null" : textOfObject(value);
    default:
      throw noValue(value);
  }
}

function textOfObject(value: object): string {
  if (value instanceof Pid) return `pid ${value.key}`;
  if (value instanceof NodeRef) return `node ${value.id}`;
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw noValue(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${textOf(field)}`).join(",")}}`;
}

function noValue(value: unknown): TypeError {
  return new TypeError(
    `key: expected a string, a number, a bigint, a boolean, null, undefined, a pid, a node, or an array or a plain object of these, got ${describe(value)}`,
  );
}
