import { type NodeId, NodeRef, type StandardSchema, toBase64Url } from "@espalier/runtime";
import { sha256 } from "@noble/hashes/sha2.js";
import { Builtin } from "./builtins.ts";
import { CodeRefusedError, DefinitionError } from "./errors.ts";

/** Whose home it is. Nothing else of the node: its functions remember where they are at home longer than it runs. */
export interface PrivateHomeOptions {
  readonly id: NodeId;
  /** The node's signature, as only it can make it: the same for the same message, in every life of the node. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** A node of this program, as the home of its private functions. */
export class PrivateHome {
  readonly #options: PrivateHomeOptions;
  #address: string | null = null;

  constructor(options: PrivateHomeOptions) {
    this.#options = options;
  }

  /**
   * Private functions of this program can be called on the node from now on. It takes the place of its earlier life.
   *
   * @param address what others reach the node by, if it listens.
   */
  open(address: string | null): void {
    this.#address = address;
    homes.set(this.#options.id, this);
  }

  /** The node has stopped: nothing can be called on it any more, and the program keeps nothing of it. */
  close(): void {
    const { id } = this.#options;
    if (homes.get(id) === this) homes.delete(id);
  }

  get ref(): NodeRef {
    return new NodeRef(this.#options.id, this.#address);
  }

  /**
   * What proves that this node handed out its function `name`: 16 bytes that nobody else can compute, as base64url. They survive a restart of the
   * node, as do the references that others keep.
   */
  seal(name: string): string {
    const signature = this.#options.sign(new TextEncoder().encode(`espalier private function 1\0${name}`));
    return toBase64Url(sha256(signature).subarray(0, 16));
  }
}

/** The nodes of this program that run: nearly always one. */
const homes = new Map<NodeId, PrivateHome>();

/** A private function, as everybody but its owner knows it: where it runs, its name, and the proof that it was handed out. */
export abstract class PrivateTarget {
  abstract readonly name: string;
  /** Where it runs; null for a function of this program that no other node has heard of. */
  abstract readonly owner: NodeRef | null;
  /**
   * @param here the node that hands it out, if it is not known to be another's.
   * @throws DefinitionError when it cannot be told whose it is.
   */
  abstract refer(here: PrivateHome | null): PrivateReference;
  /** @throws CodeRefusedError when this program has no such function, or never handed it out. */
  abstract resolve(): PrivateFunction;
}

export class PrivateReference extends PrivateTarget {
  readonly owner: NodeRef;
  readonly name: string;
  readonly seal: string;

  constructor(owner: NodeRef, name: string, seal: string) {
    super();
    this.owner = owner;
    this.name = name;
    this.seal = seal;
  }

  override refer(): PrivateReference {
    return this;
  }

  /** Does not tell apart a name that there is not and a reference that was made up: a guess teaches nothing. */
  override resolve(): PrivateFunction {
    const found = this.#find();
    if (found === null) {
      const { owner, name } = this;
      throw new CodeRefusedError(
        `private function \`${name}\`: ${owner.id} has no such function, or did not hand out this reference to it`,
      );
    }
    return found;
  }

  /** The function itself, where it is this program's own. */
  known(): PrivateTarget {
    return this.#find() ?? this;
  }

  #find(): PrivateFunction | null {
    const { owner, name, seal } = this;
    const home = homes.get(owner.id);
    const found = functions.get(name);
    return home !== undefined && found !== undefined && isEqual(home.seal(name), seal) ? found : null;
  }
}

export type PrivateBody = (...args: any[]) => unknown;

/** A private function where it was defined. Its body is never read, and never leaves. */
export class PrivateFunction extends PrivateTarget {
  readonly name: string;
  readonly body: PrivateBody;
  readonly accepts: StandardSchema<any> | null;
  readonly returns: StandardSchema<any> | null;
  #home: PrivateHome | null = null;

