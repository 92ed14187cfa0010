import type { HomeAction, HomeMessage, LeaseParameters, Place } from "@espalier/heartbeat";
import { Homes, leaseParameters } from "@espalier/heartbeat";

/**
 * A small cluster of `Homes` under virtual time. Links keep order and lose only their end; each side learns of a loss at a time of its own.
 * On each node there is a fixed actor; mobile processes and actors send each other numbered messages and are linked in pairs.
 */

export type Fault =
  | { readonly type: "cut"; readonly a: string; readonly b: string; readonly atMs: number; readonly untilMs: number }
  | { readonly type: "crash"; readonly node: string; readonly atMs: number; readonly backAtMs: number };

export interface Plan {
  readonly process: string;
  readonly born: string;
  readonly moves: readonly { readonly atMs: number; readonly to: string }[];
  readonly endsAtMs: number | null;
  /** The nodes whose actor it is linked to. */
  readonly linked: readonly string[];
}

type Signal =
  | { readonly type: "number"; readonly from: string; readonly n: number }
  | { readonly type: "exit"; readonly from: string };

type Wire =
  | { readonly type: "home"; readonly message: HomeMessage }
  | { readonly type: "to"; readonly process: string; readonly signal: Signal }
  | { readonly type: "of"; readonly process: string; readonly signal: Signal };

interface State {
  readonly received: Map<string, number>;
  readonly sent: Map<string, number>;
  readonly links: Set<string>;
}

interface Cell {
  state: State;
  at: "acting" | "parked" | "captured";
}

interface Link {
  readonly sides: readonly [Place, Place];
  readonly upAt: Map<Place, number>;
  readonly lastAt: Map<Place, number>;
  cutAtMs: number;
}

interface TestNode {
  readonly name: string;
  life: number;
  isUp: boolean;
  homes: Homes;
  readonly cells: Map<string, Cell>;
  readonly arriving: Map<string, State>;
  readonly linked: Set<string>;
  readonly received: Map<string, number>;
  readonly sent: Map<string, number>;
  readonly links: Map<Place, Link>;
  readonly queues: Map<Place, Wire[]>;
  readonly connecting: Set<Place>;
}

interface Event {
  readonly timeMs: number;
  readonly order: number;
  run(): void;
}

export interface Outcome {
  readonly violations: readonly string[];
  readonly log: readonly string[];
  /** What came about, for the campaign to show that it saw everything. */
  readonly seen: ReadonlySet<string>;
}

export const healedAtMs = 30_000;
const quietAtMs = 60_000;

export class HomeWorld {
  readonly nodes: ReadonlyMap<string, TestNode>;
  readonly #random: () => number;
  readonly #faults: readonly Fault[];
  readonly #plans: readonly Plan[];
  readonly #parameters: LeaseParameters;
  readonly #heap: Event[] = [];
  readonly #log: string[] = [];
  readonly #violations: string[] = [];
  readonly #seen = new Set<string>();
  readonly #epochs = new Map<string, number>();
  /** Processes that ended, or were lost with a node. */
  readonly #over = new Set<string>();
  #nowMs = 0;
  #order = 0;

