import { describe, type Place, type TransferAction } from "@espalier/heartbeat";
import { AccessError } from "../access/errors.ts";
import type { CodeStore, PackedDefinition } from "../code.ts";
import type { Kernel } from "../kernel.ts";
import { homeOf, nodeOf, type RefusalReason } from "../message.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import type { AddressBook } from "./address-book.ts";
import { checkFrames, parseCargo, type Cargo } from "./cargo.ts";
import { reachable } from "./code-exchange.ts";
import { ProtocolError } from "./errors.ts";
import { epochKey, pidOf } from "./keys.ts";
import { type Manifests, readReference } from "./manifests.ts";
import type { Trusted } from "./trusted.ts";

export type Arrival = Extract<TransferAction, { type: "arrive" }>;

/** What is to be done with a process that arrives. */
export type Decision =
  /** The disk is asked first: {@link Arrivals.recalled} decides, once `ready`. */
  | { readonly type: "recall"; readonly ready: Promise<void> }
  | { readonly type: "need"; readonly hashes: readonly string[] }
  | { readonly type: "admit" }
  | { readonly type: "refuse"; readonly reason: RefusalReason };

/** A process that may begin. */
export interface Arrived extends Cargo {
  /** Who sent it. */
  readonly from: NodeId;
  /** Who sent it, or whose it is, if one of them is not trusted: the whole of it runs in that peer's sandbox, where there is one. */
  readonly stranger: NodeId | null;
}

/** Processes that arrive: their code is fetched, their frames are tried, and they are kept until they may begin. */
export class Arrivals {
  readonly #kernel: Kernel;
  readonly #code: CodeStore;
  readonly #manifests: Manifests;
  readonly #trust: Trusted;
  readonly #book: AddressBook;
  /** What waits for its definitions, and what its source was asked for. */
  readonly #incomplete = new Map<string, { readonly arrival: Arrival; asked: readonly string[] }>();
  /** What waits for its grant. */
  readonly #ready = new Map<string, Arrived>();

  constructor(kernel: Kernel, code: CodeStore, manifests: Manifests, trust: Trusted, book: AddressBook) {
    this.#book = book;
    this.#kernel = kernel;
    this.#code = code;
    this.#manifests = manifests;
    this.#trust = trust;
  }

  arrive(arrival: Arrival): Decision {
    // What is on its way home is to end here; nobody else should begin.
    const isOwn = nodeOf(homeOf(arrival.process)) === this.#kernel.address.id;
    if (this.#kernel.refusesWork && !isOwn) return { type: "refuse", reason: stopping };
    const refusal = this.refusal(arrival.process, arrival.from);
    if (refusal !== null) return { type: "refuse", reason: refusal };
    const missing = this.#manifests.missing(arrival.hashes);
    if (missing.length === 0) return this.#restore(arrival);
    this.#incomplete.set(keyOf(arrival), { arrival, asked: missing });
    const ready = this.#code.recall(missing.map((text) => readReference(text).hash));
    return ready === null ? { type: "need", hashes: missing } : { type: "recall", ready };
  }

  /** The disk has answered; null when nothing waits for that any more. */
  recalled(arrival: Arrival): Decision | null {
    const waiting = this.#incomplete.get(keyOf(arrival));
    if (waiting?.arrival !== arrival) return null;
    waiting.asked = this.#manifests.missing(arrival.hashes);
    if (waiting.asked.length > 0) return { type: "need", hashes: waiting.asked };
    this.#incomplete.delete(keyOf(arrival));
    return this.#restore(arrival);
  }

  /** The definitions that were asked for have come; null when nothing waits for them any more. */
  complete(process: string, epoch: number, definitions: readonly PackedDefinition[]): Decision | null {
    const waiting = this.#incomplete.get(epochKey(process, epoch));
    if (waiting === undefined) return null;
    this.#incomplete.delete(epochKey(process, epoch));
    const { arrival, asked } = waiting;
    const refusal = this.refusal(process, arrival.from);
    if (refusal !== null) return { type: "refuse", reason: refusal };
    try {
      const wanted = new Set(
        reachable(
          definitions,
          asked.map((text) => readReference(text).hash),
        ),
      );
      const surplus = definitions.find((one) => !wanted.has(one));
      if (surplus !== undefined) {
        throw new ProtocolError(`definition ${surplus.name} (${surplus.hash}) was sent, and not asked for`);
      }
      const peer = nodeOf(arrival.from);
      this.#code.admit(definitions, this.#trust.in(peer), peer);
      const [missing] = this.#manifests.missing(arrival.hashes);
      if (missing !== undefined) {
        throw new ProtocolError(`definition ${readReference(missing).hash} was asked for, and not sent`);
      }
    } catch (error) {
      return { type: "refuse", reason: refusalOf(error) };
    }
    return this.#restore(arrival);
  }

  /** The process may begin. */
  take(process: string, epoch: number): Arrived | undefined {
    const cargo = this.#ready.get(epochKey(process, epoch));
    this.#ready.delete(epochKey(process, epoch));
    return cargo;
  }

  /** It will not begin here. */
  drop(process: string, epoch: number): void {
    this.#incomplete.delete(epochKey(process, epoch));
    this.#ready.delete(epochKey(process, epoch));
  }

  /**
   * Whose word a process comes by that may not: its source, who says where it stands, or its home. A process of this very node may come home from
   * wherever it was sent.
   */
  outsider(process: string, from: NodeId): NodeId | null {
    const { access, address } = this.#kernel;
    const home = nodeOf(homeOf(process));
    if (home === address.id) return access.hears(from) ? null : from;
    return access.outsider(from, home);
  }

  /** Why a process that `from` sends does not begin here, which is an event, too; null when its source and its home are let in. */
  refusal(process: string, from: Place): RefusalReason | null {
    const node = this.outsider(process, nodeOf(from));
    if (node === null) return null;
    this.#kernel.note({ type: "access.refused", node, from: nodeOf(from), pid: pidOf(process) });
    return refusalOf(new AccessError(notLetIn(node)));
  }

  #restore(arrival: Arrival): Decision {
    const { process, epoch, from, hashes, cargo } = arrival;
    // It may have waited.
    const refusal = this.refusal(process, from);
    if (refusal !== null) return { type: "refuse", reason: refusal };
    try {
      void this.#manifests.used(nodeOf(from), hashes);
      const stranger = this.#trust.stranger(nodeOf(from), nodeOf(homeOf(process)));
      this.#book.speaker = stranger;
      const parsed = parseCargo(this.#kernel, this.#trust.codecFor(stranger).decode(cargo as Uint8Array));
      checkFrames(this.#code, parsed.captured, stranger);
      this.#ready.set(epochKey(process, epoch), { ...parsed, from: nodeOf(from), stranger });
      return { type: "admit" };
    } catch (error) {
      return { type: "refuse", reason: refusalOf(error) };
    } finally {
      this.#book.speaker = null;
    }
  }
}

function keyOf({ process, epoch }: Arrival): string {
  return epochKey(process, epoch);
}

/** Why a process does not begin here: `node` is its source, or its home. */
export function notLetIn(node: NodeId): string {
  return `it begins no computations of ${node}, whose key is not on its allow list`;
}

/** Why a node that is being stopped takes nothing. */
export const stopping: RefusalReason = { name: "Error", message: "it is stopping", code: "NODE_STOPPED" };

/** Why something was not taken, for its source. */
export function refusalOf(error: unknown): RefusalReason {
  if (!(error instanceof Error)) return { name: "Error", message: describe(error), code: null };
  const { name, message, code } = error as Error & { code?: unknown };
  return { name, message, code: typeof code === "string" ? code : null };
}
