import {
  limits as defaultLimits,
  type CodeLimits,
  type CodeStore,
  type Frame,
  type FrameState,
  type Hash,
  type PackedDefinition,
  type Trust,
} from "@espalier/runtime";
import { builtins } from "./builtins.ts";
import type { CodeCache } from "./code-cache.ts";
import { DelegatedDefinition } from "./delegated-definition.ts";
import { Definition, type Dependency } from "./definition.ts";
import { type Delivery, groupOf, inGroups, readDelivery, referencesOf, refuseDefinition } from "./delivery.ts";
import { CodeRefusedError } from "./errors.ts";
import type { Evaluator } from "./evaluator.ts";
import { inNode } from "./in-realm.ts";
import { definedHere, isClassHere } from "./local-definition.ts";
import { namedPrivate } from "./private.ts";
import { nowhere, revoked } from "./nowhere.ts";
import { ReceivedDefinition } from "./received-definition.ts";
import { Room, type Tenant } from "./room.ts";
import { depthOf } from "./syntax/depth.ts";
import { abi, type UnitShape } from "./transform/compile.ts";

export interface StoreOptions {
  /** Where code of trusted peers runs: in this node unless given. */
  readonly own?: Evaluator;
  /** Where code of everybody else runs: nowhere unless given. */
  readonly foreign?: Evaluator;
  /** Whose code may run in this node itself; everybody's unless given. */
  readonly trusts?: (author: string) => boolean;
  /** Keeps what was received, so that it need not be asked for in the next life. */
  readonly cache?: CodeCache;
  readonly limits?: CodeLimits;
  /**
   * Whether a class that this program has defined itself is used in place of the same one of a peer, so that what arrives is an instance of
   * the class that the program knows. No unless given.
   */
  readonly ownClasses?: boolean;
}

/** A definition that is here. */
interface Kept extends Tenant {
  readonly definition: Definition;
  /** Null for what this program defined. */
  readonly received: ReceivedDefinition | null;
  /** Whose code it is, as far as that is known; null for this program's. */
  from: string | null;
  /** Who says so. */
  by: string | null;
  trusted: boolean;
  /** Who else has it as its own; null while nobody is known to. */
  others: Set<string> | null;
  /** How many definitions lie on the longest way from it to one that needs nothing. */
  readonly chain: number;
}

/** Whose code a definition is, by whose word, and whether it may run in this node. */
interface Supplier {
  readonly from: string | null;
  readonly by: string | null;
  readonly trust: Trust;
}

/**
 * The definitions of one node, by hash: those that peers sent, and those of this program that it has sent itself.
 *
 * What a peer sends is parsed, checked and hashed again, all of it, before any of it is kept; evaluated is only what is printed from the
 * tree that was hashed, and only when it is first used.
 *
 * Each is trusted or not, by whose code it is. Trust is closed: whatever a trusted definition needs is trusted too. What is kept is kept while the node lives, for
 * any function may be called again and any frame come back; there is a bound, and what is beyond it is refused ({@link CodeLimits}).
 */
export class Store implements CodeStore {
  readonly #kept = new Map<Hash, Kept>();
  readonly #own: Evaluator;
  readonly #foreign: Evaluator;
  readonly #trusts: (author: string) => boolean;
  readonly #cache: CodeCache | null;
  readonly #limits: CodeLimits;
  readonly #room: Room;
  readonly #ownClasses: boolean;

  constructor({
    own = inNode,
    foreign = nowhere,
    trusts = () => true,
    cache,
    limits = defaultLimits.code,
    ownClasses = false,
  }: StoreOptions = {}) {
    this.#ownClasses = ownClasses;
    this.#own = own;
    this.#foreign = foreign;
    this.#trusts = trusts;
    this.#cache = cache ?? null;
    this.#limits = limits;
    this.#room = new Room(limits);
  }