  constructor(
    random: () => number,
    names: readonly string[],
    plans: readonly Plan[],
    faults: readonly Fault[],
    parameters: LeaseParameters = leaseParameters(),
  ) {
    this.#random = random;
    this.#faults = faults;
    this.#plans = plans;
    this.#parameters = parameters;
    this.nodes = new Map(names.map((name) => [name, { name, life: 0 } as TestNode]));
    for (const node of this.nodes.values()) this.#boot(node);
    const places = [...this.nodes.values()].map(placeOf);
    places.forEach((a, i) => {
      for (const b of places.slice(i + 1)) if (this.#random() < 0.8) this.#join(a, b);
    });
    for (const fault of faults) {
      if (fault.type === "cut") this.#at(fault.atMs, () => this.#cut(fault.a, fault.b));
      else {
        this.#at(fault.atMs, () => this.#crash(this.#node(fault.node)));
        this.#at(fault.backAtMs, () => this.#boot(this.#node(fault.node)));
      }
    }
    for (const plan of plans) this.#at(50, () => this.#begin(plan));
  }

  run(): Outcome {
    while (this.#heap.length > 0 && this.#violations.length === 0) {
      const event = this.#pop();
      if (event.timeMs > quietAtMs) break;
      this.#nowMs = event.timeMs;
      event.run();
      this.#checkHomes();
    }
    if (this.#violations.length === 0) this.#checkEnd();
    return { violations: this.#violations, log: this.#log, seen: this.#seen };
  }

  // Nodes and links

  #boot(node: TestNode): void {
    const life = node.life + 1;
    Object.assign(node, {
      life,
      isUp: true,
      cells: new Map(),
      arriving: new Map(),
      linked: new Set(),
      received: new Map(),
      sent: new Map(),
      links: new Map(),
      queues: new Map(),
      connecting: new Set(),
    });
    const place = placeOf(node);
    node.homes = new Homes(place, this.#parameters);
    this.#every(node, 1_000, () => node.homes.tick(this.#nowMs));
    // Whoever meets the new life knows that the old one is over.
    if (life > 1) {
      for (const other of this.nodes.values()) {
        if (other !== node) this.#at(this.#nowMs + 10 + this.#random() * 2_000, () => this.#connect(other, place));
      }
    }
    this.#every(node, 150, () => this.#chatter(node));
  }

  #crash(node: TestNode): void {
    this.#note(`${placeOf(node)} crashes`);
    node.isUp = false;
    for (const process of node.cells.keys()) {
      if (this.#homes(process).length === 0 && !this.#isGranted(process)) this.#over.add(process);
      this.#seen.add("crashed home");
    }
    for (const link of node.links.values()) this.#break(link);
  }

  #cut(a: string, b: string): void {
    for (const link of this.#node(a).links.values()) {
      if (link.sides.some((side) => nameOf(side) === b)) this.#break(link);
    }
  }

  /** What is on its way may still arrive, up to some point; then each side notices. */
  #break(link: Link): void {
    if (link.cutAtMs !== Infinity) return;
    link.cutAtMs = this.#nowMs + this.#random() * 30;
    for (const side of link.sides) {
      const noticesAtMs = link.cutAtMs + 31 + this.#random() ** 3 * 3_000;
      this.#at(noticesAtMs, () => this.#down(link, side));
    }
  }

  #down(link: Link, side: Place): void {
    const node = this.#live(side);
    const other = otherOf(link, side);
    if (node === null || node.links.get(other) !== link) return;
    node.links.delete(other);
    this.#note(`${side} lost its link to ${other}`);
    this.#lose(node, other);
    node.homes.unlinked(other, this.#nowMs);
    this.#perform(node);
  }

  /** Links across the connection fire, on this side. */
  #lose(node: TestNode, other: Place): void {
    for (const process of [...node.linked]) {
      if (node.homes.homeOf(process) === other && !node.cells.has(process)) node.linked.delete(process);
    }
    for (const process of node.cells.keys()) {
      this.#toProcess(node, process, { type: "exit", from: nameOf(other) }, null);
    }
  }

