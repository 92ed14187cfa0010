import type { MessageRule } from "../messages/rule.ts";

/** How far a fault got. One that changed nothing has tested nothing. */
export interface Tally {
  /** What it did: frames held back, pipes cut, and so on. */
  effective: number;
}

/** A fault that has begun. */
export interface Applied {
  readonly tally: Tally;
  /** Puts right what the fault did, and nothing else. Called once. */
  end(): void;
}

/** From whom, to whom. */
export type Direction = readonly [from: string, to: string];

/** What is added to how long things take on a link. */
export interface Slowness {
  /** To everything. */
  readonly latencyMs?: number;
  /** Exponentially distributed, with this mean. */
  readonly meanMs?: number;
  /** Rarely, much: in so many cases, from 0 to 1. */
  readonly tail?: { readonly chance: number; readonly ms: number };
}

/** What is done to the n-th next frame of a link, or behind it. */
export type Tampering = { readonly nth: number } & (
  | { /** One bit of it is turned over, or its end is missing. */ readonly type: "flip" | "truncate" }
  /** It comes again; or behind it comes a frame of another connection, the first time that there is one. */
  | { readonly type: "replay" | "cross" }
  /** So many random bytes come behind it as a frame. */
  | { readonly type: "forge"; readonly bytes: number }
);

/** What is wrong with a disk. */
export interface DiskTrouble {
  /** Added to how long each access takes. */
  readonly latencyMs: number;
  /** Writing fails, and what was there before stays. */
  readonly full: boolean;
}

/** What becomes of a node that crashes. */
export interface CrashOptions {
  /** Its disk is empty when it is started again. */
  readonly wipe: boolean;
  /** It is never started again, and nobody waits for it. */
  readonly forGood: boolean;
}

/**
 * What a world can do to its nodes and to what is between them: one implementation for each world, so that a fault is written once. Nodes go
 * by their names, which were checked. A control that found nothing to do says so by its tally, and its end does nothing then.
 *
 * With real processes, signals do `crash` (SIGKILL) and `pause` (SIGSTOP); a proxy before each node, which knows frames, does everything
 * that concerns pipes; a control channel into the node does `block` and `messages`. `suspend`, `drift` and `step` set
 * the clock that the node's host has, and `suspend` stops the process too. What a world cannot do it refuses with {@link UnsupportedFaultError}:
 * a fault that is passed over in silence looks like one that was survived.
 */
export interface Controls {
  /** The process dies at once; the end starts it again at the same address, unless it is gone for good. Effective: 1. */
  crash(node: string, options: CrashOptions): Applied;
  /** The process runs nothing until the end (SIGSTOP), and time goes on for it. Effective: for each thing that waited. */
  pause(node: string): Applied;
  /** The machine sleeps until the end: its monotonic clock stands still, its wall clock does not. Effective: 1, and 1 more for each thing that waited. */
  suspend(node: string): Applied;
  /** One long computation keeps the event loop busy until the end, which then comes first to overdue timers or to input (H19). Effective: for each thing that waited. */
  block(node: string, first: "timers" | "input"): Applied;
  /** The machine's monotonic clock goes at `rate` until the end: 1.01 is one per cent fast. Effective: 1. */
  drift(node: string, rate: number): Applied;
  /** Sets the wall clock forward, or back. It stays so. Effective: 1. */
  step(node: string, byMs: number): Applied;
  /** The disk is slow, or takes nothing, until the end. Effective: for each access that was late or failed. */
  disk(node: string, trouble: DiskTrouble): Applied;
  /** Nothing gets through in these directions; nothing is lost either. Effective: for each thing that was held back. */
  partition(directions: readonly Direction[]): Applied;
  /** As a partition, for the pipes that there are; new ones work. */
  stall(direction: Direction): Applied;
  /** Breaks every pipe between the two; what is under way is lost. Effective: for each pipe. */
  cut(a: string, b: string): Applied;
  /**
   * Of the pipes that there are, nothing that goes in this direction arrives any more; the pipe breaks for both ends after so many frames were
   * lost, or at the end if any was. Effective: for each frame.
   */
  loseTail(direction: Direction, frames: number): Applied;
  /** The second one's end of every pipe between the two is gone, and the first one is not told before the end. Effective: for each pipe. */
  halfOpen(direction: Direction): Applied;
  /** Whoever connects to the node is refused. Effective: for each attempt. */
  refuse(node: string): Applied;
  /** Effective: for each thing that was late for it. */
  slow(direction: Direction, slowness: Slowness): Applied;
  /** The line carries no more than this, all pipes together. Effective: for each thing that had to take its turn. */
  throttle(direction: Direction, bytesPerSecond: number): Applied;
  /** The node reads no faster than this, so that what others send to it queues up with them. Effective: for each thing that waited to be read. */
  readSlowly(node: string, bytesPerSecond: number): Applied;
  /** Changes one frame, or adds one. Effective: 1. */
  tamper(direction: Direction, tampering: Tampering): Applied;
  /** Messages above the sessions, in the clear. Effective: for each message. */
  messages(direction: Direction, rule: MessageRule): Applied;
}

/** A world was asked for a fault that it has no means to do. */
export class UnsupportedFaultError extends Error {
  readonly code = "UNSUPPORTED_FAULT";
  /** @param why what the world lacks, and what to do instead. */
  constructor(world: string, fault: string, why: string) {
    super(`a world of kind ${world} cannot do ${fault}: ${why}`);
    this.name = "UnsupportedFaultError";
  }
}
