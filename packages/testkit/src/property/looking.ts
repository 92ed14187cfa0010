import type { NodeEvent, NodeView, Pid, ProcessView } from "@espalier/runtime";
import type { Observation, Observed, ObservedNode } from "../scenario/observation.ts";

/** What events and views name heartbeats by. */
export type ObservedHeartbeat = NodeView["heartbeats"][number]["heartbeat"];

/** A heartbeat's identity as text. Two are the same when it is equal. */
export function heartbeatKey(heartbeat: ObservedHeartbeat): string {
  if ("serial" in heartbeat) return `${heartbeat.home}/${heartbeat.incarnation}/${heartbeat.serial}`;
  return `${heartbeat.combine}(${heartbeatKey(heartbeat.left)},${heartbeatKey(heartbeat.right)})`;
}

/** The ids of the nodes that decide about the parts of a heartbeat. */
export function homesOf(heartbeat: ObservedHeartbeat): readonly string[] {
  if ("serial" in heartbeat) return [heartbeat.home];
  return [...homesOf(heartbeat.left), ...homesOf(heartbeat.right)];
}

/** A heartbeat for people: with the names of nodes instead of their keys. */
export function describeHeartbeat(cluster: Observation, heartbeat: ObservedHeartbeat): string {
  if ("serial" in heartbeat) return `heartbeat ${heartbeat.serial} of ${nameOf(cluster, heartbeat.home)}`;
  const { combine, left, right } = heartbeat;
  return `${combine}(${describeHeartbeat(cluster, left)}, ${describeHeartbeat(cluster, right)})`;
}

/** What the scenario calls the node with this id. */
export function nameOf(cluster: Observation, id: string): string {
  return cluster.nodes.find(({ ref }) => ref.id === id)?.name ?? id.slice(0, 8);
}

/** A process for people: its serial and the name of its home. */
export function describePid(cluster: Observation, pid: Pid): string {
  return `process ${pid.serial} of ${nameOf(cluster, pid.address.id)}`;
}

/** The same with what it is called. */
export function describeProcess(cluster: Observation, { pid, name, label }: ProcessView): string {
  return `${name ?? label} (${describePid(cluster, pid)})`;
}

/** Whether that life of a node goes on, as far as can be seen. */
export function isAlive(cluster: Observation, node: string, life: number): boolean {
  const observed = cluster.node(node);
  return observed.life === life && observed.state !== "crashed" && observed.state !== "gone";
}

/** The node whose id it is; undefined when it is none of the scenario. */
export function nodeWith(cluster: Observation, id: string): ObservedNode<unknown> | undefined {
  return cluster.nodes.find(({ ref }) => ref.id === id);
}

/** All processes of all nodes, looked up by pid: made once for each look at the cluster. */
export class Processes {
  readonly #cluster: Observation;
  readonly #byKey = new Map<string, ProcessView>();
  readonly #guests = new Map<string, ProcessView[]>();

  constructor(cluster: Observation) {
    this.#cluster = cluster;
    for (const { view, ref } of cluster.nodes) {
      for (const process of view?.processes ?? []) {
        const { key } = process.pid;
        if (process.place !== "guest") this.#byKey.set(key, process);
        else this.#guests.set(`${ref.id} ${key}`, [...(this.#guests.get(`${ref.id} ${key}`) ?? []), process]);
      }
    }
  }

  /** The process as its home shows it; null when its home says that there is none; undefined when nobody here can say. */
  find(pid: Pid): ProcessView | null | undefined {
    const found = this.#byKey.get(pid.key);
    if (found !== undefined) return found;
    const home = nodeWith(this.#cluster, pid.address.id);
    if (home === undefined || (home.view === null && home.state !== "gone")) return undefined;
    return null;
  }

  /** How often a node has the process as a guest. */
  guestsOn(id: string, pid: Pid): number {
    return this.#guests.get(`${id} ${pid.key}`)?.length ?? 0;
  }
}

/** The process that did what an event tells, where it is an act of a process on that node; else null. */
export function actorOf(event: NodeEvent): Pid | null {
  switch (event.type) {
    case "spawn":
      return event.parent;
    case "link":
    case "monitor":
      return event.from;
    case "register":
    case "scope.entered":
      return event.pid;
    default:
      return null;
  }
}

/** An event's node in that life, for maps. */
export function lifeKey({ node, life }: Observed): string {
  return `${node} ${life}`;
}

/** Once in so much time of the world: for what costs more than a glance. */
export class Interval {
  readonly #everyMs: number;
  #nextMs = -Infinity;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Whether it is time again. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false;
    this.#nextMs = nowMs + this.#everyMs;
    return true;
  }
}
