import type { NodeEvent, NodeView } from "@espalier/runtime";
import type { History } from "../history/history.ts";
import type { Peer, WorldKind } from "./place.ts";

/** `gone`: it has crashed, and is never started again, so that nothing has to be waited for. */
export type NodeState = "booting" | "running" | "paused" | "crashed" | "gone";

/** Something that a node did, as it says itself. */
export interface Observed {
  readonly atMs: number;
  readonly node: string;
  readonly life: number;
  readonly event: NodeEvent;
}

/** A node as properties see it. */
export interface ObservedNode<Seen> extends Peer {
  readonly state: NodeState;
  /** How often its process has been started, from 1. */
  readonly life: number;
  /** `inspect()` of its node; null while there is none. */
  readonly view: NodeView | null;
  /** What the scenario's `observe` gives of its app; null while there is none. */
  readonly seen: Seen | null;
}

/** A cluster as properties see it, in any world. They look, and change nothing. */
export interface Observation<Seen = unknown> {
  readonly world: WorldKind;
  readonly seed: number;
  /** Time of the world, in milliseconds; of real processes that of whoever runs them. */
  readonly nowMs: number;
  /** `settling` once everything was put right and nothing new is begun. */
  readonly phase: "booting" | "working" | "settling";
  readonly nodes: readonly ObservedNode<Seen>[];
  /** @throws RangeError when there is no such node. */
  node(name: string): ObservedNode<Seen>;
  readonly history: History;
  /** How often each mark was reached: types of events of nodes, and what the scenario marked itself. */
  readonly marks: ReadonlyMap<string, number>;
}
