import type { Pid } from "@espalier/runtime";
import type { Observation, Observed } from "../scenario/observation.ts";
import type { Checker, Property } from "../scenario/property.ts";
import { describePid, isAlive } from "./looking.ts";

/**
 * At any time at most one node may act for a process, and epochs grow (P15). For `always`.
 *
 * A node is the owner from `transfer.granted` or `transfer.failed` (it goes on there) until `transfer.started` (it is offered to another
 * node), `transfer.dropped`, `guest.finished`, or the end of that life of the node. Wrong is: a second owner meanwhile; an epoch that is not
 * above all earlier ones; a guest's turn (`guest.acting`) on a node that is not the owner in that epoch; and a home that accepts
 * (`guest.performed`) what was done in an epoch below one that has begun.
 *
 * It sees what nodes say of themselves, in the order in which it is told: in real processes that order is as good as their clocks. A
 * process that never moved says nothing, and cannot be wrong.
 */
export const oneOwner: Property = { name: "oneOwner (P15)", begin: (cluster) => new OneOwner(cluster) };

interface Owner {
  readonly node: string;
  readonly life: number;
  readonly epoch: number;
}

interface Moved {
  /** Null while it is between two nodes. */
  owner: Owner | null;
  /** The highest that anybody has begun. */
  epoch: number;
}

class OneOwner implements Checker {
  readonly #cluster: Observation;
  readonly #moved = new Map<string, Moved>();
  /** Who began to act while another one was the owner: wrong, if that other one still lives. */
  #suspicions: { readonly owner: Owner; readonly what: string }[] = [];
  #wrong: string | null = null;

  constructor(cluster: Observation) {
    this.#cluster = cluster;
  }

  event({ event, node, life }: Observed): void {
    switch (event.type) {
      case "transfer.granted":
      case "transfer.failed":
        return this.#begins(event.pid, { node, life, epoch: event.epoch });
      case "transfer.started":
        return this.#left(event.pid, { node, life, epoch: event.epoch });
      case "transfer.dropped":
      case "guest.finished":
        return this.#ceases(event.pid, { node, life, epoch: event.epoch });
      case "guest.acting":
        return this.#acts(event.pid, { node, life, epoch: event.epoch });
      case "guest.performed": {
        const begun = this.#moved.get(event.pid.key)?.epoch ?? 0;
        if (event.epoch >= begun) return;
        const what = `${node} accepted what was done in epoch ${event.epoch}`;
        this.#wrong ??= `${describePid(this.#cluster, event.pid)}: ${what}; expected ${begun}, which has begun`;
        return;
      }
      case "exit":
        this.#moved.delete(event.pid.key);
        return;
      default:
    }
  }

  check(): string | null {
    const suspicion = this.#suspicions.find(({ owner }) => isAlive(this.#cluster, owner.node, owner.life));
    this.#suspicions = [];
    this.#wrong ??= suspicion?.what ?? null;
    return this.#wrong;
  }

  #begins(pid: Pid, owner: Owner): void {
    const moved = this.#of(pid);
    const who = describePid(this.#cluster, pid);
    if (owner.epoch <= moved.epoch) {
      this.#wrong ??= `${who}: epoch ${owner.epoch} begins on ${owner.node}; expected one above ${moved.epoch}, which had begun`;
    }
    const before = moved.owner;
    if (before !== null && !sameLife(before, owner)) {
      const what = `${owner.node} may act in epoch ${owner.epoch} while ${before.node} may in epoch ${before.epoch}; expected one owner`;
      this.#suspicions.push({ owner: before, what: `${who}: ${what}` });
    }
    moved.owner = owner;
    moved.epoch = Math.max(moved.epoch, owner.epoch);
  }

  #left(pid: Pid, owner: Owner): void {
    const moved = this.#of(pid);
    if (moved.owner !== null && !sameLife(moved.owner, owner)) {
      const what = `${owner.node} offers it to another node; expected ${moved.owner.node}, the owner in epoch ${moved.owner.epoch}, to do so`;
      this.#suspicions.push({ owner: moved.owner, what: `${describePid(this.#cluster, pid)}: ${what}` });
    }
    moved.owner = null;
  }

  #ceases(pid: Pid, owner: Owner): void {
    const moved = this.#moved.get(pid.key);
    if (moved?.owner != null && sameLife(moved.owner, owner) && moved.owner.epoch === owner.epoch) moved.owner = null;
  }

  #acts(pid: Pid, actor: Owner): void {
    const moved = this.#moved.get(pid.key);
    if (moved === undefined) return;
    const { owner } = moved;
    if (owner !== null && sameLife(owner, actor) && owner.epoch === actor.epoch) return;
    const expected = owner === null ? "nobody to" : `${owner.node} in epoch ${owner.epoch}`;
    this.#wrong ??= `${describePid(this.#cluster, pid)}: ${actor.node} acts for it in epoch ${actor.epoch}; expected ${expected}`;
  }

  #of(pid: Pid): Moved {
    const { key } = pid;
    const moved = this.#moved.get(key) ?? { owner: null, epoch: 0 };
    this.#moved.set(key, moved);
    return moved;
  }
}

function sameLife(a: Owner, b: Owner): boolean {
  return a.node === b.node && a.life === b.life;
}
