import type { Recording } from "../../protocol/recording.ts";
import { clockTime } from "../look/clock.ts";

type Clock = Pick<Recording, "fromMs" | "toMs" | "wallMs">;

/** What the wall clock said at a moment of a recording; null: its times are a simulation's. */
export function wallOf({ toMs, wallMs }: Clock, atMs: number): number | null {
  return wallMs === null ? null : wallMs - (toMs - atMs);
}

/** The moment of a recording at which the wall clock said that; null: its times are a simulation's. */
export function momentOf({ toMs, wallMs }: Clock, wall: number): number | null {
  return wallMs === null ? null : toMs - (wallMs - wall);
}

/** A moment in words: the time of day, or the time since the beginning, as exact as `stepMs` asks for. */
export function timeText(recording: Clock, atMs: number, stepMs: number): string {
  const wall = wallOf(recording, atMs);
  if (wall !== null) return clockTime(wall, wall, stepMs < 1_000);
  const seconds = (atMs - recording.fromMs) / 1_000;
  return `${seconds.toFixed(stepMs < 1 ? 4 : stepMs < 1_000 ? 3 : 0)}\u00a0s`;
}
