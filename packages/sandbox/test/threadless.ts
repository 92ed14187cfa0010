import "./provide.ts";
import { channelTravels } from "@espalier/channels";
import {
  codeFunctions,
  codeInstances,
  codeTravels,
  createCodeStore,
  type Definitions,
  hashOf,
  type Realm,
  type Store,
} from "@espalier/code";
import { heartbeatTravels } from "@espalier/heartbeat";
import {
  type Codec,
  detachedTravels,
  type LimitOptions,
  Node,
  type Node as RunningNode,
  type Remote,
} from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { CborCodec } from "@espalier/wire";
import { createGuest, type Launch, type LinkEvents, Sandboxes, type SandboxLimits } from "../src/index.ts";

/** Where the code of these tests runs: not a sandbox at all, but a scope of its own. */
const realm: Realm = {
  place: "in a test",
  // oxlint-disable-next-line no-eval -- The code is this test's own.
  evaluate: (source) => (0, eval)(source),
  global: (name) => Reflect.get(globalThis, name),
};

/** A link without a thread: what is posted is answered in a later task. */
export class TestLink {
  readonly events: LinkEvents;
  readonly owner: string;
  /** Stands in for the guest. */
  answer: (bytes: Uint8Array) => Uint8Array | null;
  cpu: number | null = null;
  ended = false;
  readonly posted: Uint8Array[] = [];

  constructor(host: ManualHost, owner: string, events: LinkEvents) {
    this.owner = owner;
    this.events = events;
    const guest = createGuest(realm);
    this.answer = (bytes) => guest.obey(bytes);
    host.loop.soon(() => events.ready());
    this.post = (bytes) => {
      this.posted.push(bytes);
      host.loop.soon(() => {
        if (this.ended) return;
        const answer = this.answer(bytes);
        if (answer !== null) events.message(answer);
      });
    };
  }

  post: (bytes: Uint8Array) => void;

  end(): Promise<void> {
    this.ended = true;
    return Promise.resolve();
  }

  cpuMs(): Promise<number | null> {
    return Promise.resolve(this.cpu);
  }
}

/** @param classes where the classes of instances are found. */
export function codec(definitions: Definitions, classes: Definitions = definitions): Codec {
  return new CborCodec({
    travels: [...detachedTravels(), ...heartbeatTravels, ...channelTravels, ...codeTravels(definitions)],
    functions: [codeFunctions],
    instances: codeInstances(classes),
  });
}

/** A node alone, with sandboxes that have no threads. */
export class Place {
  readonly host: ManualHost = new ManualHost();
  readonly links: TestLink[] = [];
  /** Called with each sandbox that is started. */
  launched: (link: TestLink) => void = () => undefined;
  readonly sandboxes: Sandboxes;
  readonly code: Store;
  readonly node: RunningNode;

  private constructor(node: RunningNode, host: ManualHost, limits: SandboxLimits) {
    this.host = host;
    this.node = node;
    const launch: Launch = (owner, events) => {
      const link = new TestLink(host, owner, events);
      this.links.push(link);
      this.launched(link);
      return link;
    };
    this.sandboxes = new Sandboxes(launch, limits);
    this.code = createCodeStore({ foreign: this.sandboxes });
    this.sandboxes.serve({
      kernel: node.kernel,
      code: this.code,
      codec: (definitions) => codec(definitions, this.code),
    });
  }

  static async start(limits: SandboxLimits = {}, ofNode: LimitOptions = {}): Promise<Place> {
    const host = new ManualHost();
    return new Place(await host.wait(Node.start({ host, limits: ofNode })), host, limits);
  }

  /** What a stranger's function is used as on this node. */
  stranger<F>(defined: F, from = "stranger"): F {
    const sender = createCodeStore();
    const packed = sender.pack(sender.closure([hashOf(defined)]));
    this.code.admit(structuredClone([...packed]), "untrusted", from);
    return this.code.definition(hashOf(defined)).value as F;
  }

  run<A>(what: Remote<A> | (() => Generator<any, A, any>)): Promise<A> {
    return this.host.wait(this.node.run(what as Remote<A>));
  }
}
