import type { Node, NodeEvent, Pid } from "@espalier/runtime";
import { statechartDefinition, type StatechartTransition } from "@espalier/statechart";

/**
 * An inspection event as Stately's inspector takes it (`@statelyai/inspect`): what its adapter would send for an actor of xstate. All of it is
 * data that JSON holds.
 */
export type StatelyEvent = StatelyActorEvent | StatelyEventEvent | StatelySnapshotEvent;

interface StatelyBase {
  /** The process's key. */
  readonly sessionId: string;
  readonly rootId: string;
  /** Milliseconds since 1970. */
  readonly createdAt: string;
  readonly id: string;
  readonly _version: string;
}

export interface StatelyActorEvent extends StatelyBase {
  readonly type: "@xstate.actor";
  readonly name: string;
  readonly parentId: string | undefined;
  /** The machine, as JSON. */
  readonly definition: string | undefined;
  readonly snapshot: StatelySnapshot;
}

export interface StatelyEventEvent extends StatelyBase {
  readonly type: "@xstate.event";
  /** Only its type: what else is in it stays here. */
  readonly event: { readonly type: string };
  readonly sourceId: string | undefined;
}

export interface StatelySnapshotEvent extends StatelyBase {
  readonly type: "@xstate.snapshot";
  readonly event: { readonly type: string };
  readonly snapshot: StatelySnapshot;
}

export interface StatelySnapshot {
  readonly status: StatechartTransition["status"];
  readonly value: unknown;
  /** Always empty: what machines keep stays here. */
  readonly context: object;
}

/** The version of `@statelyai/inspect` whose events these are. */
const inspectVersion = "0.7.2";

/** How many statecharts are told of at once. */
const actorsMax = 200;

/**
 * Tells what the statecharts of a node do, as Stately's inspector wants to hear it: those that run now first, then each that begins, each event
 * and what it led to, until what this returns is called. 200 statecharts at most at a time; events and contexts go without their values.
 *
 * ```ts
 * import { Node, Statechart } from "espalier";
 * import { statelyEvents } from "@espalier/devtools";
 * import { createMachine } from "xstate";
 *
 * await using node = await Node.start();
 * const told: string[] = [];
 * const stop = statelyEvents(node, (event) => told.push(event.type));
 * const lamp = Statechart.define(createMachine({ id: "lamp", initial: "off", states: { off: {} } }));
 * await node.run(() => Statechart.start(lamp));
 * stop();
 * told; // => ["@xstate.actor", "@xstate.snapshot"]
 * ```
 */
export function statelyEvents(node: Node, listener: (event: StatelyEvent) => void): () => void {
  const bridge = new StatelyBridge(node, listener);
  bridge.tellAll();
  return node.events.subscribe((event) => bridge.event(event));
}

interface Actor {
  readonly rootId: string;
  last: StatelySnapshot;
}

class StatelyBridge {
  readonly #node: Node;
  readonly #listener: (event: StatelyEvent) => void;
  readonly #actors = new Map<string, Actor>();
  #serial = 0;

  constructor(node: Node, listener: (event: StatelyEvent) => void) {
    this.#node = node;
    this.#listener = listener;
  }

  tellAll(): void {
    const { kernel } = this.#node;
    // Parents are older than those whom they have spawned.
    for (const cell of kernel.homed) {
      if (this.#actors.size >= actorsMax) return;
      const details = kernel.detailsOf(cell, true);
      if (details?.type !== "statechart") continue;
      // Who has whom as an actor is not kept: whoever spawned it, if that is a statechart.
      const parent = this.#actors.has(cell.parent.key) ? cell.parent : null;
      this.#begins(cell.pid, parent, cell.label, { status: "active", value: details.value, context: {} });
    }
  }

  event(event: NodeEvent): void {
    if (event.type === "statechart.transition") this.#moved(event);
    else if (event.type === "exit") this.#ended(event.pid);
  }

  #moved({ pid, parent, id, event, from, to, status }: StatechartTransition): void {
    const snapshot: StatelySnapshot = { status, value: to, context: {} };
    let actor = this.#actors.get(pid.key);
    if (actor === undefined) actor = this.#begins(pid, parent, id, snapshot);
    if (actor === undefined) return;
    actor.last = snapshot;
    const base = { sessionId: pid.key, rootId: actor.rootId };
    if (from !== null) this.#tell({ ...base, type: "@xstate.event", event: { type: event }, sourceId: undefined });
    this.#tell({ ...base, type: "@xstate.snapshot", event: { type: event }, snapshot });
  }

  #begins(pid: Pid, parent: Pid | null, name: string, snapshot: StatelySnapshot): Actor | undefined {
    if (this.#actors.size >= actorsMax) return undefined;
    const rootId = (parent === null ? undefined : this.#actors.get(parent.key)?.rootId) ?? pid.key;
    const actor: Actor = { rootId, last: snapshot };
    this.#actors.set(pid.key, actor);
    const definition = statechartDefinition(this.#node, pid);
    this.#tell({
      type: "@xstate.actor",
      ...{ sessionId: pid.key, rootId, parentId: parent?.key, name, snapshot },
      definition: definition === null ? undefined : JSON.stringify(definition),
    });
    return actor;
  }

  #ended(pid: Pid): void {
    const actor = this.#actors.get(pid.key);
    if (actor === undefined) return;
    this.#actors.delete(pid.key);
    if (actor.last.status !== "active") return;
    const snapshot: StatelySnapshot = { ...actor.last, status: "stopped" };
    const event = { type: "xstate.stop" };
    this.#tell({ sessionId: pid.key, rootId: actor.rootId, type: "@xstate.snapshot", event, snapshot });
  }

  #tell(
    event:
      | Omit<StatelyActorEvent, "createdAt" | "id" | "_version">
      | Omit<StatelyEventEvent, "createdAt" | "id" | "_version">
      | Omit<StatelySnapshotEvent, "createdAt" | "id" | "_version">,
  ): void {
    this.#serial += 1;
    this.#listener({
      ...event,
      createdAt: String(Math.floor(this.#node.kernel.host.clock.wall())),
      id: `${this.#node.incarnation}-${this.#serial}`,
      _version: inspectVersion,
    });
  }
}
