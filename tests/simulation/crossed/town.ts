import {
  Access,
  limits,
  NodeRef,
  type Message,
  type Network,
  type NodeId,
  type Pipe,
  type PipeHandler,
} from "@espalier/runtime";
import { ManualHost, SeededRandom } from "@espalier/runtime/testing";
import { plainCrypto } from "@espalier/testkit";
import { createIdentity, SessionTransport, type Identity } from "@espalier/wire";

/** What one node says to another. */
export const say: Message = { type: "pulse.ask" };

/** The lengths of a tick, and of one that asks for an answer, and of that, when they are sealed. No other frame has one of them. */
const tickBytes: ReadonlySet<string> = new Set(["17", "21"]);

/** One thing that may happen next. */
export interface Step {
  readonly name: string;
  readonly take: () => void;
}

/** What somebody does, once, at any time. */
export interface Act {
  readonly name: string;
  readonly take: (town: Town) => void;
}

/**
 * Two nodes between which nothing happens by itself: whatever is under way in a pipe arrives when the test says so, in the order of that
 * direction of that pipe and no other. What a node does by itself it does at once, as a task or a microtask.
 */
export class Town {
  readonly host: ManualHost = new ManualHost();
  readonly a: Resident;
  readonly b: Resident;
  readonly #ways: Way[] = [];
  readonly #acts: Act[];
  readonly #history: string[] = [];

  /** @param acts what may be done at any time, each once. */
  constructor(acts: readonly Act[]) {
    this.#acts = [...acts];
    const identities = [1, 2]
      .map((seed) => createIdentity(Object.assign(new ManualHost({ seed }), { crypto: plainCrypto })))
      .toSorted((left, right) => (left.id < right.id ? -1 : 1)) as [Identity, Identity];
    this.a = new Resident(this, "a", identities[0], 3);
    this.b = new Resident(this, "b", identities[1], 4);
    // A manual world listens in the turn in which it is asked to.
    void this.a.transport.start(this.a);
    void this.b.transport.start(this.b);
  }

