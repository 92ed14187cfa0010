import { parseCause } from "./cause-data.ts";
import type { Cause } from "./cause.ts";
import { describe } from "./describe.ts";

/** What is known about a heartbeat: the answer of its home, or what a node elsewhere made of such answers. */
export type HeartbeatStatus = LiveStatus | EndedStatus | ForgottenStatus | UnknownStatus;

export interface LiveStatus extends Stamp {
  readonly state: "live";
  /**
   * What was left on the home's clock; `Infinity` without a limit. Elsewhere an estimate for people, never a reason to
   * act: only the home judges (H12).
   */
  readonly remainingMs: number;
}

export interface EndedStatus extends Stamp {
  readonly state: EndState;
  readonly cause: Cause;
}

/** It ended, everybody who had registered knows why, and the record was let go (P14). Never a guess about why. */
export interface ForgottenStatus {
  readonly state: "forgotten";
}

/** The home does not answer; or, of a composite, not enough leaves are known to say (P6). */
export interface UnknownStatus {
  readonly state: "unknown";
}

/** How a heartbeat ended. The cause says why. Of a composite: how the leaf that decided ended. */
export type EndState = "stopped" | "failed" | "expired" | "unresponsive";

/** The place of an answer in the order of all answers about one heartbeat: by epoch, then by version (H4). */
export interface Stamp {
  /** Counts the homes that the heartbeat has had; 0 is the one that its id names. */
  readonly epoch: number;
  /** Counts the changes of its record. */
  readonly version: number;
}

export const forgotten: ForgottenStatus = Object.freeze({ state: "forgotten" });
export const unknown: UnknownStatus = Object.freeze({ state: "unknown" });

/** The status of a heartbeat whose home is gone for good: nobody is left who could decide otherwise (H18, H31). */
export function lostWith(node: string): EndedStatus {
  return { state: "unresponsive", cause: { type: "unresponsive", node }, epoch: 0, version: Number.MAX_SAFE_INTEGER };
}

export function isEnded(status: HeartbeatStatus): status is EndedStatus {
  return status.state !== "live" && status.state !== "forgotten" && status.state !== "unknown";
}

/**
 * Whether the answer `next` says more than `known` does. Any order of arrival leads to the same knowledge: an end
 * outdoes everything but an end (P1, P2), forgotten outdoes live, of two live answers the higher stamp counts (H4), and
 * unknown is no answer.
 */
export function supersedes(next: HeartbeatStatus, known: HeartbeatStatus): boolean {
  const difference = rank(next) - rank(known);
  if (difference !== 0) return difference > 0;
  if (next.state !== "live" || known.state !== "live") return false;
  return next.epoch > known.epoch || (next.epoch === known.epoch && next.version > known.version);
}

function rank(status: HeartbeatStatus): number {
  switch (status.state) {
    case "unknown":
      return 0;
    case "live":
      return 1;
    case "forgotten":
      return 2;
    default:
      return 3;
  }
}

/**
 * Checks that `data`, which came from a peer, is a status, and returns one with the known fields only.
 *
 * @throws TypeError naming the field, what was expected and what came.
 */
export function parseStatus(data: unknown): HeartbeatStatus {
  if (typeof data !== "object" || data === null)
    throw new TypeError(`status: expected an object, got ${describe(data)}`);
  const fields = data as Readonly<Record<string, unknown>>;
  const { state } = fields;
  switch (state) {
    case "live": {
      const { remainingMs } = fields;
      if (typeof remainingMs !== "number" || !(remainingMs >= 0)) {
        throw new TypeError(`status.remainingMs: expected a number ≥ 0, got ${describe(remainingMs)}`);
      }
      return { state, remainingMs, epoch: count(fields, "epoch"), version: count(fields, "version") };
    }
    case "stopped":
    case "failed":
    case "expired":
    case "unresponsive": {
      const cause = parseCause(fields["cause"], "status.cause");
      return { state, cause, epoch: count(fields, "epoch"), version: count(fields, "version") };
    }
    case "forgotten":
    case "unknown":
      return { state };
    default:
      throw new TypeError(`status.state: expected the state of a heartbeat, got ${describe(state)}`);
  }
}

function count(fields: Readonly<Record<string, unknown>>, field: string): number {
  const value = fields[field];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`status.${field}: expected a whole number ≥ 0, got ${describe(value)}`);
}