  closure(roots: Iterable<Hash>): readonly Hash[] {
    const found = new Set<Hash>();
    const visited = new Set<Hash>();
    const visit = (hash: Hash): void => {
      if (visited.has(hash)) return;
      visited.add(hash);
      for (const dependency of definitionsIn(this.#toSend(hash).definition)) visit(dependency.hash);
      found.add(hash);
    };
    for (const root of roots) visit(root);
    return [...found];
  }

  missing(hashes: Iterable<Hash>): readonly Hash[] {
    return [...new Set(hashes)].filter((hash) => !this.#kept.has(hash) && !this.#isOwnClass(hash));
  }

  untrusted(hashes: Iterable<Hash>): readonly Hash[] {
    return [...new Set(hashes)].filter((hash) => this.#kept.get(hash)?.trusted === false);
  }

  authors(hashes: Iterable<Hash>): ReadonlyMap<Hash, string> {
    const authors = new Map<Hash, string>();
    for (const hash of hashes) {
      const from = this.#kept.get(hash)?.from ?? null;
      if (from !== null) authors.set(hash, from);
    }
    return authors;
  }

  pack(hashes: Iterable<Hash>): readonly PackedDefinition[] {
    return [...new Set(hashes)].map((hash) => {
      const { definition, from } = this.#toSend(hash);
      return from === null ? definition.pack() : { ...definition.pack(), author: from };
    });
  }

  recall(hashes: Iterable<Hash>): Promise<void> | null {
    const cache = this.#cache;
    if (cache === null) return null;
    const wanted = this.missing(hashes).filter((hash) => cache.mayHave(hash));
    return wanted.length === 0 ? null : this.#recall(cache, wanted);
  }

  vouch(hashes: Iterable<Hash>, author: string | null = null): void {
    const named = new Set(hashes);
    const vouched = new Set<Kept>();
    for (const hash of named) {
      const doubtful = this.#doubtful(hash, vouched);
      // All of it or nothing: what is trusted needs nothing that is not.
      const isOwn = (one: Kept): boolean => named.has(one.definition.hash) || (author !== null && one.from === author);
      if (!doubtful.every(isOwn)) continue;
      for (const kept of doubtful) vouched.add(kept);
    }
    for (const kept of vouched) {
      this.#room.release(kept);
      kept.trusted = true;
      kept.from = author;
      kept.by = author;
      if (kept.received !== null) kept.received.evaluator = this.#own;
      this.#room.take(kept);
    }
    this.#save([...vouched]);
  }

  named(hashes: Iterable<Hash>, author: string): void {
    for (const hash of hashes) {
      const kept = this.#kept.get(hash);
      if (kept !== undefined && kept.from !== null && kept.from !== author) (kept.others ??= new Set()).add(author);
    }
  }

  forget(author: string): void {
    const forgotten = new Set<Definition>();
    for (const kept of this.#kept.values()) {
      kept.others?.delete(author);
      if (kept.received === null || (kept.from !== author && kept.by !== author)) continue;
      const isOwn = kept.trusted && definedHere(kept.definition.hash) !== null;
      // Somebody whose code runs in the same place, or else it would be moved.
      const heir = isOwn ? null : [...(kept.others ?? [])].find((other) => this.#trusts(other) === kept.trusted);
      if (heir === undefined) forgotten.add(kept.definition);
      else {
        this.#room.release(kept);
        kept.from = heir;
        kept.by = heir;
        this.#room.take(kept);
      }
    }
    // Nothing is here without what it needs.
    for (let size = -1; size !== forgotten.size;) {
      size = forgotten.size;
      for (const { definition, received } of this.#kept.values()) {
        if (received === null || forgotten.has(definition)) continue;
        for (const needed of definitionsIn(definition)) if (forgotten.has(needed)) forgotten.add(definition);
      }
    }
    for (const { hash } of forgotten) {
      const kept = this.#kept.get(hash) as Kept;
      this.#kept.delete(hash);
      this.#room.release(kept);
      if (kept.received !== null) kept.received.evaluator = revoked;
    }
  }

  /** @throws CodeRefusedError that says which definition is wrong, and what about it. */
  admit(packed: readonly PackedDefinition[], trust: Trust = "trusted", from: string | null = null): void {
    this.#save(this.#admit(readDelivery(packed, this.#limits), (one) => this.#supplier(one, trust, from)));
  }

  /** @throws CodeRefusedError when the definition is not here, the frame is of another version, or it does not fit the definition. */
  restore({ hash, unit, abi: version, position, slots }: FrameState, stranger: string | null = null): Frame {
    if (version !== abi)
      throw new CodeRefusedError(`frame of ${hash}: its version is ${version}, and this node has version ${abi}`);
    const definition = this.definition(hash);
    const shape = Number.isInteger(unit) ? definition.shape(unit) : undefined;
    if (shape === undefined) throw new CodeRefusedError(`frame of ${definition.name}: it has no unit ${unit}`);
    checkFrame(definition.name, shape, position, slots);
    const evaluator = (stranger === null ? undefined : this.#foreign.of?.(stranger)) ?? definition.evaluator;
    return position === 0
      ? evaluator.begin(definition, unit, slots)
      : evaluator.resume(definition, unit, position, slots);
  }

  /**
   * The definition with a hash that this node has, admitted or sent.
   *
   * @param stranger by whose word it is used, when its sender did not trust that: unless this node does, it runs in that peer's sandbox.
   * @throws CodeRefusedError when it has none.
   */
  definition(hash: Hash, stranger: string | null = null): Definition {
    const kept = this.#kept.get(hash);
    if (kept === undefined) throw new CodeRefusedError(`definition ${hash} is not here`);
    const evaluator = stranger === null || this.#trusts(stranger) ? undefined : this.#foreign.of?.(stranger);
    return evaluator === undefined ? kept.definition : new DelegatedDefinition(kept.definition, evaluator);
  }

  /** Admits what of `wanted`, and of what it needs, is on the disk: each group alone, as nothing about a file is believed. */
  async #recall(cache: CodeCache, wanted: readonly Hash[]): Promise<void> {
    const found = new Map<Hash, PackedDefinition>();
    const suppliers = new Map<Hash, Supplier>();
    const asked = new Set<string>();
    for (let next = wanted; next.length > 0 && found.size < this.#limits.delivery;) {
      const names = [...new Set(next.map(groupOf))].filter((name) => !asked.has(name) && cache.mayHave(name));
      const files = await Promise.all(names.map((name) => cache.load(name, this.#limits)));
      for (const name of names) asked.add(name);
      const added: PackedDefinition[] = [];
      for (const file of files) {
        if (file === null) continue;
        for (const one of file.definitions) {
          found.set(one.hash, one);
          const { author, supplier } = file;
          const trust = this.#trusts(author) && this.#trusts(supplier) ? "trusted" : "untrusted";
          suppliers.set(one.hash, { from: author, by: supplier, trust });
          added.push(one);
        }
      }
      next = this.missing(added.flatMap((one) => [...referencesOf(one)])).filter((hash) => !found.has(hash));
    }
    const supplierOf = ({ hash }: PackedDefinition): Supplier => suppliers.get(hash) as Supplier;
    for (const group of cache.inGroups(found, this.#limits)) {
      const delivery = new Map(group.map((one) => [one.hash, one]));
      const needed = group.flatMap((one) => [...referencesOf(one)]).filter((hash) => !delivery.has(hash));
      const isUseless = this.#foreign === nowhere && group.some((one) => supplierOf(one).trust !== "trusted");
      // Whoever is asked instead sends it again, and vouches for it or does not.
      if (isUseless || this.missing(needed).length > 0) continue;
      try {
        void this.#admit(delivery, supplierOf);
      } catch (error) {
        cache.reject(groupOf((group[0] as PackedDefinition).hash), error);
      }
    }
  }

  #save(admitted: readonly Kept[]): void {
    const cache = this.#cache;
    if (cache === null) return;
    const groups = new Map<string, Kept[]>();
    for (const kept of admitted) {
      if (kept.received === null) continue;
      const name = groupOf(kept.definition.hash);
      groups.set(name, [...(groups.get(name) ?? []), kept]);
    }
    for (const [name, members] of groups) {
      const { from: author, by: supplier } = members[0] as Kept;
      const definitions = members.map(({ definition }) => definition.pack());
      if (author !== null && supplier !== null) cache.save(name, { author, supplier, definitions });
    }
  }

  /** Admits all of a delivery that is not here yet, or nothing. */
  #admit(delivery: Delivery, supplierOf: (one: PackedDefinition) => Supplier): readonly Kept[] {
    const fresh = new Map([...delivery].filter(([hash]) => !this.#kept.has(hash)));
    const suppliers = new Map([...fresh].map(([hash, one]) => [hash, supplierOf(one)]));
    if (this.#foreign === nowhere) refuseUntrusted(suppliers);
    const admitted = new Map<Hash, Kept>();
    const known = (hash: Hash): Kept | undefined => admitted.get(hash) ?? this.#kept.get(hash);
    for (const group of inGroups(fresh, this.#limits)) {
      const references = new Set(group.flatMap((one) => [...referencesOf(one)]));
      for (const { hash } of group) references.delete(hash);
      const trusted =
        group.every((one) => suppliers.get(one.hash)?.trust === "trusted") &&
        [...references].every((hash) => known(hash)?.trusted !== false);
      const chain = 1 + Math.max(0, ...[...references].map((hash) => known(hash)?.chain ?? 0));
      this.#read(group, { trusted, chain }, admitted, suppliers);
    }
    this.#room.check([...admitted.values()]);
    for (const [hash, kept] of admitted) {
      this.#kept.set(hash, kept);
      this.#room.take(kept);
    }
    return [...admitted.values()];
  }

  /** Reads the definitions of a group, what they need having been read before, and checks their hashes. */
  #read(
    group: readonly PackedDefinition[],
    { trusted, chain }: Pick<Kept, "trusted" | "chain">,
    admitted: Map<Hash, Kept>,
    suppliers: ReadonlyMap<Hash, Supplier>,
  ): void {
    const resolve = (reference: string): Dependency => {
      const found = reference.startsWith("##")
        ? (builtins.named(reference.slice(2)) ?? namedPrivate(reference))
        : (admitted.get(reference) ?? this.#kept.get(reference))?.definition;
      if (found != null) return found;
      const why = reference.startsWith("##") ? "which this node does not provide" : "which was not sent";
      throw new CodeRefusedError(`it needs ${reference}, ${why}`);
    };
    for (const one of group) {
      attempt(one, this.#limits, () => {
        const definition = new ReceivedDefinition(one, resolve, trusted ? this.#own : this.#foreign);
        const depth = depthOf(definition.tree);
        if (depth > this.#limits.depth) throw new CodeRefusedError(tooDeep(this.#limits));
        if (chain > this.#limits.chain) {
          throw new CodeRefusedError(`it needs others ${chain} deep; at most ${this.#limits.chain} are allowed`);
        }
        const { from, by } = suppliers.get(one.hash) as Supplier;
        const size = one.text.length;
        admitted.set(one.hash, { definition, received: definition, from, by, trusted, others: null, chain, size });
      });
    }
    for (const one of group)
      attempt(one, this.#limits, () => checkHash(one.hash, admitted.get(one.hash)?.definition.hash));
  }

  /** What only a trusted sender is believed: that it is somebody else's. */
  #supplier({ author }: PackedDefinition, trust: Trust, by: string | null): Supplier {
    const from = trust === "trusted" ? (author ?? by) : by;
    const isTrusted = trust === "trusted" && (author === undefined || this.#trusts(author));
    return { from, by, trust: isTrusted ? "trusted" : "untrusted" };
  }

  /** What of a definition, and of all that it needs, is not trusted. */
  #doubtful(root: Hash, beside: ReadonlySet<Kept>): readonly Kept[] {
    const found = new Set<Kept>();
    const waiting = [root];
    for (let hash = waiting.pop(); hash !== undefined; hash = waiting.pop()) {
      const kept = this.#kept.get(hash);
      if (kept === undefined || kept.trusted || beside.has(kept) || found.has(kept)) continue;
      found.add(kept);
      for (const dependency of definitionsIn(kept.definition)) waiting.push(dependency.hash);
    }
    return [...found];
  }

  #isOwnClass(hash: Hash): boolean {
    if (!this.#ownClasses || !isClassHere(hash)) return false;
    this.#toSend(hash);
    return true;
  }

  /** A definition to send: this program's own become the node's when they are sent first. */
  #toSend(hash: Hash): Kept {
    const known = this.#kept.get(hash);
    if (known !== undefined) return known;
    const definition = definedHere(hash);
    if (definition === null) throw new CodeRefusedError(`definition ${hash} is not here`);
    const kept = { definition, received: null, from: null, by: null, trusted: true, others: null, chain: 0, size: 0 };
    this.#kept.set(hash, kept);
    return kept;
  }
}

/** A node's store of code. */
export function createCodeStore(options: StoreOptions = {}): Store {
  return new Store(options);
}

function* definitionsIn({ dependencies }: Definition): IterableIterator<Definition> {
  for (const dependency of dependencies.values()) if (dependency instanceof Definition) yield dependency;
}

/** @throws CodeRefusedError that says who must do what, when there is code that this node has no place for. */
function refuseUntrusted(suppliers: ReadonlyMap<Hash, Supplier>): void {
  for (const { from, by, trust } of suppliers.values()) {
    if (trust === "trusted") continue;
    const whose = from ?? "this peer";
    const passing = from === by ? "" : `, which ${by ?? "this peer"} passes on,`;
    throw new CodeRefusedError(
      `code of ${whose}${passing} runs nowhere on this node: name ${from === by ? "the peer" : "its author"} in \`trust\`, or give the node a \`sandbox\``,
    );
  }
}

function checkHash(claimed: Hash, real: Hash | undefined): void {
  if (claimed !== real) throw new CodeRefusedError(`its hash is ${real}`);
}

/** Whatever goes wrong with a peer's definition, recursion without end included, refuses it by name. */
function attempt(packed: PackedDefinition, limits: CodeLimits, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (error instanceof RangeError) refuseDefinition(packed, tooDeep(limits), error);
    refuseDefinition(packed, error instanceof Error ? error.message : String(error), error);
  }
}

function tooDeep({ depth }: CodeLimits): string {
  return `its text is nested deeper than ${depth} levels`;
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
