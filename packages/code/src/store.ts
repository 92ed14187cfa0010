import type { CodeStore, Frame, FrameState, Hash, PackedDefinition, Trust } from "@espalier/runtime";
import { Builtin, builtins } from "./builtins.ts";
import type { Definition, Dependency } from "./definition.ts";
import { CodeRefusedError } from "./errors.ts";
import { CompiledFrame, type UnitCode } from "./frame.ts";
import { definedHere } from "./local-definition.ts";
import { ReceivedDefinition } from "./received-definition.ts";
import { abi } from "./transform/compile.ts";

/**
 * The definitions of one node, by hash: those that peers sent, and those of this program that it has sent itself.
 *
 * What a peer sends is parsed, checked and hashed again, all of it, before any of it is kept; evaluated is only what is printed from the
 * tree that was hashed, and only when it is first used.
 */
export class Store implements CodeStore {
  readonly #definitions = new Map<Hash, Definition>();

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
    if (trust !== "trusted") throw new CodeRefusedError("code of peers that are not trusted runs nowhere on this node");
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
        attempt(one, () => fresh.set(one.hash, new ReceivedDefinition(one, resolve)));
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
    const code = Number.isInteger(unit) ? definition.unit(unit) : undefined;
    if (code === undefined) throw new CodeRefusedError(`frame of ${definition.name}: it has no unit ${unit}`);
    checkFrame(code, position, slots);
    return position === 0 ? CompiledFrame.begin(code, slots) : CompiledFrame.resume(code, position, slots);
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
export function createCodeStore(): Store {
  return new Store();
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

function checkFrame({ definition, shape }: UnitCode, position: number, slots: readonly unknown[]): void {
  const { name } = definition;
  if (!Number.isInteger(position) || position < 0 || position > shape.positions.length) {
    throw new CodeRefusedError(`frame of ${name}: it has no position ${position}`);
  }
  const expected = shape.positions[position - 1]?.slots.length;
  if (!Array.isArray(slots) || (expected === undefined ? slots.length < shape.captures : slots.length !== expected)) {
    throw new CodeRefusedError(`frame of ${name}: its values do not fit position ${position}`);
  }
}