  /** @throws DefinitionError when the name is none, or is taken in this program. */
  constructor(
    name: string,
    body: PrivateBody,
    accepts: StandardSchema<any> | null,
    returns: StandardSchema<any> | null,
  ) {
    super();
    if (typeof name !== "string" || !isPrivateName(name)) {
      throw new DefinitionError(
        `remote.private: expected a name of 1 to ${nameLength} letters, digits, points, dashes and underscores, got ${JSON.stringify(name)}`,
      );
    }
    if (functions.has(name)) {
      throw new DefinitionError(
        `remote.private: there is a private function \`${name}\` in this program already; others call it by that name, so give this one another`,
      );
    }
    this.name = name;
    this.body = body;
    this.accepts = accepts;
    this.returns = returns;
    functions.set(name, this);
  }

  get owner(): NodeRef | null {
    const home = this.#home;
    return home === null ? null : (homes.get(home.ref.id) ?? home).ref;
  }

  /** It is at home on the node of its program that hands it out first. */
  override refer(here: PrivateHome | null): PrivateReference {
    const first = (this.#home ??= here ?? this.#onlyHome());
    // In its present life, if there is one.
    const home = homes.get(first.ref.id) ?? first;
    return new PrivateReference(home.ref, this.name, home.seal(this.name));
  }

  override resolve(): PrivateFunction {
    return this;
  }

  #onlyHome(): PrivateHome {
    const [first, ...others] = homes.values();
    if (first !== undefined && others.length === 0) return first;
    const why =
      first === undefined
        ? "no node of this program has been started; start one first"
        : "this program has several nodes; send the function itself from the one that it belongs to first";
    throw new DefinitionError(`private function \`${this.name}\`: it belongs to no node yet: ${why}`);
  }
}

const targets = new WeakMap<object, PrivateTarget>();

/** `value` is what `target` is called by. */
export function standFor(value: object, target: PrivateTarget): void {
  targets.set(value, target);
}

/** The private function behind a value; undefined when there is none. */
export function privateTargetOf(value: unknown): PrivateTarget | undefined {
  return targets.get(value as object);
}

/** A private function as a dependency of a definition; null when `value` is none. */
export function privateDependency(value: unknown): PrivateDependency | null {
  const target = privateTargetOf(value);
  return target === undefined ? null : new PrivateDependency(target, value as object);
}

/** The private functions of this program. */
const functions = new Map<string, PrivateFunction>();

/**
 * A private function among the dependencies of a definition. The hash of the definition covers its owner, its name and the proof, so that
 * definitions which ask different nodes are different, and nothing of its body.
 */
export class PrivateDependency extends Builtin {
  readonly #target: PrivateTarget;

  constructor(target: PrivateTarget, value: object) {
    super(`private:${target.name}`, value);
    this.#target = target;
  }

  override get name(): string {
    const { owner, name, seal } = this.#target.refer(null);
    return `private:${owner.id}:${seal}:${name}`;
  }

  /** The address is beside the point of the hash: a node may move. A very long one is left out, as is one that there is not. */
  override get reference(): string {
    const { owner } = this.#target.refer(null);
    const long = `${super.reference}@${owner.address ?? ""}`;
    return owner.address === null || long.length > referenceLength ? super.reference : long;
  }
}

/** The private function that a dependency of somebody's definition names; null when it names none. */
export function readPrivateReference(reference: string): PrivateReference | null {
  const [, id, seal, name, address] =
    /^##private:([\w-]{43}):([\w-]{1,64}):([\w.-]+)(?:@(wss?:\/\/[^/#\s]{1,255}))?$/.exec(reference) ?? [];
  if (id === undefined || seal === undefined || name === undefined || !isPrivateName(name)) return null;
  return new PrivateReference(new NodeRef(id, address ?? null), name, seal);
}

/** Names are texts that people read in logs. */
const nameLength = 40;
/** What a store takes as the reference to a builtin. */
const referenceLength = 200;

export function isPrivateName(name: string): boolean {
  return name.length <= nameLength && /^[\w.-]+$/.test(name);
}

/** Takes as long for a text that is nearly right as for one that is not. */
function isEqual(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) difference |= left.charCodeAt(i) ^ right.charCodeAt(i);
  return difference === 0;
}
