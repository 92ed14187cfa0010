import type { CodeStore, Frame, FrameState, Hash, PackedDefinition, Trust } from "@espalier/runtime";
import { Builtin, builtins } from "./builtins.ts";
import type { Definition, Dependency } from "./definition.ts";
import { CodeRefusedError } from "./errors.ts";
import type { Evaluator } from "./evaluator.ts";
import { inNode } from "./in-realm.ts";
import { definedHere } from "./local-definition.ts";
import { nowhere } from "./nowhere.ts";
import { ReceivedDefinition } from "./received-definition.ts";
import { abi, type UnitShape } from "./transform/compile.ts";

export interface StoreOptions {
  /** Where code of trusted peers runs: in this node unless given. */
  readonly own?: Evaluator;
  /** Where code of everybody else runs: nowhere unless given. */
  readonly foreign?: Evaluator;
}

/**
 * The definitions of one node, by hash: those that peers sent, and those of this program that it has sent itself.
 *
 * What a peer sends is parsed, checked and hashed again, all of it, before any of it is kept; evaluated is only what is printed from the
 * tree that was hashed, and only when it is first used.
 */
export class Store implements CodeStore {
  readonly #definitions = new Map<Hash, Definition>();
  readonly #own: Evaluator;
  readonly #foreign: Evaluator;

  constructor({ own = inNode, foreign = nowhere }: StoreOptions = {}) {
    this.#own = own;
    this.#foreign = foreign;
  }

  closure(roots: Iterable<Hash>): readonly Hash[] {
    const found = new Set<Hash>();
    const visited = new Set<Hash>();
    const visit = (hash: Hash): void => {
      if (visited.has(hash)) return;
      visited.add(hash);
      for (const dependency of this.#toSend(hash).dependencies.values()) {
        if (!(dependency instanceof Builtin)) visit(dependency.hash);
      }
      found.add(hash);
    };
    for (const root of roots) visit(root);
    return [...found];
  }

  missing(hashes: Iterable<Hash>): readonly Hash[] {
    return [...new Set(hashes)].filter((hash) => !this.#definitions.has(hash));
  }

  pack(hashes: Iterable<Hash>): readonly PackedDefinition[] {
    return [...new Set(hashes)].map((hash) => this.#toSend(hash).pack());
  }

  recall(): null {
    return null;
  }

  vouch(): void {
    // All that is admitted is trusted.
  }

  /** @throws CodeRefusedError that says which definition is wrong, and what about it. */
  admit(packed: readonly PackedDefinition[], trust: Trust = "trusted"): void {
    if (trust !== "trusted" && this.#foreign === nowhere)
      throw new CodeRefusedError("code of peers that are not trusted runs nowhere on this node");
    const evaluator = trust === "trusted" ? this.#own : this.#foreign;
    if (!Array.isArray(packed)) throw new CodeRefusedError("definitions that were sent are no list");
    const fresh = new Map<Hash, Definition>();
    const resolve = (reference: string): Dependency => {
      const found = reference.startsWith("##")
        ? builtins.named(reference.slice(2))
        : (fresh.get(reference) ?? this.#definitions.get(reference));
      if (found == null)
        throw new CodeRefusedError(
          `it needs ${reference}, which ${reference.startsWith("##") ? "this node does not provide" : "was not sent"}`,
        );
      return found;
    };
    for (const one of packed) {
      checkShape(one);
      if (!this.#definitions.has(one.hash))
        attempt(one, () => fresh.set(one.hash, new ReceivedDefinition(one, resolve, evaluator)));
    }
    for (const one of packed) {
      const definition = fresh.get(one.hash);
      if (definition !== undefined) attempt(one, () => checkHash(one.hash, definition.hash));
    }
    for (const [hash, definition] of fresh) this.#definitions.set(hash, definition);
  }

  /** @throws CodeRefusedError when the definition is not here, the frame is of another version, or it does not fit the definition. */
  restore({ hash, unit, abi: version, position, slots }: FrameState): Frame {
    if (version !== abi)
      throw new CodeRefusedError(`frame of ${hash}: its version is ${version}, and this node has version ${abi}`);
    const definition = this.definition(hash);
    const shape = Number.isInteger(unit) ? definition.shape(unit) : undefined;
    if (shape === undefined) throw new CodeRefusedError(`frame of ${definition.name}: it has no unit ${unit}`);
    checkFrame(definition.name, shape, position, slots);
    const { evaluator } = definition;
    return position === 0
      ? evaluator.begin(definition, unit, slots)
      : evaluator.resume(definition, unit, position, slots);
  }

  /**
   * The definition with a hash that this node has, admitted or sent.
   *
   * @throws CodeRefusedError when it has none.
   */
  definition(hash: Hash): Definition {
    const definition = this.#definitions.get(hash);
    if (definition === undefined) throw new CodeRefusedError(`definition ${hash} is not here`);
    return definition;
  }

  /** A definition to send: this program's own become the node's when they are sent first. */
  #toSend(hash: Hash): Definition {
    const own = this.#definitions.has(hash) ? null : definedHere(hash);
    if (own !== null) this.#definitions.set(hash, own);
    return this.definition(hash);
  }
}

/** A node's store of code. */
export function createCodeStore(options: StoreOptions = {}): Store {
  return new Store(options);
}

function checkShape(packed: unknown): asserts packed is PackedDefinition {
  const { hash, name, kind, text, dependencies, origin } = (packed ?? {}) as Record<string, unknown>;
  const isRight =
    typeof hash === "string" &&
    typeof name === "string" &&
    name.length <= 200 &&
    (kind === "remote" || kind === "fn" || kind === "constant") &&
    typeof text === "string" &&
    typeof dependencies === "object" &&
    dependencies !== null &&
    Object.values(dependencies).every((reference) => typeof reference === "string") &&
    (origin === undefined || typeof origin === "string");
  if (!isRight) throw new CodeRefusedError("a definition that was sent does not have the shape of one");
}

function checkHash(claimed: Hash, real: Hash): void {
  if (claimed !== real) throw new CodeRefusedError(`its hash is ${real}`);
}

/** Whatever goes wrong with a peer's definition, recursion without end included, refuses it by name. */
function attempt(packed: PackedDefinition, step: () => void): void {
  try {
    step();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CodeRefusedError(`definition ${packed.name} (${packed.hash}) was refused: ${why}`, { cause: error });
  }
}

function checkFrame(name: string, shape: UnitShape, position: number, slots: readonly unknown[]): void {
  if (!Number.isInteger(position) || position < 0 || position > shape.positions.length) {
    throw new CodeRefusedError(`frame of ${name}: it has no position ${position}`);
  }
  const expected = shape.positions[position - 1]?.slots.length;
  if (!Array.isArray(slots) || (expected === undefined ? slots.length < shape.captures : slots.length !== expected)) {
    throw new CodeRefusedError(`frame of ${name}: its values do not fit position ${position}`);
  }
}
