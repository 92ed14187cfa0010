import { startNode, type Place } from "@espalier/testkit";
import {
  describeCause,
  Heartbeat,
  Process,
  Remote,
  remote,
  type Cause,
  type Node,
  type NodeRef,
  type Pid,
  type Self,
} from "espalier";
import type { Journey, Told, Traveller } from "./journey.ts";

/** Goes where it is to go, however often it takes, and ends as it is to end. */
const travel = remote(
  {},
  function* (heartbeat: Heartbeat, path: readonly (readonly [NodeRef, number])[], end: Journey["end"]) {
    for (const [node, stayMs] of path) {
      let isThere = false;
      while (!isThere) {
        try {
          yield* Remote.transfer(node);
          isThere = true;
        } catch {
          // It stays where it is, and tries again.
          yield* Process.sleep(50);
        }
      }
      yield* Process.sleep(stayMs);
    }
    if (end === "error") throw new Error("asteroid strike");
    if (end === "stopped") yield* Heartbeat.stop(heartbeat);
    yield* Process.sleep("1h");
  },
);

/** The documents' example: supervises, forks what is supervised, goes elsewhere, and waits there. */
const supervisor = remote(
  { travel },
  function* (
    path: readonly (readonly [NodeRef, number])[],
    end: Journey["end"],
    goesTo: NodeRef | null,
    ledger: Pid<Cause>,
  ) {
    const heartbeat = yield* Heartbeat.create("1h");
    const ended = yield* Heartbeat.supervise(heartbeat);
    yield* Remote.fork(Heartbeat.link(heartbeat, travel(heartbeat, path, end)));
    if (goesTo !== null) yield* Remote.transfer(goesTo);
    const cause = yield* ended;
    yield* Process.send(ledger, cause);
  },
);

/** The same with the heartbeats, the supervision and the transfer that ship. */
export class ShippedNode implements Traveller {
  readonly told: Told[] = [];
  readonly #place: Place;
  readonly #node: Node;
  readonly #ledger: Pid<Cause>;

  private constructor(place: Place, node: Node, ledger: Pid<Cause>) {
    this.#place = place;
    this.#node = node;
    this.#ledger = ledger;
  }

  static async start(place: Place): Promise<ShippedNode> {
    const node = await startNode(place);
    return new Promise((resolve, reject) => {
      const keep = function* (self: Self<Cause>) {
        const shipped = new ShippedNode(place, node, self.pid);
        resolve(shipped);
        for (;;) shipped.#tell(yield* self.receive());
      };
      node.run(keep).catch(reject);
    });
  }

  begin({ stays, end, supervisorGoesTo }: Journey): void {
    const refOf = (name: string): NodeRef => this.#place.peer(name).ref;
    const path = stays.map(({ node, stayMs }) => [refOf(node), stayMs] as const);
    const goesTo = supervisorGoesTo === null ? null : refOf(supervisorGoesTo);
    void this.#node.run(supervisor(path, end, goesTo, this.#ledger)).catch(() => {});
  }

  #tell(cause: Cause): void {
    const type =
      cause.type === "stopped" || cause.type === "error" || cause.type === "unresponsive" ? cause.type : "other";
    const lost = cause.type === "unresponsive" ? this.#place.peers.find(({ ref }) => ref.id === cause.node) : undefined;
    this.told.push({ atMs: this.#place.nowMs, type, node: lost?.name ?? null, text: describeCause(cause) });
    this.#place.mark(`told:${type}`);
  }
}