  #connect(node: TestNode, to: Place): void {
    if (!node.isUp || node.links.has(to) || node.connecting.has(to)) return;
    node.connecting.add(to);
    const from = placeOf(node);
    this.#at(this.#nowMs + 5 + this.#random() * 40, () => {
      node.connecting.delete(to);
      if (this.#live(from) === null || node.links.has(to)) return;
      const other = this.#live(to);
      if (other !== null && !this.#isCut(nameOf(from), nameOf(to))) return this.#join(from, to);
      node.queues.delete(to);
      this.#lose(node, to);
      node.homes.unreachable(to, "unreachable", this.#nowMs);
      const life = this.#node(nameOf(to)).life;
      if (other === null && this.#node(nameOf(to)).isUp && to !== `${nameOf(to)}@${life}`) {
        node.homes.dead(to, "dead", this.#nowMs);
      }
      this.#perform(node);
    });
  }

  #join(a: Place, b: Place): void {
    const link: Link = { sides: [a, b], upAt: new Map(), lastAt: new Map(), cutAtMs: Infinity };
    for (const side of link.sides) {
      const node = this.#live(side);
      if (node === null) continue;
      const other = otherOf(link, side);
      const old = node.links.get(other);
      if (old !== undefined) {
        this.#break(old);
        this.#down(old, side);
      }
      for (let life = 1; life < Number(other.split("@")[1]); life += 1) {
        const former = `${nameOf(other)}@${life}`;
        const lost = node.links.get(former);
        if (lost !== undefined) this.#down(lost, side);
        node.queues.delete(former);
        this.#lose(node, former);
        node.homes.dead(former, "dead", this.#nowMs);
        this.#perform(node);
      }
    }
    for (const side of link.sides) {
      const node = this.#live(side);
      const other = otherOf(link, side);
      if (node === null || node.links.has(other)) continue;
      node.links.set(other, link);
      node.homes.linked(other, this.#nowMs);
      this.#perform(node);
      const queue = node.queues.get(other) ?? [];
      node.queues.delete(other);
      for (const wire of queue) this.#transmit(node, other, wire);
    }
  }

  /** On the link if there is one; signals wait for one. */
  #transmit(node: TestNode, to: Place, wire: Wire): void {
    const link = node.links.get(to);
    if (link === undefined) {
      if (wire.type === "home") return;
      const queue = node.queues.get(to) ?? [];
      node.queues.set(to, queue);
      queue.push(wire);
      return this.#connect(node, to);
    }
    const from = placeOf(node);
    const atMs = Math.max((link.lastAt.get(from) ?? 0) + 0.01, this.#nowMs + 1 + this.#random() ** 4 * 400);
    link.lastAt.set(from, atMs);
    this.#at(atMs, () => {
      const target = this.#live(to);
      if (target === null || target.links.get(from) !== link || atMs > link.cutAtMs) return;
      switch (wire.type) {
        case "home":
          target.homes.receive(from, wire.message, this.#nowMs);
          return this.#perform(target);
        case "to":
          return this.#toProcess(target, wire.process, wire.signal, from);
        case "of":
          return this.#toActor(target, wire.process, wire.signal);
      }
    });
  }

  // Processes and actors

  #begin({ process, born, moves, endsAtMs, linked }: Plan): void {
    const home = this.#node(born);
    if (!home.isUp) return;
    const key = `${placeOf(home)}/${process}`;
    // Whoever is linked to it has a connection with it.
    const isNear = (name: string): boolean => name === born || home.links.has(placeOf(this.#node(name)));
    const links = new Set(linked.filter(isNear));
    home.cells.set(key, { state: { received: new Map(), sent: new Map(), links }, at: "acting" });
    for (const name of links) this.#node(name).linked.add(key);
    for (const { atMs, to } of moves) this.#at(atMs, () => this.#leave(key, to));
    if (endsAtMs !== null) this.#at(endsAtMs, () => this.#end(key));
    this.#epochs.set(key, 0);
  }

  #leave(process: string, to: string): void {
    const node = this.#homes(process)[0];
    const target = this.#node(to);
    if (node === undefined || node === target) return;
    const cell = node.cells.get(process) as Cell;
    if (cell.at !== "acting") return;
    if (!node.homes.leave(process, placeOf(target), this.#nowMs)) return;
    this.#note(`${process} leaves ${placeOf(node)} for ${placeOf(target)}`);
    cell.at = "parked";
    this.#perform(node);
  }

  #end(process: string): void {
    const node = this.#homes(process)[0];
    const cell = node?.cells.get(process);
    if (node === undefined || cell?.at !== "acting") {
      if (!this.#over.has(process)) this.#at(this.#nowMs + 500, () => this.#end(process));
      return;
    }
    this.#note(`${process} ends on ${placeOf(node)}`);
    this.#over.add(process);
    node.cells.delete(process);
    for (const name of cell.state.links) this.#fromProcess(node, process, name, { type: "exit", from: process });
    node.homes.closed(process, this.#nowMs);
    this.#perform(node);
  }

  /** Everybody says something to somebody. */
  #chatter(node: TestNode): void {
    if (this.#nowMs > healedAtMs + 20_000) return;
    for (const process of this.#epochs.keys()) {
      if (this.#random() < 0.5) {
        const n = (node.sent.get(process) ?? 0) + 1;
        node.sent.set(process, n);
        this.#toProcess(node, process, { type: "number", from: placeOf(node), n }, null);
      }
      const cell = node.cells.get(process);
      if (cell?.at !== "acting") continue;
      const to = this.#pick([...this.nodes.keys()]);
      const n = (cell.state.sent.get(to) ?? 0) + 1;
      cell.state.sent.set(to, n);
      this.#fromProcess(node, process, to, { type: "number", from: process, n });
    }
    this.#perform(node);
  }

  #toProcess(node: TestNode, process: string, signal: Signal, from: Place | null): void {
    const cell = node.cells.get(process);
    if (from !== null && signal.type === "number" && !node.homes.admits(process, signal.from, from)) {
      this.#seen.add("overtaken");
      return;
    }
    if (cell !== undefined && cell.at !== "captured") return this.#deliver(node, process, cell, signal);
    const to = node.homes.route(process, signal, from, this.#nowMs);
    if (from !== null && to !== null) this.#seen.add("forwarded");
    if (to === null) this.#seen.add("held");
    else if (to !== placeOf(node)) this.#transmit(node, to, { type: "to", process, signal });
    this.#perform(node);
  }

  #deliver(node: TestNode, process: string, { state }: Cell, signal: Signal): void {
    if (signal.type === "exit") {
      state.links.delete(signal.from);
      return;
    }
    const last = state.received.get(signal.from) ?? 0;
    this.#checkNumber(`${process} at ${placeOf(node)}`, signal.from, signal.n, last);
    state.received.set(signal.from, signal.n);
  }

  #fromProcess(node: TestNode, process: string, to: string, signal: Signal): void {
    const target = this.#node(to);
    if (target === node) return this.#toActor(node, process, signal);
    const place = placeOf(target);
    if (node.homes.permits(process, place, signal, this.#nowMs)) {
      this.#transmit(node, place, { type: "of", process, signal });
    } else this.#seen.add("introduced");
  }

  #toActor(node: TestNode, process: string, signal: Signal): void {
    if (signal.type === "exit") {
      node.linked.delete(process);
      return;
    }
    const last = node.received.get(process) ?? 0;
    // A new life of a node hears what is said to it from then on.
    const isFirst = last === 0 && node.life > 1;
    if (!isFirst) this.#checkNumber(`the actor of ${placeOf(node)}`, process, signal.n, last);
    node.received.set(process, signal.n);
  }

  #checkNumber(who: string, from: string, n: number, last: number): void {
    if (n <= last) this.#violation(`${who} received ${n} of ${from} after ${last}: doubled or reordered`);
    else if (n > last + 1 && this.#faults.length === 0) {
      this.#violation(`${who} received ${n} of ${from} after ${last}: lost`);
    }
  }

  // Actions

  #perform(node: TestNode): void {
    for (let actions = node.homes.take(); actions.length > 0; actions = node.homes.take()) {
      for (const action of actions) this.#act(node, action);
    }
  }

