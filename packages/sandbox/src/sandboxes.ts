import {
  CodeRefusedError,
  type Definition,
  type Definitions,
  DelegatedDefinition,
  type Evaluator,
} from "@espalier/code";
import {
  beyond,
  type Codec,
  type CodeStore,
  type Frame,
  type Handler,
  type Hash,
  type Limits as NodeLimits,
} from "@espalier/runtime";
import { CpuAccount } from "./cpu-account.ts";
import { SandboxError } from "./errors.ts";
import type { Launch } from "./link.ts";
import { type Limits, readLimits, type SandboxLimits } from "./options.ts";
import { countWhatIsMade, Quota } from "./quota.ts";
import { type Code, Sandbox } from "./sandbox.ts";
import { performSandboxStep, SandboxFrame } from "./sandbox-frame.ts";

type Kernel = Parameters<Handler>[0];

/** What the sandboxes of a node need of it. */
export interface SandboxesNode {
  readonly kernel: Kernel;
  readonly code: Code & Definitions & Pick<CodeStore, "authors">;
  /** A codec like the node's own, which looks for definitions in `definitions`. */
  codec(definitions: Definitions): Codec;
}

/** What belongs to one peer for as long as the node lives, whether its sandbox runs or not. */
interface Owner {
  /** Runs what comes by the peer's word, and out of its sandbox, in its sandbox. */
  readonly evaluator: SandboxEvaluator;
  readonly codec: Codec;
  readonly account: CpuAccount;
  readonly quota: Quota;
}

/**
 * Where a node runs code that nobody vouches for: the evaluator for it. Each peer that is not trusted has a sandbox of its own, for its code and
 * for all that it says, whoever wrote the code of that. What runs in a sandbox stays there: whatever it calls and starts on this node is
 * run in the same sandbox.
 */
export class Sandboxes implements Evaluator {
  readonly place = "in a sandbox";
  readonly #launch: Launch;
  readonly #limits: Limits;
  readonly #running = new Map<string, Sandbox>();
  readonly #owners = new Map<string, Owner>();
  readonly #any: SandboxEvaluator;
  #node: SandboxesNode | null = null;

  /** @throws TypeError or RangeError naming a limit that is none. */
  constructor(launch: Launch, limits: SandboxLimits = {}) {
    this.#launch = launch;
    this.#limits = readLimits(limits);
    this.#any = new SandboxEvaluator(({ hash }) => this.#of(this.#authorOf(hash)));
  }

  /** The node that they belong to: before it runs anything. */
  serve(node: SandboxesNode): void {
    this.#node = node;
    node.kernel.handlers.set("sandbox.step", performSandboxStep);
    countWhatIsMade(node.kernel);
    node.kernel.closers.push(() => this.stop());
    node.kernel.revokers.push((peer) => this.revoke(peer));
  }

  /** How many run now. */
  get size(): number {
    return this.#running.size;
  }

  of(stranger: string): Evaluator {
    return this.#owner(stranger).evaluator;
  }

  /** Decodes what `stranger` says: what of it runs, runs in its sandbox, whoever wrote the code. */
  codecOf(stranger: string): Codec {
    return this.#owner(stranger).codec;
  }

  begin(definition: Definition, unit: number, values: readonly unknown[]): Frame {
    return this.#any.begin(definition, unit, values);
  }

  resume(definition: Definition, unit: number, position: number, slots: readonly unknown[]): Frame {
    return this.#any.resume(definition, unit, position, slots);
  }

  value(definition: Definition): unknown {
    return this.#any.value(definition);
  }