  /** What may happen next, in an order of their own. */
  get steps(): readonly Step[] {
    const arrivals = this.#ways
      .filter((way) => way.first !== null)
      .map((way) => ({ name: `${way.name} ${way.first?.name}`, take: () => way.pass() }));
    const acts = this.#acts.map((act) => ({
      name: act.name,
      take: () => {
        this.#acts.splice(this.#acts.indexOf(act), 1);
        act.take(this);
      },
    }));
    return [...acts, ...arrivals];
  }

  /** Takes a step, and lets both nodes do what they do by themselves. Ticks arrive as soon as they are next: nothing depends on when they do. */
  take(step: Step): void {
    this.#history.push(step.name);
    step.take();
    this.host.run();
    for (let way = this.#tick; way !== undefined; way = this.#tick) {
      way.pass();
      this.host.run();
    }
  }

  get #tick(): Way | undefined {
    return this.#ways.find(({ first }) => first !== null && tickBytes.has(first.name));
  }

  /** Everything that was done, in order. */
  get history(): readonly string[] {
    return this.#history;
  }

  /** All that is under way arrives, first come first served, while time passes. */
  settle(durationMs: number): void {
    const stepMs = 250;
    for (let passedMs = 0; passedMs <= durationMs; passedMs += stepMs) {
      for (let step = this.steps[0]; step !== undefined; step = this.steps[0]) this.take(step);
      this.host.advance(stepMs);
    }
  }

  /** Breaks every pipe: what is under way in it is lost, and each end learns of it in its own time. */
  cut(): void {
    for (const way of this.#ways) way.cut();
  }

  /** How many pipes are open at both ends. */
  get pipes(): number {
    return this.#ways.filter((way) => way.isOpen).length / 2;
  }

  /**
   * All that the future depends on, but for keys: what each node was told, and what is under way. Two histories with the same value go on in
   * the same ways.
   */
  get standing(): string {
    const ways = this.#ways.map((way) => way.standing);
    return [...ways, this.a.standing, this.b.standing, ...this.#acts.map(({ name }) => name)].join("|");
  }

  network(of: string): Network {
    return {
      listen: (url, accept) => {
        this.#listeners.set(url, accept);
        return Promise.resolve({ url, close: () => Promise.resolve(void this.#listeners.delete(url)) });
      },
      connect: (url, handler) => {
        const number = this.#ways.length / 2;
        const there = new Way(`${of}${number}>`, this.host);
        const back = new Way(`${of}${number}<`, this.host);
        this.#ways.push(there, back);
        back.handler = handler;
        there.put("open", () => {
          const accept = this.#listeners.get(url);
          if (accept === undefined) return back.put("refused", () => back.end("nobody listens"));
          there.handler = accept(new End(there, back, `${of}:1`));
          back.put("open", () => handler.open());
        });
        return new End(back, there, url);
      },
    };
  }

  readonly #listeners = new Map<string, (pipe: Pipe) => PipeHandler>();
}

/** One direction of a pipe, and who hears what comes out of it. */
class Way {
  readonly name: string;
  handler: PipeHandler | null = null;
  /** Whether the end that it leads to is open. */
  isOpen = true;
  readonly #host: ManualHost;
  readonly #underWay: { readonly name: string; readonly arrive: () => void }[] = [];
  #passed = 0;

  constructor(name: string, host: ManualHost) {
    this.name = name;
    this.#host = host;
  }

  get first(): { readonly name: string } | null {
    return this.#underWay[0] ?? null;
  }

  get standing(): string {
    return `${this.isOpen ? "" : "closed "}${this.#passed}+${this.#underWay.map(({ name }) => name).join(",")}`;
  }

  put(name: string, arrive: () => void): void {
    if (this.isOpen) this.#underWay.push({ name, arrive });
  }

  pass(): void {
    this.#passed += 1;
    this.#underWay.shift()?.arrive();
  }

  /** The end is closed: nothing comes out any more. */
  end(reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#underWay.length = 0;
    this.#host.loop.soon(() => this.handler?.closed(reason));
  }

  cut(): void {
    if (!this.isOpen) return;
    this.#underWay.length = 0;
    this.put("cut", () => this.end("cut"));
  }
}

class End implements Pipe {
  readonly remote: string;
  readonly queuedBytes = 0;
  readonly #from: Way;
  readonly #to: Way;

  constructor(from: Way, to: Way, remote: string) {
    this.#from = from;
    this.#to = to;
    this.remote = remote;
  }

  send(frame: Uint8Array): void {
    if (!this.#from.isOpen) return;
    const copy = frame.slice();
    this.#to.put(`${copy.length}`, () => this.#to.handler?.frame(copy));
  }

  close(reason = "closed"): void {
    if (!this.#from.isOpen) return;
    this.#from.end(reason);
    this.#to.put("close", () => this.#to.end(reason));
  }
}

/** A node, and what its transport told it. */
export class Resident {
  readonly ref: NodeRef;
  readonly transport: SessionTransport;
  readonly log: string[] = [];
  readonly #name: string;

  constructor(town: Town, name: string, identity: Identity, seed: number) {
    this.#name = name;
    this.ref = new NodeRef(identity.id, `ws://${name}`);
    const { clock, loop, disk } = town.host;
    this.transport = new SessionTransport({
      host: { clock, loop, disk, crypto: plainCrypto, random: new SeededRandom(seed), network: town.network(name) },
      identity,
      incarnation: `${name}1`,
      abi: 1,
      hashVersion: 1,
      listen: `ws://${name}`,
      access: new Access("anyone"),
      limits,
    });
  }

  up(): void {
    this.log.push("up");
  }

  message(_peer: NodeId, message: Message): void {
    this.log.push(message.type);
  }

  down(): void {
    this.log.push("down");
  }

  failed(): void {
    this.log.push("failed");
  }

  get isLinked(): boolean {
    return this.transport.links().length > 0;
  }

  get standing(): string {
    const { handshakes } = this.transport.network();
    return `${this.#name} ${this.log.join(",")} ${JSON.stringify(handshakes)}`;
  }
}
