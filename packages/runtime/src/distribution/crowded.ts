import type { Cell } from "../cell.ts";
import type { CrowdedLinks } from "../distribution-port.ts";
import type { Kernel } from "../kernel.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import { suspended, type CapturedWait, type Retrying } from "../waiting.ts";

/**
 * The links on which more waits than should, and the processes that wait with it: as in OTP, whoever sends over such a link has
 * sent, and goes on once the link has drained, or is gone. The kernel knows of it only while there is such a link.
 */
export class Crowded implements CrowdedLinks {
  readonly #kernel: Kernel;
  readonly #nodeOf: (pid: Pid) => NodeId;
  readonly #held = new Map<NodeId, Set<HeldSender>>();

  /** @param nodeOf the node that decides about a process, as far as it is known here. */
  constructor(kernel: Kernel, nodeOf: (pid: Pid) => NodeId) {
    this.#kernel = kernel;
    this.#nodeOf = nodeOf;
  }

  /** Too much waits on the link to `peer`. */
  busy(peer: NodeId): void {
    if (!this.#held.has(peer)) this.#held.set(peer, new Set());
    this.#kernel.crowded = this;
  }

  /** Little enough waits again, or the link is gone. */
  clear(peer: NodeId): void {
    const held = this.#held.get(peer);
    if (held === undefined) return;
    this.#held.delete(peer);
    if (this.#held.size === 0) this.#kernel.crowded = null;
    for (const sender of held) sender.goOn();
  }

  hold(cell: Cell, to: Pid): typeof suspended | undefined {
    const held = this.#heldBy(cell, to);
    if (held === undefined) return undefined;
    const sender = new HeldSender(cell, to, held);
    held.add(sender);
    return this.#kernel.wait(cell, sender);
  }

  leadTo(cell: Cell, to: Pid): boolean {
    return this.#heldBy(cell, to) !== undefined;
  }

  /** The processes that wait for the link over which what `cell` says to `to` goes, if it is crowded. */
  #heldBy(cell: Cell, to: Pid): Set<HeldSender> | undefined {
    const kernel = this.#kernel;
    // What a guest does goes through its home.
    if (cell.place?.kind === "guest") return this.#held.get(this.#nodeOf(cell.pid));
    const place = kernel.find(to)?.place;
    if (place?.kind === "away") return this.#held.get(place.host);
    return kernel.isHome(to) ? undefined : this.#held.get(this.#nodeOf(to));
  }
}

/** A process that has sent, and waits until more can be. */
class HeldSender implements Retrying {
  readonly what: string;
  readonly #cell: Cell;
  readonly #held: Set<HeldSender>;
  #isOver = false;

  constructor(cell: Cell, to: Pid, held: Set<HeldSender>) {
    this.#cell = cell;
    this.what = `send to ${to.toString()}, whose node does not keep up`;
    this.#held = held;
  }

  goOn(): void {
    this.#isOver = true;
    // It may be on its way out: then it asks when it stays.
    if (this.#cell.waiting === this) this.#cell.kernel.resume(this.#cell, undefined);
  }

  retry(): unknown {
    return this.#isOver ? undefined : suspended;
  }

  /** The message was sent: elsewhere there is nothing to wait for. */
  captureWait(): CapturedWait {
    return { kind: "sent", data: null };
  }

  cancel(): void {
    this.#held.delete(this);
  }
}