  /** Ends the one of a peer whose key was revoked: it does not start again while that is so. */
  async revoke(peer: string): Promise<void> {
    await this.#running.get(peer)?.stop("the key of its owner was revoked");
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((sandbox) => sandbox.stop("its node stops")));
  }

  get #served(): SandboxesNode {
    if (this.#node === null) throw new TypeError("sandboxes: expected `serve` before anything runs");
    return this.#node;
  }

  /** So that nothing which one author's code does to what it is given is seen by another's. */
  #authorOf(hash: Hash): string {
    const { code, kernel } = this.#served;
    return code.authors([hash]).get(hash) ?? kernel.address.id;
  }

  #of(owner: string): Sandbox {
    const running = this.#running.get(owner);
    if (running !== undefined) return running;
    const { kernel, code } = this.#served;
    if (!kernel.access.hears(owner)) {
      throw new SandboxError(`the sandbox of ${owner} does not start: its key was revoked here`, null);
    }
    const { account, codec, quota } = this.#owner(owner);
    const name = owner === kernel.address.id ? "this node" : owner;
    if (account.leftMs <= 0)
      throw new SandboxError(`the sandbox of ${name} does not start: ${account.spent}`, "cpuTotal");
    if (this.#running.size >= kernel.limits.sandboxes)
      throw new SandboxError(
        `the sandbox of ${name} does not start: ${beyond(kernel.limits, "sandboxes", "would run at once")}`,
        "sandboxes",
      );
    const sandbox: Sandbox = new Sandbox(name, {
      launch: this.#launch,
      clock: kernel.host.clock,
      code,
      limits: this.#limits,
      codec,
      account,
      quota,
      ended: () => {
        if (this.#running.get(owner) === sandbox) this.#running.delete(owner);
      },
    });
    this.#running.set(owner, sandbox);
    return sandbox;
  }

  #owner(id: string): Owner {
    const known = this.#owners.get(id);
    if (known !== undefined) return known;
    const { code, kernel } = this.#served;
    this.#makeRoom(kernel.limits);
    const delegated = new Map<Hash, Definition>();
    const evaluator = new SandboxEvaluator(() => this.#of(id), id);
    const definitions: Definitions = {
      definition: (hash) => {
        const known = delegated.get(hash);
        if (known !== undefined) return known;
        const definition = new DelegatedDefinition(code.definition(hash), evaluator);
        delegated.set(hash, definition);
        return definition;
      },
    };
    const owner = {
      evaluator,
      codec: this.#served.codec(definitions),
      account: new CpuAccount(this.#limits, kernel.host.clock),
      quota: new Quota(id === kernel.address.id ? "this node" : id, kernel, this.#limits),
    };
    this.#owners.set(id, owner);
    return owner;
  }

  /** Who has none running, and has used nothing that counts any more, is as good as a new one. */
  #makeRoom(limits: NodeLimits): void {
    if (this.#owners.size < limits.sandboxOwners) return;
    for (const [id, { account }] of this.#owners) {
      if (!account.isFresh || this.#running.has(id)) continue;
      this.#owners.delete(id);
      return;
    }
    throw new SandboxError(beyond(limits, "sandboxOwners", "strangers have used sandboxes"), "sandboxOwners");
  }
}

/** Runs code in the sandbox that it finds for it. */
class SandboxEvaluator implements Evaluator {
  readonly place = "in a sandbox";
  readonly stranger?: string;
  readonly #find: (definition: Definition) => Sandbox;

  /** @param stranger by whose word all of it runs; none when that is as each definition says. */
  constructor(find: (definition: Definition) => Sandbox, stranger?: string) {
    this.#find = find;
    if (stranger !== undefined) this.stranger = stranger;
  }

  begin(definition: Definition, unit: number, values: readonly unknown[]): Frame {
    return this.resume(definition, unit, 0, values);
  }

  resume(definition: Definition, unit: number, position: number, slots: readonly unknown[]): Frame {
    return new SandboxFrame(() => this.#find(definition), { definition, unit, position, slots });
  }

  /** What stands for a plain function or class in the node: it can be passed on, also as what instances are of, and does nothing itself. */
  value({ name, hash }: Definition): unknown {
    return Object.defineProperty(
      function () {
        throw new CodeRefusedError(
          `${name} (${hash}) cannot be called here: its code runs in a sandbox, and only there`,
        );
      },
      "name",
      { value: name },
    );
  }
}
