import { homeOf } from "./expression.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { keyOf } from "./heartbeat.ts";
import type { HeartbeatStatus } from "./status.ts";
import { lostWith, supersedes, unknown } from "./status.ts";

/**
 * What a node knows about heartbeats that are decided elsewhere.
 *
 * - Order: of two answers the higher (epoch, version) counts and an end is final, whatever the order in which they
 *   arrive (P1, P2, H4).
 * - Time: an answer carries its age on the responder's clock; this node adds what has passed since on its own. The
 *   clocks of two machines are never compared (H7).
 * - Size: only heartbeats that this node {@link StatusMap.track tracks}. No answer of a peer makes an entry, and
 *   entries leave when nobody here needs them any more, never by age (H1).
 */
export class StatusMap {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** Begins to keep answers about `heartbeat`. Tracking it twice is tracking it once. */
  track(heartbeat: Heartbeat): void {
    const key = keyOf(heartbeat);
    if (this.#entries.has(key)) return;
    this.#entries.set(key, { heartbeat, status: unknown, seenAtMs: -Infinity });
  }

  untrack(heartbeat: Heartbeat): void {
    this.#entries.delete(keyOf(heartbeat));
  }

  /**
   * Takes in an answer about `heartbeat`.
   *
   * @param ageMs how old it was when its sender sent it: 0 from the home, more from a node that passes it on.
   * @param now on this node's monotonic clock.
   * @returns `"news"` when it changed what is known; `"stale"` when something at least as good was known; `"untracked"`
   *   when nobody here asked.
   */
  learn(heartbeat: Heartbeat, status: HeartbeatStatus, ageMs: number, now: number): "news" | "stale" | "untracked" {
    const entry = this.#entries.get(keyOf(heartbeat));
    if (entry === undefined) return "untracked";
    const seenAtMs = now - ageMs;
    if (supersedes(status, entry.status)) {
      entry.status = status;
      entry.seenAtMs = seenAtMs;
      return "news";
    }
    // The same answer, seen later: no news, but fresher.
    if (sameStamp(status, entry.status) && seenAtMs > entry.seenAtMs) {
      entry.status = status;
      entry.seenAtMs = seenAtMs;
    }
    return "stale";
  }

  /**
   * Ends everything that is decided by an earlier life of `node` than `incarnation`, or by any when that is null: with
   * `unresponsive`, unless another end was known already.
   *
   * @returns the heartbeats for which this was news.
   */
  lose(node: string, incarnation: string | null): readonly Heartbeat[] {
    const lost: Heartbeat[] = [];
    const end = lostWith(node);
    for (const entry of this.#entries.values()) {
      const home = homeOf(entry.heartbeat);
      if (home.node !== node || home.incarnation === incarnation || !supersedes(end, entry.status)) continue;
      entry.status = end;
      lost.push(entry.heartbeat);
    }
    return lost;
  }

  /** What is known, with the remaining time brought up to date; `unknown` when nothing is. */
  status(heartbeat: Heartbeat, now: number): HeartbeatStatus {
    const entry = this.#entries.get(keyOf(heartbeat));
    if (entry === undefined) return unknown;
    const { status, seenAtMs } = entry;
    if (status.state !== "live") return status;
    return { ...status, remainingMs: Math.max(0, status.remainingMs - (now - seenAtMs)) };
  }

  /** How old the newest answer about `heartbeat` is; `Infinity` when there was none. */
  ageMs(heartbeat: Heartbeat, now: number): number {
    return now - (this.#entries.get(keyOf(heartbeat))?.seenAtMs ?? -Infinity);
  }
}

interface Entry {
  readonly heartbeat: Heartbeat;
  status: HeartbeatStatus;
  /** When the responder saw it, on this node's clock. */
  seenAtMs: number;
}

function sameStamp(a: HeartbeatStatus, b: HeartbeatStatus): boolean {
  return a.state === "live" && b.state === "live" && a.epoch === b.epoch && a.version === b.version;
}
