import type { Applied, Controls } from "./controls.ts";
import { Fields, show } from "./fields.ts";
import type { FaultKind } from "./kind.ts";
import { kinds, type Particulars } from "./kinds.ts";

export type FaultType = keyof Particulars;

/** The n-th time that a mark is reached: an event of a node by its type, such as `transfer.offered`, or what a scenario marked itself. */
export interface MarkReached {
  readonly mark: string;
  /** Where. Default: anywhere. */
  readonly node?: string;
  /** Default: 1. */
  readonly nth?: number;
}

/** When a fault begins: virtual time since the nodes were booted, or since a mark was reached. */
export interface Timing {
  readonly atMs: number;
  readonly after?: MarkReached;
}

/** Something that goes wrong at a time, and in most kinds is put right later: data, so that a run can be listed, replayed and made smaller. */
export type Fault = { readonly [Type in FaultType]: Timing & { readonly type: Type } & Particulars[Type] }[FaultType];

/**
 * Checks faults that somebody wrote or a file held.
 *
 * @throws TypeError or RangeError naming the first that is wrong, and how.
 */
export function checkFaults(faults: readonly unknown[], nodes: readonly string[]): readonly Fault[] {
  return faults.map((fault, index) => checkFault(fault, `faults[${index}]`, nodes));
}

function checkFault(fault: unknown, where: string, nodes: readonly string[]): Fault {
  if (typeof fault !== "object" || fault === null)
    throw new TypeError(`${where}: expected a fault, got ${show(fault)}`);
  const { type, after } = fault as { readonly type?: unknown; readonly after?: unknown };
  if (typeof type !== "string" || !Object.hasOwn(kinds, type)) {
    throw new TypeError(`${where}.type: expected one of ${Object.keys(kinds).join(", ")}, got ${show(type)}`);
  }
  const fields = new Fields(where, fault as Record<string, unknown>, nodes);
  const timing: Timing = {
    atMs: fields.number("atMs"),
    ...(after === undefined ? {} : { after: checkMark(after, `${where}.after`, nodes) }),
  };
  const own = kinds[type as FaultType].check(fields);
  fields.nothingElse("type", "after");
  return { ...timing, type, ...own } as Fault;
}

function checkMark(mark: unknown, where: string, nodes: readonly string[]): MarkReached {
  if (typeof mark !== "object" || mark === null) throw new TypeError(`${where}: expected a mark, got ${show(mark)}`);
  const fields = new Fields(where, mark as Record<string, unknown>, nodes);
  const reached: MarkReached = {
    mark: fields.text("mark"),
    ...(fields.has("node") ? { node: fields.node("node") } : {}),
    ...(fields.has("nth") ? { nth: fields.count("nth", 1) } : {}),
  };
  fields.nothingElse();
  return reached;
}

/** Such as `crash a for 200 ms`. */
export function describeFault(fault: Fault): string {
  const { describe } = kinds[fault.type] as unknown as FaultKind<object>;
  const { lastsMs = null } = fault as { readonly lastsMs?: number | null };
  return describe(fault) + (lastsMs === null ? "" : ` for ${lastsMs} ms`);
}

/** Such as `1200 ms`, or `0 ms after the 2nd transfer.offered on a`. */
export function describeTiming({ atMs, after }: Timing): string {
  if (after === undefined) return `${atMs} ms`;
  const { mark, node, nth = 1 } = after;
  return `${atMs} ms after ${mark}${nth === 1 ? "" : ` number ${nth}`}${node === undefined ? "" : ` on ${node}`}`;
}

/** Why it most likely had no effect, if it began and had none. */
export function whyInert(fault: Fault): string {
  return kinds[fault.type].inert;
}

export function beginFault(fault: Fault, controls: Controls): Applied {
  return (kinds[fault.type] as unknown as FaultKind<object>).begin(fault, controls);
}
