import type { Cell } from "./cell.ts";
import type { Frame } from "./frame.ts";
import { hopLines, whereOf } from "./moving/hops.ts";
import { isMarker } from "./stack.ts";

/** So many callers are named. */
const callersMax = 16;

/** Errors that know already where their process stood. */
const traced = new WeakSet<object>();

/** What steps a function of the author's, and what is below that: the same in every trace. */
const ours = /^\s+at (?:CompiledFrame\.|(?:#(?:drive|performYielded)|Scheduler\.ask) \(.*scheduler\.[jt]s)/;

/**
 * An error leaves a frame, or the runtime throws it into one: its stack gets the lines at which the frames below wait, which JavaScript's own stack
 * does not have, and where the process was before. An error gets them once, and one that has no stack gets none.
 *
 * @param top a frame that waits above those of `cell.stack`.
 * @param isMade the runtime made the error, while nothing of the author's ran: its frames say nothing.
 */
export function trace(cell: Cell, error: unknown, top: Frame | null, isMade = false): void {
  if (typeof error !== "object" || error === null || traced.has(error)) return;
  traced.add(error);
  const lines = callers(cell, top).map((place) => `    at ${place}`);
  if (cell.hops !== null) lines.push(...hopLines(cell.hops, cell.kernel.address.id));
  if (lines.length > 0) addLines(error, lines, isMade);
}

/** The same for whoever waits outside of all processes. `site` was made where the process was started. */
export function traceStart(error: unknown, site: { readonly stack?: string }, isMade = false): void {
  addLines(error, framesOf(site.stack), isMade);
}

/** The lines of a stack that are frames. */
export function framesOf(stack: unknown): readonly string[] {
  return typeof stack === "string" ? stack.split("\n").filter((line) => /^\s+at /.test(line)) : [];
}

/** Puts `lines` below the frames of an error, in place of the scheduler's. */
export function addLines(error: unknown, lines: readonly string[], isMade: boolean): void {
  try {
    const { stack } = error as { readonly stack?: unknown };
    const frames = framesOf(stack);
    // Who has switched stacks off wants none.
    if (typeof stack !== "string" || frames.length === 0 || lines.length === 0) return;
    const head = stack.slice(0, stack.indexOf(frames[0] as string));
    const end = frames.findIndex((frame) => ours.test(frame));
    const kept = isMade ? [] : end < 0 ? frames : frames.slice(0, end);
    const known = new Set(kept);
    const value = head + [...kept, ...lines.filter((line) => !known.has(line))].join("\n");
    Reflect.defineProperty(error as object, "stack", { value, writable: true, enumerable: false, configurable: true });
  } catch {
    // The thrown value's own code failed while it was read: it is thrown as it is.
  }
}

function callers({ stack }: Cell, top: Frame | null): readonly string[] {
  const places: string[] = [];
  const add = (frame: Frame): void => {
    const place = whereOf(frame);
    if (place !== null) places.push(place);
  };
  if (top !== null) add(top);
  for (let index = (stack?.length ?? 0) - 1; index >= 0 && places.length < callersMax; index -= 1) {
    const entry = stack?.[index];
    if (entry !== undefined && !isMarker(entry)) add(entry);
  }
  return places;
}
