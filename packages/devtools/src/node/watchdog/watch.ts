import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Block } from "./block.ts";
import { at, type Blocked, type Named, sharedMs, type WatchTask } from "./shared.ts";
import { lookAtMain } from "./stack-of-main.ts";

// The watchdog's thread. It looks whether the watched one still says that its event loop comes round, and when it does not, who has the loop.

const { memory, afterMs, everyMs, print, handling, foreign } = workerData as WatchTask;
const shared = new Float64Array(memory);
const names = new Map<number, Named>();

/** A thread that does not show its stack within this is in native code, or the machine has no time for it. */
const stackMs = 300;
/** Blocks that are said in a minute; others are counted. */
const saidMax = 3;
const minuteMs = 60_000;

let block: Block | null = null;
let lookedMs = sharedMs();
/** Before that the program was stopped as a whole, or this thread did not get its turn. */
let awakeMs = lookedMs;
/** How many slices had begun, and since when it is no more. */
const seen = { slices: shared[at.slices] as number, sinceMs: lookedMs };
const said = { sinceMs: -Infinity, count: 0, unsaid: 0 };

parentPort?.on("message", (name: Named) => names.set(name.index, name));
setInterval(look, everyMs);

function look(): void {
  const nowMs = sharedMs();
  if (nowMs - lookedMs > everyMs + afterMs / 2) awakeMs = nowMs;
  lookedMs = nowMs;
  if (shared[at.slices] !== seen.slices) {
    seen.slices = shared[at.slices] as number;
    seen.sinceMs = nowMs;
  }
  if (block !== null) {
    if (shared[at.beat] === block.beat) return;
    finish(block, shared[at.beatMs] as number);
    block = null;
  }
  const silentMs = nowMs - Math.max(shared[at.beatMs] as number, awakeMs);
  if (silentMs < afterMs || shared[at.debugged] === 1) return;
  block = new Block(shared);
  // A slice that is the whole of it began before that.
  block.several = nowMs - seen.sinceMs < afterMs / 2;
  lookInto(block);
}

function lookInto(found: Block): void {
  if (handling === null) {
    found.blind = "it is in a thread that is not the main one";
    return begin(found);
  }
  try {
    found.giveUp = lookAtMain(
      handling,
      () => found.isOpen(shared),
      (seen) => {
        found.see(shared, seen);
        begin(found);
      },
    );
    setTimeout(() => begin(found), stackMs);
  } catch (error) {
    // The program may forbid inspectors: then it is said who has the loop, and not where.
    found.blind = `where it cannot be looked into: ${(error as Error).message}`;
    begin(found);
  }
}

/** Says at once what is known; what the stack is, as soon as it is. */
function begin(found: Block): void {
  if (found !== block || found.said !== null) return;
  found.said = { stack: found.stack.length > 0 };
  if (!mayPrint(found)) return;
  const more = said.unsaid === 0 ? "" : ` (and ${said.unsaid} times more since the last time that this was said)`;
  said.unsaid = 0;
  const what = `the event loop has been blocked for ${rounded(sharedMs() - found.sinceMs)} ms by ${found.who(names)}${more}`;
  const where = found.where(foreign);
  tell(where.length > 0 ? [what, ...where] : [`${what}, ${found.blind ?? "where it is cannot be seen yet"}`]);
}

function finish(found: Block, freeMs: number): void {
  found.giveUp();
  const { named, serial, several, handling: kind, stack } = found;
  const blockedMs = freeMs - found.sinceMs;
  const blocked: Blocked = { named, serial, several, blockedMs, handling: kind, stack };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there is no origin
  parentPort?.postMessage(blocked);
  if (!found.printed) return;
  const free = `the event loop is free again, after ${rounded(blockedMs)} ms: it was blocked by ${found.who(names)}`;
  tell(found.said?.stack === true ? [free] : [free, ...found.where(foreign)]);
}

function mayPrint(found: Block): boolean {
  if (!print) return false;
  const nowMs = sharedMs();
  if (nowMs - said.sinceMs > minuteMs) {
    said.sinceMs = nowMs;
    said.count = 0;
  }
  said.count += 1;
  found.printed = said.count <= saidMax;
  if (!found.printed) said.unsaid += 1;
  return found.printed;
}

/** To the descriptor itself: the stream of a worker goes through the thread that is blocked. */
function tell([first, ...rest]: readonly string[]): void {
  const text = [`espalier: ${first ?? ""}`, ...rest.map((line) => `    ${line}`)].join("\n");
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // Nobody reads it, or not fast enough: what the program is told when the loop is free is the same.
  }
}

function rounded(ms: number): string {
  return Math.round(ms)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}