  #act(node: TestNode, action: HomeAction): void {
    const { homes } = node;
    switch (action.type) {
      case "send":
        return this.#transmit(node, action.to, { type: "home", message: action.message });
      case "connect":
        return this.#connect(node, action.to);
      case "signal": {
        const { process, to, from, signal } = action;
        if (!from && to === placeOf(node)) return this.#toProcess(node, process, signal as Signal, null);
        return this.#transmit(node, to, { type: from ? "of" : "to", process, signal: signal as Signal });
      }
      case "deliver":
        return this.#toProcess(node, action.process, action.signal as Signal, null);
      case "capture": {
        const cell = node.cells.get(action.process);
        if (cell === undefined) return this.#violation(`${action.process} is written down where it is not`);
        cell.at = "captured";
        return homes.captured(action.process, copyOf(cell.state), [], this.#nowMs);
      }
      case "resume": {
        this.#seen.add("stayed");
        this.#note(`${action.process} stays on ${placeOf(node)}: ${String(action.reason)}`);
        (node.cells.get(action.process) as Cell).at = "acting";
        return;
      }
      case "released":
        node.cells.delete(action.process);
        return;
      case "arrive": {
        const { process, epoch, cargo } = action;
        node.arriving.set(`${process} ${epoch}`, copyOf(cargo as State));
        const draw = this.#random();
        if (draw < 0.1) {
          node.arriving.delete(`${process} ${epoch}`);
          homes.refuse(process, epoch, "unwanted", this.#nowMs);
        } else {
          this.#at(this.#nowMs + draw ** 6 * 12_000, () => {
            if (node.homes !== homes || !node.isUp) return;
            homes.admit(process, epoch, this.#nowMs);
            this.#perform(node);
          });
        }
        return;
      }
      case "adopt": {
        const { process, epoch } = action;
        this.#note(`${placeOf(node)} is the home of ${process}, epoch ${epoch}`);
        this.#seen.add("adopted");
        if (epoch <= (this.#epochs.get(process) as number)) this.#violation(`${process} got the epoch ${epoch} again`);
        if (this.#over.has(process)) this.#violation(`${process} was over, and is adopted by ${placeOf(node)}`);
        this.#epochs.set(process, epoch);
        const state = node.arriving.get(`${process} ${epoch}`);
        if (state === undefined) return this.#violation(`${process} is adopted and never arrived`);
        node.arriving.delete(`${process} ${epoch}`);
        node.cells.set(process, { state, at: "acting" });
        return;
      }
      case "drop":
        node.arriving.delete(`${action.process} ${action.epoch}`);
        return;
      case "reconcile": {
        const cell = node.cells.get(action.process);
        if (cell !== undefined && action.peer === placeOf(node)) cell.state.links.delete(node.name);
        else if (cell !== undefined)
          this.#toProcess(node, action.process, { type: "exit", from: nameOf(action.peer) }, null);
        return;
      }
      case "gone":
      case "disconnected":
        this.#seen.add(action.type);
        node.linked.delete(action.process);
        return;
      case "settled":
        this.#seen.add("settled");
        return;
      case "undeliverable":
        return;
    }
  }

  // Checks

  #homes(process: string): TestNode[] {
    return [...this.nodes.values()].filter((node) => node.isUp && node.cells.has(process));
  }

  /** Whether somebody may still become the home of a process that nobody has. */
  #isGranted(process: string): boolean {
    return [...this.nodes.values()].some(
      (node) => node.isUp && [...node.arriving.keys()].some((key) => key.startsWith(`${process} `)),
    );
  }

  #checkHomes(): void {
    for (const process of this.#epochs.keys()) {
      const homes = this.#homes(process);
      if (homes.length > 1) this.#violation(`${process} has two homes: ${homes.map(placeOf).join(", ")}`);
    }
  }

