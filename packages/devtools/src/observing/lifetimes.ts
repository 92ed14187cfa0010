import { causeText, type Cell, type Node } from "@espalier/runtime";
import type { Lifetimes } from "../protocol/sheets.ts";
import { shortPidOf } from "../words/short-pid.ts";
import { newestLines } from "./lines.ts";

const heartbeatsMax = 500;
const travellersMax = 500;
const linesMax = 100;

const moves = ["transfer.", "home.", "guest.", "node."];

/** Heartbeats, and processes that are away or guests. */
export function lifetimesOf(node: Node): Lifetimes {
  const { kernel } = node;
  const heartbeats: Lifetimes["heartbeats"][number][] = [];
  for (const { heartbeat, decidedHere, status } of kernel.lifetimes.heartbeats.list(kernel.host.clock.monotonic())) {
    if (heartbeats.length === heartbeatsMax) break;
    const remainingMs = status.state === "live" && Number.isFinite(status.remainingMs) ? status.remainingMs : null;
    const said = "cause" in status ? `${status.state}: ${causeText(status.cause)}` : status.state;
    const home = "home" in heartbeat ? heartbeat.home : node.ref.id;
    heartbeats.push({ id: heartbeat.toString(), home, decidedHere, status: said, remainingMs });
  }
  const leaseMs = kernel.distribution?.lease.leaseMs;
  return {
    heartbeats,
    heartbeatCount: kernel.lifetimes.heartbeats.size,
    travellers: travellersOf(node),
    moves: newestLines(node, linesMax, ({ type }) => moves.some((prefix) => type.startsWith(prefix))).toReversed(),
    lease: leaseMs === undefined ? null : { leaseMs },
  };
}

function travellersOf(node: Node): Lifetimes["travellers"] {
  const { kernel } = node;
  const travellers: Lifetimes["travellers"][number][] = [];
  kernel.columns.refresh();
  for (const cell of kernel.columns.cells) {
    if (travellers.length === travellersMax) break;
    if (cell !== null && cell.place !== null) travellers.push(traveller(node, cell));
  }
  return travellers;
}

function traveller(node: Node, { pid, label, place, hops }: Cell): Lifetimes["travellers"][number] {
  return {
    pid: pid.key,
    shortPid: shortPidOf(pid, node),
    label,
    place: place?.kind ?? "home",
    home: pid.address.id,
    host: place?.kind === "away" ? place.host : null,
    hops: (hops?.last ?? []).map(({ from, at }) => `from ${from}, at ${at}`),
  };
}
