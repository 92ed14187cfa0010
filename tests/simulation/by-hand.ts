import type { LocalGenerator } from "@espalier/heartbeat";
import {
  NodeRef,
  Process,
  type Clock,
  type Message,
  type Node,
  type NodeEvent,
  type Payload,
  type Pid,
  type Report,
  type Self,
  type Transport,
} from "@espalier/runtime";
import { startNode, World, type Machine, type Peer, type Place, type StartNodeOptions } from "@espalier/testkit";

/** The timing of leases in these simulations: everything happens within a few seconds of virtual time. */
export const lease = { beat: "200ms", lease: "1s", delay: "100ms" } as const;
/** How long after its last beat a silent node is given up: the lease, the drift and the delay, and a beat or two until that is noticed. */
export const verdictMs = 1_110 + 400;

/** A machine of a cluster, with the node that runs on it. */
export interface Member {
  readonly name: string;
  readonly node: Node;
  readonly ref: NodeRef;
  readonly events: NodeEvent[];
  readonly reports: Report[];
  /** What it has said to others, in order. */
  readonly said: Message[];
  /** For machines that misbehave: says anything at all to another. */
  say(to: Member, message: Message): void;
  /** For links that lose or change what it says: what is sent instead of a message, null for nothing. It stays `said` as it was. */
  tamper(change: (message: Message) => Message | null): void;
  /** What its codec makes of a value. */
  encode(value: unknown): Promise<Payload>;
}

/** A simulated world in which a test does everything by hand. Every frame takes a millisecond, so that a test can count. */
export class Cluster {
  readonly world: World = new World({ seed: 1 });
  readonly #peers: readonly Peer[];
  readonly #members = new Map<string, Member>();
  readonly #timers = new Set<object>();

  constructor(...names: readonly string[]) {
    const { world } = this;
    this.#peers = names.map((name) => ({ name, ref: refOf(world.machine(name)) }));
    for (const from of names) {
      for (const to of names) if (from !== to) world.network.setLink(from, to, { latencyMs: 1, jitterMs: 0 });
    }
  }