  #checkEnd(): void {
    const isCalm = this.#faults.length === 0;
    for (const process of this.#epochs.keys()) {
      const home = this.#homes(process)[0];
      const cell = home?.cells.get(process);
      if (home !== undefined && cell?.at !== "acting") this.#violation(`${process} is in limbo at ${placeOf(home)}`);
      const plan = this.#plans.find((one) => process.endsWith(`/${one.process}`)) as Plan;
      if (isCalm && home === undefined && plan.endsAtMs === null) this.#violation(`${process} is lost without a fault`);
      for (const node of this.nodes.values()) {
        if (node.linked.has(process) !== (cell?.state.links.has(node.name) ?? false)) {
          this.#violation(`${placeOf(node)} and ${process} disagree on their link`);
        }
        if (cell === undefined) continue;
        const sent = node.sent.get(process) ?? 0;
        const last = cell.state.received.get(placeOf(node)) ?? 0;
        const isKnown = this.#live(birthOf(process)) !== null;
        if ((isCalm || isKnown) && sent !== last) {
          this.#violation(`${process} received ${last} of ${sent} messages of ${placeOf(node)}`);
        }
      }
    }
    for (const node of this.nodes.values()) {
      const { residents, routes, underway } = node.homes.counts();
      if (underway > 0) this.#violation(`${placeOf(node)} has ${underway} handovers under way at rest`);
      const here = [...node.cells.keys()].length;
      if (residents > here) this.#violation(`${placeOf(node)} keeps ${residents} residents for ${here} processes`);
      const alive = [...this.#epochs.keys()].filter((process) => this.#homes(process).length > 0).length;
      if (isCalm && routes > alive) this.#violation(`${placeOf(node)} keeps ${routes} routes to ${alive} processes`);
      if (node.arriving.size > 0) this.#violation(`${placeOf(node)} keeps what arrived and never began`);
    }
  }

