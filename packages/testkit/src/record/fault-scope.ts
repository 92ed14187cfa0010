import type { Fault } from "../fault/fault.ts";

/** Whom a fault strikes, and between whom: read off its fields, so that a new kind of fault needs nothing here. */
export interface FaultScope {
  readonly nodes: readonly string[];
  readonly links: readonly (readonly [from: string, to: string])[];
}

export function scopeOf(fault: Fault, names: readonly string[]): FaultScope {
  const nodes = new Set<string>();
  const links: (readonly [string, string])[] = [];
  const isName = (value: unknown): value is string => names.includes(value as string);
  const isPair = (value: unknown): value is readonly [string, string] =>
    Array.isArray(value) && value.length === 2 && value.every(isName);
  const read = (value: unknown): void => {
    if (isName(value)) nodes.add(value);
    else if (isPair(value)) links.push(value);
    else if (Array.isArray(value)) for (const item of value) read(item);
  };
  const { type: _type, atMs: _atMs, after: _after, ...own } = fault as Fault & Record<string, unknown>;
  for (const [key, value] of Object.entries(own)) {
    // A cut has no direction.
    if (key === "between" && isPair(value)) links.push(value, [value[1], value[0]]);
    else read(value);
  }
  return { nodes: [...nodes], links };
}

/** Whether what goes from one node to the other passes where the fault is. */
export function isInTheWay({ nodes, links }: FaultScope, from: string, to: string): boolean {
  return links.some((link) => link[0] === from && link[1] === to) || nodes.includes(to);
}
