import type { Recording } from "../../protocol/recording.ts";

export type LaneId = "crashes" | "supervisors" | "processes" | "nodes" | "moves" | "lifetimes" | "actions" | "other";

/** Events of one kind, by when they happened. */
export interface Lane {
  readonly id: LaneId;
  /** In order. */
  readonly timesMs: readonly number[];
}

const order: readonly LaneId[] = [
  "crashes",
  "supervisors",
  "processes",
  "nodes",
  "moves",
  "lifetimes",
  "actions",
  "other",
];

/** By the type of an event, or what its type begins with before the first point. */
const lanes: Readonly<Record<string, LaneId>> = {
  spawn: "processes",
  exit: "processes",
  "cleanup-failed": "processes",
  register: "processes",
  unregister: "processes",
  supervisor: "supervisors",
  application: "supervisors",
  node: "nodes",
  peers: "nodes",
  connection: "nodes",
  handshake: "nodes",
  session: "nodes",
  transfer: "moves",
  guest: "moves",
  home: "moves",
  checkpoint: "moves",
  heartbeat: "lifetimes",
  lease: "lifetimes",
  devtools: "actions",
  access: "actions",
};

/** The kind of an event. Crashes are told by the processes that they ended, see {@link crashTimes}. */
export function laneOf(type: string): LaneId {
  const known = Object.hasOwn(lanes, type) ? lanes[type] : undefined;
  if (known !== undefined) return known;
  const [room = ""] = type.split(/[.-]/, 1);
  return (Object.hasOwn(lanes, room) ? lanes[room] : undefined) ?? "other";
}

/** When processes crashed, in order. */
export function crashTimes({ processes }: Pick<Recording, "processes">): readonly number[] {
  return processes
    .flatMap(({ crashed, toMs }) => (crashed && toMs !== null ? [toMs] : []))
    .sort((left, right) => left - right);
}

/** The lanes that have anything in them, crashes first. */
export function lanesOf(recording: Pick<Recording, "events" | "processes">): readonly Lane[] {
  const times = new Map<LaneId, number[]>([["crashes", [...crashTimes(recording)]]]);
  for (const { type, atMs } of recording.events) {
    const id = laneOf(type);
    const lane = times.get(id);
    if (lane === undefined) times.set(id, [atMs]);
    else lane.push(atMs);
  }
  return order.flatMap((id) => {
    const timesMs = times.get(id) ?? [];
    return timesMs.length === 0 ? [] : [{ id, timesMs }];
  });
}
