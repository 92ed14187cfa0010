import { Channel, channelTravels } from "@espalier/channels";
import { abi, builtin, codeFunctions, codeTravels, createCodeStore } from "@espalier/code";
import { Heartbeat, heartbeatTravels, type LeaseOptions } from "@espalier/heartbeat";
import {
  distribution,
  Node,
  NodeRef,
  Process,
  Remote,
  Task,
  type Host,
  type Listener,
  type Message,
  type Network,
  type NodeEvent,
  type Payload,
  type Node as RunningNode,
  type Pipe,
  type PipeHandler,
  type Report,
  type Transport,
} from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { CborCodec, Identity, SessionTransport } from "@espalier/wire";

builtin("Channel", Channel);
builtin("Heartbeat", Heartbeat);
builtin("NodeRef", NodeRef);
builtin("Process", Process);
builtin("Remote", Remote);
builtin("Task", Task);

/** The timing of leases in these simulations: everything happens within a few seconds of virtual time. */
export const lease: LeaseOptions = { beat: "200ms", lease: "1s", delay: "100ms" };
/** How long after its last beat a silent node is given up: the lease, the drift and the delay, and a beat or two until that is noticed. */
export const verdictMs = 1_110 + 400;

/** One machine of a cluster, with the node that runs on it. Everything of it is the code that ships, down to the sealed frames. */
export interface Machine {
  readonly name: string;
  readonly node: RunningNode;
  readonly ref: NodeRef;
  readonly events: NodeEvent[];
  readonly reports: Report[];
  /** What it has said to others, in order. */
  readonly said: Message[];
  /** For machines that misbehave: says anything at all to another. */
  say(to: Machine, message: Message): void;
  /** Encodes as its codec does. */
  encode(value: unknown): Payload;
}

/** Machines in one thread, on one virtual clock, with a network that can be cut. */
export class Cluster {
  readonly manual: ManualHost = new ManualHost();
  readonly #machines = new Map<string, Machine & { readonly life: Life }>();
  readonly #listeners = new Map<string, { readonly life: Life; readonly accept: (pipe: Pipe) => PipeHandler }>();
  readonly #pipes = new Set<SimulatedPipe>();
  readonly #silent = new Set<string>();

  /** Starts (or, after a crash, restarts) a machine: the same key, another life. */
  async start(name: string, allow: readonly string[] | "anyone" = "anyone"): Promise<Machine> {
    const life: Life = { name, alive: true };
    const host = this.#hostOf(life);
    const identity = new Identity(host.crypto, new Uint8Array(32).fill(name.charCodeAt(0)));
    const code = createCodeStore();
    const reports: Report[] = [];
    let codec: CborCodec | null = null;
    let transport: Transport | null = null;
    const said: Message[] = [];
    const node = await this.manual.wait(
      Node.start({
        host,
        id: identity.id,
        logger: { report: (report) => void reports.push(report) },
        distribution: distribution({
          lease,
          code,
          codec: (travels) => {
            codec = new CborCodec({
              travels: [...travels, ...heartbeatTravels, ...channelTravels, ...codeTravels(code)],
              functions: [codeFunctions],
            });
            return codec;
          },
          transport: (kernel) => {
            const sessions = new SessionTransport({
              host,
              identity,
              abi,
              incarnation: kernel.address.incarnation,
              listen: `ws://${name}:1`,
              allow,
            });
            const send = sessions.send.bind(sessions);
            sessions.send = (peer, message) => {
              said.push(message);
              return send(peer, message);
            };
            transport = sessions;
            return sessions;
          },
        }),
      }),
    );
    const events: NodeEvent[] = [];
    node.events.subscribe((event) => void events.push(event));
    const machine = {
      name,
      node,
      ref: node.ref,
      events,
      reports,
      life,
      said,
      say: (to: Machine, message: Message) => void transport?.send(to.ref.id, message),
      encode: (value: unknown): Payload => {
        const { bytes, hashes } = (codec as unknown as CborCodec).encode(value);
        return { bytes, hashes: [...hashes] };
      },
    };
    this.#machines.set(name, machine);
    return machine;
  }

