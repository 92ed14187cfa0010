import type { NetworkSheet } from "../../protocol/sheets.ts";

type Link = NetworkSheet["links"][number];

/** What goes over a link each second, as the page has seen it. */
export interface Traffic {
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
}

interface Look {
  readonly atMs: number;
  readonly links: readonly Link[];
}

const leastMs = 200;

/** Between two looks, by peer. A link that was made anew in between is left out, and so is one that was not there before. */
export function trafficBetween(before: Look, now: Look): ReadonlyMap<string, Traffic> {
  const seconds = (now.atMs - before.atMs) / 1000;
  const traffic = new Map<string, Traffic>();
  if (seconds * 1000 < leastMs) return traffic;
  const earlier = new Map(before.links.map((link) => [link.peer, link]));
  for (const link of now.links) {
    const last = earlier.get(link.peer);
    if (last === undefined || link.upMs < last.upMs) continue;
    traffic.set(link.peer, {
      sentBytesPerSecond: Math.max(0, link.sentBytes - last.sentBytes) / seconds,
      receivedBytesPerSecond: Math.max(0, link.receivedBytes - last.receivedBytes) / seconds,
    });
  }
  return traffic;
}