  // Time

  #every(node: TestNode, ms: number, run: () => void): void {
    const { life } = node;
    const again = (): void => {
      if (!node.isUp || node.life !== life) return;
      run();
      this.#perform(node);
      this.#at(this.#nowMs + ms * (0.9 + this.#random() * 0.2), again);
    };
    this.#at(this.#nowMs + ms * this.#random(), again);
  }

  #at(timeMs: number, run: () => void): void {
    const event: Event = { timeMs: Math.max(timeMs, this.#nowMs), order: (this.#order += 1), run };
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent] as Event, event)) break;
      heap[index] = heap[parent] as Event;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): Event {
    const heap = this.#heap;
    const first = heap[0] as Event;
    const last = heap.pop() as Event;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (isBefore(last, heap[child] as Event)) break;
      heap[index] = heap[child] as Event;
      index = child;
    }
    heap[index] = last;
    return first;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  #node(name: string): TestNode {
    return this.nodes.get(name) as TestNode;
  }

  #live(place: Place): TestNode | null {
    const node = this.#node(nameOf(place));
    return node.isUp && placeOf(node) === place ? node : null;
  }

  #isCut(a: string, b: string): boolean {
    return this.#faults.some(
      (fault) =>
        fault.type === "cut" &&
        ((fault.a === a && fault.b === b) || (fault.a === b && fault.b === a)) &&
        this.#nowMs >= fault.atMs &&
        this.#nowMs < fault.untilMs,
    );
  }

  #note(line: string): void {
    this.#log.push(`${this.#nowMs.toFixed(1)} ${line}`);
  }

  #violation(line: string): void {
    this.#note(`VIOLATION ${line}`);
    this.#violations.push(line);
  }
}

function placeOf(node: TestNode): Place {
  return `${node.name}@${node.life}`;
}

function nameOf(place: Place): string {
  return place.slice(0, place.indexOf("@"));
}

function birthOf(process: string): Place {
  return process.slice(0, process.lastIndexOf("/"));
}

function otherOf({ sides }: Link, side: Place): Place {
  return sides[0] === side ? sides[1] : sides[0];
}

function isBefore(a: Event, b: Event): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);
}

function copyOf({ received, sent, links }: State): State {
  return { received: new Map(received), sent: new Map(sent), links: new Set(links) };
}