  /** How many timers are pending on nodes, beside those of connections: one of each node that has any, for ticks, and one at each end, for fresh keys. */
  get timers(): number {
    const connected = [...this.#members.values()]
      .filter(({ name }) => this.world.machine(name).state !== "crashed")
      .map(({ node }) => node.inspect().peers.length);
    const ofConnections = connected.reduce((sum, peers) => sum + (peers > 0 ? 1 : 0) + peers, 0);
    return this.#timers.size - ofConnections;
  }

  /** Starts (or, after a crash, restarts) a machine: the same key, another life. */
  async start(
    name: string,
    allow: "all" | "nobody" = "all",
    options: Omit<StartNodeOptions, "lease"> = {},
  ): Promise<Member> {
    const { world } = this;
    const machine = world.machine(name);
    if (machine.state === "crashed") machine.restart();
    const desk = new Desk();
    const place = this.#place(machine, desk, allow === "all" ? this.#peers : []);
    const node = await world.until(startNode(place, { ...options, lease }));
    const { life } = machine;
    const member = {
      name,
      node,
      ref: node.ref,
      events: desk.events,
      reports: desk.reports,
      said: desk.said,
      say: (to: Member, message: Message) => desk.say(to, message),
      tamper: (change: (message: Message) => Message | null) => {
        desk.change = change;
      },
      encode: (value: unknown) => {
        // Nobody is there; it is not sent either.
        const nobody = [...this.#members.values()].find(({ node: other }) => other !== node)?.node.kernel.root;
        if (nobody === undefined) throw new Error("encode: expected another machine, to which the value would go");
        if (!life.isAlive) throw new Error(`encode: ${name} has crashed`);
        return this.wait(desk.capture(() => void node.run(Process.send(nobody, value as never))));
      },
    };
    this.#members.set(name, member);
    return member;
  }

  /** The power fails: nothing of the machine runs any more, and its connections break. */
  crash(name: string): void {
    this.world.machine(name).crash();
  }

  /** Breaks the connections between two machines. They may connect again at once. */
  breakLinks(a: string, b: string): void {
    this.world.network.cut(a, b);
  }

  /** From now on nothing gets through between two machines, and nobody is told. */
  part(a: string, b: string): void {
    this.world.network.partition(a, b);
  }

  heal(): void {
    const names = [...this.#members.keys()];
    for (const a of names) for (const b of names) if (a < b) this.world.network.heal(a, b);
  }

  /** Lets virtual time pass, with everything that happens in it. */
  async pass(durationMs: number): Promise<void> {
    await this.world.run(durationMs);
  }

  /** Lets time pass until `promise` is settled. @throws WorldStuckError when that takes longer than `limitMs` of virtual time. */
  async wait<T>(promise: Promise<T>, limitMs = 20_000): Promise<T> {
    return this.world.until(promise, { withinMs: limitMs });
  }

  /** Links every machine with every other, so that all know where the others are. */
  async meet(): Promise<void> {
    const members = [...this.#members.values()];
    for (const { node } of members) {
      for (const { ref } of members) await this.wait(node.run(Process.whereisAt(ref, "nobody")));
    }
  }

  async stop(): Promise<void> {
    for (const { name, node } of this.#members.values()) {
      if (this.world.machine(name).state !== "crashed") void node.stop();
    }
    await this.pass(10_000);
  }

  #place(machine: Machine, desk: Desk, peers: readonly Peer[]): Place {
    const { world } = this;
    const { name, host, identity, url, lives } = machine;
    const forScenarios = (what: string) => (): never => {
      throw new Error(`${what}: expected a scenario, this is a world by hand`);
    };
    return {
      name,
      ref: refOf(machine),
      world: "sim",
      life: lives,
      host: { ...host, clock: { ...host.clock, after: this.#counting(host.clock, machine) } },
      identity,
      url,
      peers,
      peer: forScenarios("peer"),
      get nowMs() {
        return world.nowMs;
      },
      invoke: forScenarios("invoke"),
      mark: () => {},
      tell: (line) => world.tell(name, line),
      attach: (node) => void node.events.subscribe((event) => void desk.events.push(event)),
      logger: { report: (report) => void desk.reports.push(report) },
      intercept: (sessions) => desk.intercept(sessions),
    };
  }

  /** The timers of a machine, which go with its life. */
  #counting(clock: Clock, { life }: Machine): Clock["after"] {
    const timers = new Set<object>();
    life.onEnd.add(() => {
      for (const timer of timers) this.#timers.delete(timer);
    });
    return (delayMs, fire) => {
      const key = {};
      const drop = (): void => {
        timers.delete(key);
        this.#timers.delete(key);
      };
      timers.add(key);
      this.#timers.add(key);
      const timer = clock.after(delayMs, () => {
        drop();
        fire();
      });
      return {
        cancel: () => {
          drop();
          timer.cancel();
        },
      };
    };
  }
}

function refOf({ identity, url }: Machine): NodeRef {
  return new NodeRef(identity.id, url);
}

/** What goes over one machine's desk. */
class Desk {
  readonly events: NodeEvent[] = [];
  readonly reports: Report[] = [];
  readonly said: Message[] = [];
  change: (message: Message) => Message | null = (message) => message;
  #sessions: Transport | null = null;
  #capturing: ((payload: Payload) => void) | null = null;

  say(to: Member, message: Message): void {
    this.#sessions?.send(to.ref.id, message);
  }

  /** The payload of the next message of a process that is sent, which is not sent. */
  capture(send: () => void): Promise<Payload> {
    return new Promise((resolve) => {
      this.#capturing = resolve;
      send();
    });
  }

  intercept(sessions: Transport): Transport {
    this.#sessions = sessions;
    const send = sessions.send.bind(sessions);
    sessions.send = (peer, message) => {
      const capturing = this.#capturing;
      if (capturing !== null && message.type === "signal.message") {
        this.#capturing = null;
        capturing(message.payload);
        return true;
      }
      this.said.push(message);
      const changed = this.change(message);
      return changed === null || send(peer, changed);
    };
    return sessions;
  }
}

/** Starts a process on `machine` that nobody awaits. */
export function spawn({ node: { kernel } }: Member, body: any, ...parameters: readonly unknown[]): Pid<any> {
  return kernel.spawn(kernel.root, body, parameters).pid;
}

/** A process on `machine`; `received` is what it was sent. */
export function collector(machine: Member): { readonly pid: Pid<any>; readonly received: any[] } {
  const received: unknown[] = [];
  const pid = spawn(machine, function* collect(self: Self<unknown>): LocalGenerator<never> {
    for (;;) received.push(yield* self.receive());
  });
  return { pid, received };
}
