import { show } from "../fault/fields.ts";
import type { Json } from "../scenario/json.ts";
import type { PlannedOp, Schedule } from "../scenario/plan.ts";

/** A replay file that cannot be used; the message says where, what was expected, what was found, and what to do. */
export class ReplayFileError extends Error {
  readonly code = "REPLAY_FILE";
  constructor(message: string, options?: ErrorOptions) {
    super(`replay file: ${message}`, options);
    this.name = "ReplayFileError";
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** An object, with these fields and no others where they are given. */
export function checkObject(value: unknown, where: string, known?: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ReplayFileError(`${where}: expected an object, got ${show(value)}`);
  }
  for (const key of Object.keys(value)) {
    if (known?.includes(key) === false) {
      throw new ReplayFileError(`${where}: expected the fields ${known?.join(", ")}, got ${JSON.stringify(key)}`);
    }
  }
  return value as Fields;
}

export function checkText(value: unknown, where: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ReplayFileError(`${where}: expected some text, got ${show(value)}`);
}

export function checkCount(value: unknown, where: string, min: number = 0): number {
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
  throw new ReplayFileError(
    `${where}: expected a whole number from ${min} to ${Number.MAX_SAFE_INTEGER}, got ${show(value)}`,
  );
}

export function checkList(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ReplayFileError(`${where}: expected a list, got ${show(value)}`);
}

export function checkOneOf<T extends string>(value: unknown, where: string, known: readonly T[]): T {
  if (known.includes(value as T)) return value as T;
  throw new ReplayFileError(`${where}: expected one of ${known.join(", ")}, got ${show(value)}`);
}

export function checkOp(value: unknown, where: string, nodes: readonly string[]): PlannedOp {
  const { op, n, atMs, node, args = null } = checkObject(value, where, ["op", "n", "atMs", "node", "args"]);
  if (typeof atMs !== "number" || !(atMs >= 0 && atMs < Infinity)) {
    throw new ReplayFileError(`${where}.atMs: expected a number of at least 0, got ${show(atMs)}`);
  }
  return {
    op: checkText(op, `${where}.op`),
    n: checkCount(n, `${where}.n`, 1),
    atMs,
    node: checkOneOf(node, `${where}.node`, nodes),
    args: args as Json,
  };
}

const schedules: readonly Schedule["type"][] = ["fifo", "random", "pct", "delay", "listed"];

export function checkSchedule(value: unknown, where: string): Schedule {
  const fields = checkObject(value, where, ["type", "depth", "bound", "deviations"]);
  const type = checkOneOf(fields["type"], `${where}.type`, schedules);
  switch (type) {
    case "fifo":
    case "random":
      return { type };
    case "pct":
      return { type, depth: checkCount(fields["depth"], `${where}.depth`, 1) };
    case "delay":
      return { type, bound: checkCount(fields["bound"], `${where}.bound`) };
    case "listed":
      return { type, deviations: checkDeviations(fields["deviations"], `${where}.deviations`) };
  }
}

function checkDeviations(value: unknown, where: string): readonly (readonly [number, number])[] {
  return checkList(value, where).map((pair, index) => {
    const at = `${where}[${index}]`;
    const numbers = checkList(pair, at);
    if (numbers.length !== 2) throw new ReplayFileError(`${at}: expected a choice and an index, got ${show(pair)}`);
    return [checkCount(numbers[0], `${at}[0]`), checkCount(numbers[1], `${at}[1]`)];
  });
}

/** Bytes as base64; `atob` and `btoa` are everywhere, which is not true of anything newer. */
export function encodeBytes(bytes: Uint8Array): string {
  let binary = "";
  for (let index = 0; index < bytes.length; index += 4_096) {
    binary += String.fromCharCode(...bytes.subarray(index, index + 4_096));
  }
  return btoa(binary);
}

export function decodeBytes(text: unknown, where: string): Uint8Array {
  if (typeof text !== "string" || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new ReplayFileError(`${where}: expected base64, got ${show(text)}`);
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
