import {
  fromBase64Url,
  Node,
  toBase64Url,
  type Network,
  type NodeId,
  type Pipe,
  type PipeHandler,
} from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { createIdentity, type Introductions } from "@espalier/wire";
import { Container, type ContainerEvent, type ContainerOptions, type ResidentRecord } from "../src/index.ts";

/** The first frame of a session with `target`, but for what is secret in it. */
export function firstFrame(target: NodeId, version = 1): Uint8Array {
  const magic = new TextEncoder().encode("espalier");
  const message = new Uint8Array(32);
  return Uint8Array.of(...magic, version, 1, ...(fromBase64Url(target) as Uint8Array), ...message);
}

/** Who connects from outside: says what it is told to, and remembers what it hears. */
export class Caller implements PipeHandler {
  readonly pipe: Pipe;
  readonly heard: Uint8Array[] = [];
  isOpen = false;
  /** Why it was closed; null while it is not. */
  end: string | null = null;

  constructor(host: ManualHost, url: string) {
    this.pipe = host.network.connect(url, this);
  }

  open(): void {
    this.isOpen = true;
  }
  frame(bytes: Uint8Array): void {
    this.heard.push(bytes);
  }
  closed(reason: string): void {
    this.end = reason;
  }

  /** What it was refused for, in words. */
  get refusal(): string | null {
    const [first] = this.heard;
    return first?.[0] === 0 ? new TextDecoder().decode(first.subarray(1)) : null;
  }
}

/** A node that is only a door: it says its name to whoever comes, and remembers each frame. */
export class Doorman {
  readonly id: NodeId;
  readonly frames: string[] = [];
  readonly remotes: string[] = [];
  readonly pipes: Pipe[] = [];
  /** How long each of them has been here before. */
  readonly waitedMs: (number | undefined)[] = [];
  closed = 0;
  starts = 0;
  /** What its start waits for. */
  gate: Promise<void> = Promise.resolve();
  listens = true;
  node: Node | null = null;
  readonly record: ResidentRecord;
  network: Network | null = null;
  introductions: Introductions | null = null;

  constructor(host: ManualHost, name: string) {
    const { id } = createIdentity(host);
    this.id = id;
    this.record = {
      id,
      name,
      start: async (quarters) => {
        this.starts += 1;
        await this.gate;
        this.network = quarters.host.network;
        this.introductions = quarters.introductions;
        const node = await Node.start({ host: quarters.host, id });
        this.node = node;
        if (!this.listens) return node;
        const listener = await quarters.host.network.listen(quarters.listen, (pipe, waitedMs) => {
          this.waitedMs.push(waitedMs);
          return this.#accept(pipe);
        });
        node.kernel.closers.push(() => listener.close());
        return node;
      },
    };
  }

  #accept(pipe: Pipe): PipeHandler {
    this.remotes.push(pipe.remote);
    this.pipes.push(pipe);
    return {
      open: () => {},
      frame: (bytes) => {
        this.frames.push(toBase64Url(bytes));
        pipe.send(new TextEncoder().encode(`${this.record.name} ${bytes.length}`));
      },
      closed: () => void (this.closed += 1),
    };
  }
}

export interface Stage {
  readonly host: ManualHost;
  readonly container: Container;
  readonly events: ContainerEvent[];
  doorman(name: string): Doorman;
  call(): Caller;
  /** Connects, and says whom it wants. */
  callFor(target: NodeId): Caller;
}

export async function stage(options: Partial<ContainerOptions> = {}): Promise<Stage> {
  const host = new ManualHost();
  const container = await Container.start({ host, listen: "ws://here:1", ...options });
  const events: ContainerEvent[] = [];
  container.events.subscribe((event) => events.push(event));
  const call = (): Caller => {
    const caller = new Caller(host, "ws://here:1");
    host.run();
    return caller;
  };
  return {
    host,
    container,
    events,
    doorman: (name) => new Doorman(host, name),
    call,
    callFor: (target) => {
      const caller = call();
      caller.pipe.send(firstFrame(target));
      host.run();
      return caller;
    },
  };
}