  /** The power fails: nothing of the machine runs any more, and its connections break. */
  crash(name: string): void {
    const machine = this.#machine(name);
    machine.life.alive = false;
    this.#listeners.delete(`ws://${name}:1`);
    for (const pipe of [...this.#pipes]) if (pipe.life === machine.life) pipe.other?.cut("connection reset");
  }

  /** Breaks the connections between two machines. They may connect again at once. */
  breakLinks(a: string, b: string): void {
    for (const pipe of [...this.#pipes]) {
      if (pipe.life.name === a && pipe.other?.life.name === b) {
        pipe.other.cut("connection reset");
        pipe.cut("connection reset");
      }
    }
  }

  /** From now on nothing gets through between two machines, and nobody is told. */
  part(a: string, b: string): void {
    this.#silent.add(`${a} ${b}`).add(`${b} ${a}`);
  }

  heal(): void {
    this.#silent.clear();
  }

  /** Lets virtual time pass, with everything that happens in it. */
  async pass(durationMs: number): Promise<void> {
    await this.manual.settle();
    for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
      this.manual.advance(Math.min(stepMs, durationMs - passedMs));
      await this.manual.settle();
    }
  }

  /** Lets time pass until `promise` is settled. @throws Error when that takes longer than `limitMs` of virtual time. */
  async wait<T>(promise: Promise<T>, limitMs = 20_000): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    for (let passedMs = 0; !settled; passedMs += stepMs) {
      if (passedMs > limitMs) throw new Error(`not settled after ${limitMs} ms`);
      await this.pass(stepMs);
    }
    return promise;
  }

  /** Links every machine with every other, so that all know where the others are. */
  async meet(): Promise<void> {
    const machines = [...this.#machines.values()];
    for (const { node } of machines) {
      for (const { ref } of machines) await this.wait(node.run(Process.whereisAt(ref, "nobody")));
    }
  }

  async stop(): Promise<void> {
    for (const { node, life } of this.#machines.values()) if (life.alive) void node.stop();
    await this.pass(10_000);
  }

  #machine(name: string): Machine & { readonly life: Life } {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`no machine ${name}`);
    return machine;
  }

  /** The host of one life of a machine: when that is over, nothing of it happens any more. */
  #hostOf(life: Life): Host {
    const { clock, random, loop, disk, crypto } = this.manual;
    const whileAlive = (task: () => void) => (): void => {
      if (life.alive) task();
    };
    return {
      clock: { ...clock, after: (delayMs, fire) => clock.after(delayMs, whileAlive(fire)) },
      random,
      loop: {
        soon: (task) => loop.soon(whileAlive(task)),
        afterInput: (task) => loop.afterInput(whileAlive(task)),
      },
      disk,
      crypto,
      network: this.#networkOf(life),
    };
  }

  #networkOf(life: Life): Network {
    return {
      listen: (url, accept): Promise<Listener> => {
        this.#listeners.set(url, { life, accept });
        return Promise.resolve({ url, close: () => Promise.resolve(void this.#listeners.delete(url)) });
      },
      connect: (url, handler): Pipe => {
        const near = new SimulatedPipe(this.manual, this.#pipes, life, url, (from, to) => this.#gets(from, to));
        near.handler = handler;
        this.manual.loop.soon(() => {
          const listener = this.#listeners.get(url);
          if (near.isClosed) return;
          if (listener === undefined) return near.cut(`nothing listens on ${url}`);
          if (!this.#gets(life, listener.life)) return;
          const far = new SimulatedPipe(this.manual, this.#pipes, listener.life, `ws://${life.name}:1`, near.gets);
          near.other = far;
          far.other = near;
          far.handler = listener.accept(far);
          far.handler.open();
          handler.open();
        });
        return near;
      },
    };
  }

  #gets(from: Life, to: Life): boolean {
    return from.alive && to.alive && !this.#silent.has(`${from.name} ${to.name}`);
  }
}

/** From power on to power off. */
interface Life {
  readonly name: string;
  alive: boolean;
}

/** The steps in which time passes: promises are settled in between. */
const stepMs = 5;
/** How long a frame takes. */
const frameMs = 1;

class SimulatedPipe implements Pipe {
  readonly life: Life;
  readonly remote: string;
  readonly gets: (from: Life, to: Life) => boolean;
  handler: PipeHandler | null = null;
  other: SimulatedPipe | null = null;
  isClosed = false;
  readonly queuedBytes = 0;
  readonly #manual: ManualHost;
  readonly #pipes: Set<SimulatedPipe>;

  constructor(
    manual: ManualHost,
    pipes: Set<SimulatedPipe>,
    life: Life,
    remote: string,
    gets: (from: Life, to: Life) => boolean,
  ) {
    this.#manual = manual;
    this.#pipes = pipes;
    this.life = life;
    this.remote = remote;
    this.gets = gets;
    pipes.add(this);
  }

  send(frame: Uint8Array): void {
    const { other } = this;
    if (this.isClosed || other === null || !this.gets(this.life, other.life)) return;
    const copy = frame.slice();
    this.#manual.clock.after(frameMs, () => {
      if (!other.isClosed && other.life.alive) other.handler?.frame(copy);
    });
  }

  close(reason = "closed"): void {
    const { other } = this;
    this.cut(reason);
    if (other !== null && this.gets(this.life, other.life)) this.#manual.clock.after(frameMs, () => other.cut(reason));
  }

  cut(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#pipes.delete(this);
    this.#manual.loop.soon(() => {
      if (this.life.alive) this.handler?.closed(reason);
    });
  }
}
