import { h, type ComponentChild } from "../h.ts";
import { duration } from "../numbers.ts";
import { clockTime } from "./clock.ts";

/** A point in time, by the wall clock; how long ago that was is its title. */
export function When({ atMs, exact = false }: { readonly atMs: number; readonly exact?: boolean }): ComponentChild {
  const nowMs = Date.now();
  const iso = Number.isFinite(atMs) && Math.abs(atMs) < 8.64e15 ? new Date(atMs).toISOString() : "";
  return h(
    "time",
    { class: "when", dateTime: iso, title: `${duration(Math.max(0, nowMs - atMs))} ago · ${iso}` },
    clockTime(atMs, nowMs, exact),
  );
}
