import { createCodeStore, hashOf, type Store } from "@espalier/code";
import { Node, type Node as RunningNode, type Remote } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { type Launch, type Limits, readLimits, Sandboxes, type SandboxLimits } from "../../src/index.ts";
import { codec } from "../threadless.ts";

/** A node alone, with real sandboxes. */
export class RealPlace implements AsyncDisposable {
  readonly sandboxes: Sandboxes;
  readonly code: Store;
  readonly node: RunningNode;

  private constructor(node: RunningNode, launch: (limits: Limits) => Launch, limits: SandboxLimits) {
    this.node = node;
    this.sandboxes = new Sandboxes(launch(readLimits(limits)), limits);
    this.code = createCodeStore({ foreign: this.sandboxes });
    this.sandboxes.serve({
      kernel: node.kernel,
      code: this.code,
      codec: (definitions) => codec(definitions, this.code),
    });
  }

  static async start(launch: (limits: Limits) => Launch, limits: SandboxLimits = {}): Promise<RealPlace> {
    return new RealPlace(await Node.start({ host: nodeHost() }), launch, limits);
  }

  /** What a stranger's function is used as on this node. */
  stranger<F>(defined: F, from = "stranger"): F {
    const sender = createCodeStore();
    const packed = sender.pack(sender.closure([hashOf(defined)]));
    this.code.admit(structuredClone([...packed]), "untrusted", from);
    return this.code.definition(hashOf(defined)).value as F;
  }

  run<A>(what: Remote<A>): Promise<A> {
    return this.node.run(what);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.node.stop();
  }
}
