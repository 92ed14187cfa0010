import {
  CodeRefusedError,
  type Definition,
  type Definitions,
  DelegatedDefinition,
  type Evaluator,
} from "@espalier/code";
import type { Codec, Frame, Handler, Hash } from "@espalier/runtime";
import type { Launch } from "./link.ts";
import { type Limits, readLimits, type SandboxLimits } from "./options.ts";
import { type Code, Sandbox } from "./sandbox.ts";
import { type FindSandbox, performSandboxStep, SandboxFrame } from "./sandbox-frame.ts";

type Kernel = Parameters<Handler>[0];

/** What the sandboxes of a node need of it. */
export interface SandboxesNode {
  readonly kernel: Kernel;
  readonly code: Code & Definitions;
  /** A codec like the node's own, which looks for definitions in `definitions`. */
  codec(definitions: Definitions): Codec;
}

/**
 * Where a node runs code that nobody vouches for: the evaluator for it. Each peer has a sandbox of its own, for all processes whose home it is;
 * so has this node, for what processes of its own perform of such code. What runs in a sandbox stays there: whatever it calls and starts,
 * on this node, is run in the same sandbox, whoever wrote it.
 */
export class Sandboxes implements Evaluator {
  readonly place = "in a sandbox";
  readonly #launch: Launch;
  readonly #limits: Limits;
  readonly #running = new Map<string, Sandbox>();
  readonly #evaluators = new Map<string, SandboxEvaluator>();
  readonly #any: SandboxEvaluator;
  #node: SandboxesNode | null = null;

  /** @throws TypeError or RangeError naming a limit that is none. */
  constructor(launch: Launch, limits: SandboxLimits = {}) {
    this.#launch = launch;
    this.#limits = readLimits(limits);
    this.#any = new SandboxEvaluator(({ pid }) => this.#of(pid.address.id));
  }

  /** The node that they belong to: before it runs anything. */
  serve(node: SandboxesNode): void {
    this.#node = node;
    node.kernel.handlers.set("sandbox.step", performSandboxStep);
    node.kernel.closers.push(() => this.stop());
  }

  /** How many run now. */
  get size(): number {
    return this.#running.size;
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

  /** Ends all of them. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((sandbox) => sandbox.stop("its node stops")));
  }

  #of(owner: string): Sandbox {
    const running = this.#running.get(owner);
    if (running !== undefined) return running;
    const node = this.#node;
    if (node === null) throw new TypeError("sandboxes: expected `serve` before anything runs");
    const { kernel, code } = node;
    const delegated = new Map<Hash, Definition>();
    const evaluator = this.#evaluatorOf(owner);
    const definitions: Definitions = {
      definition: (hash) => {
        const known = delegated.get(hash);
        if (known !== undefined) return known;
        const definition = new DelegatedDefinition(code.definition(hash), evaluator);
        delegated.set(hash, definition);
        return definition;
      },
    };
    const sandbox: Sandbox = new Sandbox(owner === kernel.address.id ? "this node" : owner, {
      launch: this.#launch,
      clock: kernel.host.clock,
      code,
      limits: this.#limits,
      codec: node.codec(definitions),
      ended: () => {
        if (this.#running.get(owner) === sandbox) this.#running.delete(owner);
      },
    });
    this.#running.set(owner, sandbox);
    return sandbox;
  }

  /** For what came out of a peer's sandbox. It may be used when that has ended: then another one is started. */
  #evaluatorOf(owner: string): SandboxEvaluator {
    const known = this.#evaluators.get(owner);
    if (known !== undefined) return known;
    const evaluator = new SandboxEvaluator(() => this.#of(owner));
    this.#evaluators.set(owner, evaluator);
    return evaluator;
  }
}

/** Runs code in the sandboxes that it finds for the processes that perform it. */
class SandboxEvaluator implements Evaluator {
  readonly place = "in a sandbox";
  readonly #find: FindSandbox;

  constructor(find: FindSandbox) {
    this.#find = find;
  }

  begin(definition: Definition, unit: number, values: readonly unknown[]): Frame {
    return new SandboxFrame(this.#find, { definition, unit, position: 0, slots: values });
  }

  resume(definition: Definition, unit: number, position: number, slots: readonly unknown[]): Frame {
    return new SandboxFrame(this.#find, { definition, unit, position, slots });
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
