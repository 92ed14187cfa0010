import { describe, type TransferAction } from "@espalier/heartbeat";
import type { CodeStore, PackedDefinition, Trust } from "../code.ts";
import type { Kernel } from "../kernel.ts";
import { nodeOf, type RefusalReason } from "../message.ts";
import type { NodeId } from "../node-ref.ts";
import type { Codec } from "../travel.ts";
import { parseCargo, type Cargo } from "./cargo.ts";
import { epochKey } from "./keys.ts";

export type Arrival = Extract<TransferAction, { type: "arrive" }>;

/** What is to be done with a process that arrives. */
export type Decision =
  | { readonly type: "need"; readonly hashes: readonly string[] }
  | { readonly type: "admit" }
  | { readonly type: "refuse"; readonly reason: RefusalReason };

/** Processes that arrive: their code is fetched, their frames are tried, and they are kept until they may begin. */
export class Arrivals {
  readonly #kernel: Kernel;
  readonly #codec: Codec;
  readonly #code: CodeStore;
  readonly #trustIn: (peer: NodeId) => Trust;
  /** What waits for its definitions. */
  readonly #incomplete = new Map<string, Arrival>();
  /** What waits for its grant. */
  readonly #ready = new Map<string, Cargo>();

  constructor(kernel: Kernel, codec: Codec, code: CodeStore, trustIn: (peer: NodeId) => Trust) {
    this.#kernel = kernel;
    this.#codec = codec;
    this.#code = code;
    this.#trustIn = trustIn;
  }

  arrive(arrival: Arrival): Decision {
    const missing = this.#code.missing(arrival.hashes);
    if (missing.length === 0) return this.#restore(arrival);
    this.#incomplete.set(epochKey(arrival.process, arrival.epoch), arrival);
    return { type: "need", hashes: missing };
  }

  /** The definitions that were asked for have come; null when nothing waits for them any more. */
  complete(process: string, epoch: number, definitions: readonly PackedDefinition[]): Decision | null {
    const arrival = this.#incomplete.get(epochKey(process, epoch));
    if (arrival === undefined) return null;
    this.#incomplete.delete(epochKey(process, epoch));
    try {
      this.#code.admit(definitions, this.#trustIn(nodeOf(arrival.from)));
    } catch (error) {
      return { type: "refuse", reason: refusalOf(error) };
    }
    return this.#restore(arrival);
  }

  /** The process may begin. */
  take(process: string, epoch: number): Cargo | undefined {
    const cargo = this.#ready.get(epochKey(process, epoch));
    this.#ready.delete(epochKey(process, epoch));
    return cargo;
  }

  /** It will not begin here. */
  drop(process: string, epoch: number): void {
    this.#incomplete.delete(epochKey(process, epoch));
    this.#ready.delete(epochKey(process, epoch));
  }

  #restore({ process, epoch, cargo }: Arrival): Decision {
    try {
      const parsed = parseCargo(this.#kernel, this.#codec.decode(cargo as Uint8Array));
      // Whether it can go on is known before it is taken: afterwards nobody could have it back.
      for (const entry of parsed.captured.stack) if (!("marker" in entry)) void this.#code.restore(entry);
      this.#ready.set(epochKey(process, epoch), parsed);
      return { type: "admit" };
    } catch (error) {
      return { type: "refuse", reason: refusalOf(error) };
    }
  }
}

function refusalOf(error: unknown): RefusalReason {
  if (!(error instanceof Error)) return { name: "Error", message: describe(error), code: null };
  const { name, message, code } = error as Error & { code?: unknown };
  return { name, message, code: typeof code === "string" ? code : null };
}
