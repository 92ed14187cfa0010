import type {
  ForwardingEntry,
  Instant,
  LeaseParameters,
  Place,
  TransferAction,
  TransferMessage,
} from "@espalier/heartbeat";
import { leaseParameters, Transfers } from "@espalier/heartbeat";

/**
 * A small cluster of `Transfers` under virtual time, with processes that hop between its nodes while faults happen, and a ghost that knows
 * the truth. Everything follows from the seed and the list of faults; draw n of a label never depends on other labels, so taking a fault
 * away does not reshuffle the rest.
 */

export type Fault =
  | { readonly type: "drop"; readonly link: string; readonly nth: number }
  | { readonly type: "repeat"; readonly link: string; readonly nth: number; readonly ms: number }
  | { readonly type: "delay"; readonly link: string; readonly nth: number; readonly ms: number }
  | {
      readonly type: "cut";
      readonly from: string;
      readonly to: string;
      readonly both: boolean;
      readonly atMs: number;
      readonly untilMs: number;
    }
  /** Everything from one node to another takes longer for a while. */
  | {
      readonly type: "slow";
      readonly from: string;
      readonly to: string;
      readonly atMs: number;
      readonly untilMs: number;
      readonly ms: number;
    }
  /** The OS process stands still, its clocks go on. */
  | { readonly type: "pause"; readonly node: string; readonly atMs: number; readonly untilMs: number }
  /** The machine sleeps: only the wall clock goes on. */
  | { readonly type: "suspend"; readonly node: string; readonly atMs: number; readonly untilMs: number }
  | { readonly type: "crash"; readonly node: string; readonly atMs: number; readonly backAtMs: number }
  | { readonly type: "drift"; readonly node: string; readonly rate: number };

/** One instruction of a process. */
export type Step =
  | { readonly type: "emit" }
  | { readonly type: "hop"; readonly to: string }
  | { readonly type: "rest"; readonly ms: number }
  /** Waits for all signals that will ever be sent to it. */
  | { readonly type: "await" };

export interface Plan {
  readonly process: string;
  readonly home: string;
  readonly steps: readonly Step[];
  /** When its home sends it signals. */
  readonly signalsAtMs: readonly number[];
}

/** What a process takes along. */
interface Cargo {
  position: number;
  emitted: number;
  received: number;
  failedHops: number;
}

/** What really happened to a process. */
interface Truth {
  readonly plan: Plan;
  performed: number;
  sent: number;
  end: "ended" | "lost" | "home crashed" | null;
  failedHops: number;
  epochMax: number;
  readonly ownerOf: Map<number, Place>;
  readonly positionsRun: Set<number>;
  /** Where each epoch went. */
  readonly offeredTo: Map<number, Place>;
}

interface Cell {
  readonly process: string;
  epoch: number;
  cargo: Cargo;
  /** Frozen while it is on its way out, waiting while it may not start yet. */
  state: "waiting" | "running" | "frozen";
  restedUntilMs: number;
}

interface TestNode {
  readonly name: string;
  life: number;
  isUp: boolean;
  rate: number;
  transfers: Transfers;
  readonly cells: Map<string, Cell>;
  readonly lives: Map<string, number>;
}

interface Event {
  readonly timeMs: number;
  readonly order: number;
  /** Null for the world's own. */
  readonly node: TestNode | null;
  readonly life: number;
  run(): void;
}

export interface Outcome {
  readonly violations: readonly string[];
  readonly truths: readonly Truth[];
  readonly log: readonly string[];
  readonly messages: number;
}

/** After this nothing goes wrong any more, and everything must come to an end. */
export const healedAtMs = 25_000;
const untilMs = 90_000;

export class World {
  readonly nodes: ReadonlyMap<string, TestNode>;
  readonly #seed: number;
  readonly #excusesVerdicts: boolean;
  readonly #parameters: LeaseParameters;
  readonly #faults: readonly Fault[];
  readonly #byMessage = new Map<string, Fault>();
  readonly #truths = new Map<string, Truth>();
  readonly #draws = new Map<string, number>();
  readonly #heap: Event[] = [];
  readonly #violations: string[] = [];
  readonly #log: string[] = [];
  #nowMs = 0;
  #order = 0;
  #messages = 0;

  constructor(
    seed: number,
    names: readonly string[],
    plans: readonly Plan[],
    faults: readonly Fault[],
    excusesVerdicts: boolean,
    parameters: LeaseParameters = leaseParameters(),
  ) {
    this.#seed = seed;
    this.#excusesVerdicts = excusesVerdicts;
    this.#parameters = parameters;
    this.#faults = faults;
    for (const fault of faults) if ("nth" in fault) this.#byMessage.set(`${fault.link}#${fault.nth}`, fault);
    this.nodes = new Map(
      names.map((name) => [
        name,
        { name, life: 0, isUp: false, rate: 1, transfers: null as never, cells: new Map(), lives: new Map() },
      ]),
    );
    for (const fault of faults) if (fault.type === "drift") this.#node(fault.node).rate = fault.rate;
    for (const node of this.nodes.values()) this.#boot(node);
    for (const fault of faults) {
      if (fault.type !== "crash") continue;
      this.#at(fault.atMs, () => this.#crash(this.#node(fault.node)));
      this.#at(fault.backAtMs, () => this.#boot(this.#node(fault.node)));
    }
    for (const plan of plans) this.#begin(plan);
  }

  run(): Outcome {
    for (let event = this.#pop(); event !== undefined && event.timeMs <= untilMs; event = this.#pop()) {
      const { node } = event;
      if (node !== null) {
        if (!node.isUp || node.life !== event.life) continue;
        const pause = this.#faults.find(
          (fault) =>
            (fault.type === "pause" || fault.type === "suspend") &&
            fault.node === node.name &&
            event.timeMs >= fault.atMs &&
            event.timeMs < fault.untilMs,
        );
        if (pause !== undefined) {
          this.#push({ ...event, timeMs: (pause as { untilMs: number }).untilMs });
          continue;
        }
      }
      this.#nowMs = event.timeMs;
      event.run();
      this.#checkForwarding();
      if (this.#violations.length > 0) break;
    }
    if (this.#violations.length === 0) this.#checkEnd();
    return {
      violations: this.#violations,
      truths: [...this.#truths.values()],
      log: this.#log,
      messages: this.#messages,
    };
  }

  // Nodes

  #boot(node: TestNode): void {
    node.life += 1;
    node.isUp = true;
    node.cells.clear();
    node.lives.clear();
    const { life } = node;
    let batons = 0;
    const baton = (): string => `${place(node)}:${(batons += 1)}`;
    node.transfers = new Transfers(place(node), this.#parameters, baton);
    this.#note(`${place(node)} is up`);
    this.#every(node, this.#parameters.beatMs, () => {
      node.transfers.tick(this.#instant(node));
      this.#perform(node);
    });
    // A link is made as soon as there is a way: that is how others learn of the new life.
    const greet = (): void => {
      for (const other of this.nodes.values()) if (other !== node) this.#greet(node, other);
    };
    if (life > 1) for (let delayMs = 5; delayMs < 60_000; delayMs *= 3) this.#after(node, delayMs, greet);
  }

  #greet(node: TestNode, other: TestNode): void {
    if (!other.isUp || this.#isCut(node.name, other.name) || this.#isCut(other.name, node.name)) return;
    this.#meet(other, node.name, node.life);
    this.#meet(node, other.name, other.life);
  }

  /** `node` learns that `name` is in `life`; false when that is an earlier life than it knows of. */
  #meet(node: TestNode, name: string, life: number): boolean {
    const known = node.lives.get(name) ?? 1;
    if (life < known) return false;
    if (life > known) {
      node.lives.set(name, life);
      for (let dead = known; dead < life; dead += 1) {
        node.transfers.dead(`${name}@${dead}`, this.#instant(node));
        this.#perform(node);
      }
      node.transfers.linked(`${name}@${life}`, this.#instant(node));
      this.#perform(node);
    }
    return true;
  }

  #crash(node: TestNode): void {
    this.#note(`${place(node)} crashes`);
    node.isUp = false;
    node.cells.clear();
    for (const truth of this.#truths.values()) {
      if (truth.plan.home === node.name && truth.end === null) truth.end = "home crashed";
    }
  }

  #instant(node: TestNode): Instant {
    let suspendedMs = 0;
    for (const fault of this.#faults) {
      if (fault.type !== "suspend" || fault.node !== node.name || this.#nowMs < fault.atMs) continue;
      suspendedMs += Math.min(this.#nowMs, fault.untilMs) - fault.atMs;
    }
    return { now: (this.#nowMs - suspendedMs) * node.rate, wall: this.#nowMs };
  }

  // Processes

  #begin(plan: Plan): void {
    const home = this.#node(plan.home);
    const truth: Truth = {
      plan,
      performed: 0,
      sent: 0,
      end: null,
      failedHops: 0,
      epochMax: 0,
      ownerOf: new Map(),
      positionsRun: new Set(),
      offeredTo: new Map(),
    };
    this.#truths.set(plan.process, truth);
    const cell: Cell = {
      process: plan.process,
      epoch: 0,
      cargo: { position: 0, emitted: 0, received: 0, failedHops: 0 },
      state: "running",
      restedUntilMs: 0,
    };
    home.cells.set(key(plan.process, 0), cell);
    this.#after(home, 10, () => this.#step(home, cell));
    for (const atMs of plan.signalsAtMs) this.#after(home, atMs, () => this.#signal(home, truth));
  }

  #signal(home: TestNode, truth: Truth): void {
    if (truth.end !== null) return;
    truth.sent += 1;
    const { process } = truth.plan;
    if (!home.transfers.signal(process, truth.sent, this.#instant(home))) this.#deliver(home, process, truth.sent);
    this.#perform(home);
  }

  #deliver(node: TestNode, process: string, signal: number): void {
    const cells = [...node.cells.values()].filter((cell) => cell.process === process && cell.state !== "frozen");
    const cell = cells.toSorted((a, b) => b.epoch - a.epoch)[0];
    if (cell === undefined) return this.#violation(`signal ${signal} for ${process} was delivered where it is not`);
    if (signal !== cell.cargo.received + 1) {
      this.#violation(`${process} received signal ${signal} after ${cell.cargo.received}`);
    }
    cell.cargo.received = signal;
  }

  #step(node: TestNode, cell: Cell): void {
    if (node.cells.get(key(cell.process, cell.epoch)) !== cell || cell.state === "frozen") return;
    this.#after(node, 5 + this.#draw(`step ${cell.process}`, 40), () => this.#step(node, cell));
    if (cell.state !== "running" || this.#nowMs < cell.restedUntilMs) return;
    const truth = this.#truth(cell.process);
    const isHome = truth.plan.home === node.name;
    if (!isHome && !node.transfers.mayAct(cell.process, this.#instant(node))) return this.#perform(node);
    const step = truth.plan.steps[cell.cargo.position];
    if (step?.type === "await" && cell.cargo.received < truth.plan.signalsAtMs.length) return;
    this.#act(node, cell, truth);
    cell.cargo.position += 1;
    switch (step?.type) {
      case "emit":
        cell.cargo.emitted += 1;
        if (isHome) this.#performed(truth, cell.cargo.emitted);
        else node.transfers.emit(cell.process, cell.cargo.emitted, this.#instant(node));
        break;
      case "rest":
        cell.restedUntilMs = this.#nowMs + step.ms;
        break;
      case "hop":
        this.#hop(node, cell, step.to);
        break;
      case "await":
        break;
      case undefined:
        if (isHome) {
          truth.end = "ended";
          node.transfers.closed(cell.process, this.#instant(node));
        } else node.transfers.finish(cell.process, "end", this.#instant(node));
        node.cells.delete(key(cell.process, cell.epoch));
        if (cell.cargo.emitted !== truth.plan.steps.filter(({ type }) => type === "emit").length) {
          this.#violation(`${cell.process} ended after ${cell.cargo.emitted} effects`);
        }
    }
    this.#perform(node);
  }

  #hop(node: TestNode, cell: Cell, to: string): void {
    if (to === node.name) return;
    const target = `${to}@${node.lives.get(to) ?? 1}`;
    this.#truth(cell.process).offeredTo.set(cell.epoch + 1, target);
    if (node.transfers.depart(cell.process, target, { ...cell.cargo }, [], this.#instant(node))) cell.state = "frozen";
    else this.#violation(`${cell.process} could not leave ${node.name}`);
  }

  // Actions

  #perform(node: TestNode): void {
    for (const action of node.transfers.take()) this.#performOne(node, action);
  }

  #performOne(node: TestNode, action: TransferAction): void {
    if (action.type !== "send") this.#note(`${place(node)} ${describe(action)}`);
    switch (action.type) {
      case "send":
        return this.#send(node, action.to, action.message);
      case "arrive": {
        const { process, epoch } = action;
        const cell: Cell = {
          process,
          epoch,
          cargo: { ...(action.cargo as Cargo) },
          state: "waiting",
          restedUntilMs: 0,
        };
        node.cells.set(key(process, epoch), cell);
        const draw = this.#draw(`arrive ${process}`, 8);
        if (draw === 0) this.#after(node, 30, () => this.#decide(node, cell, "need"));
        else if (draw === 1) this.#decide(node, cell, "refuse");
        else this.#decide(node, cell, "admit");
        return;
      }
      case "code":
        return this.#decide(node, node.cells.get(key(action.process, action.epoch)), "admit");
      case "supply":
        node.transfers.supply(action.process, action.epoch, ["definition"], this.#instant(node));
        return this.#perform(node);
      case "start": {
        const cell = node.cells.get(key(action.process, action.epoch));
        if (cell === undefined) return this.#violation(`${action.process} starts without having arrived`);
        cell.state = "running";
        return this.#after(node, 1, () => this.#step(node, cell));
      }
      case "drop":
      case "departed":
        node.cells.delete(key(action.process, action.epoch));
        return;
      case "resume": {
        const cell = node.cells.get(key(action.process, action.epoch));
        if (cell === undefined) return this.#violation(`${action.process} resumes where it is not`);
        node.cells.delete(key(cell.process, cell.epoch));
        cell.epoch += 2;
        cell.state = "running";
        cell.cargo.failedHops += 1;
        this.#truth(action.process).failedHops += 1;
        node.cells.set(key(cell.process, cell.epoch), cell);
        return this.#after(node, 1, () => this.#step(node, cell));
      }
      case "deliver":
        return this.#deliver(node, action.process, action.signal as number);
      case "perform":
        return this.#performed(this.#truth(action.process), action.effect as number | "end", node);
      case "lost": {
        const truth = this.#truth(action.process);
        if (truth.end === null) truth.end = "lost";
        if (!this.#excusesVerdicts) this.#violation(`${action.process} is declared lost while it runs (P11)`);
        return;
      }
      case "suspected":
      case "trusted":
      case "verdict":
      case "forwarded":
        return;
    }
  }

  #decide(node: TestNode, cell: Cell | undefined, decision: "need" | "admit" | "refuse"): void {
    if (cell === undefined || node.cells.get(key(cell.process, cell.epoch)) !== cell) return;
    const at = this.#instant(node);
    if (decision === "need") node.transfers.need(cell.process, cell.epoch, ["hash"], at);
    else if (decision === "admit") node.transfers.admit(cell.process, cell.epoch, at);
    else {
      node.cells.delete(key(cell.process, cell.epoch));
      node.transfers.refuse(cell.process, cell.epoch, "refused by the test", at);
    }
    this.#perform(node);
  }

  // What must hold at every step

  #act(node: TestNode, cell: Cell, truth: Truth): void {
    const { process, epoch } = cell;
    const where = `${process} acts on ${place(node)} in epoch ${epoch}`;
    if (truth.end === "lost") this.#violation(`${where} after the verdict (P13)`);
    if (truth.end === "ended") this.#violation(`${where} after its end`);
    const owner = truth.ownerOf.get(epoch) ?? place(node);
    truth.ownerOf.set(epoch, owner);
    if (owner !== place(node)) this.#violation(`${where}, and on ${owner} too (P15)`);
    if (epoch < truth.epochMax) this.#violation(`${where} after epoch ${truth.epochMax} (P15)`);
    truth.epochMax = Math.max(truth.epochMax, epoch);
    if (truth.positionsRun.has(cell.cargo.position)) this.#violation(`${where} a second time (P16)`);
    truth.positionsRun.add(cell.cargo.position);
    this.#note(`${where}: step ${cell.cargo.position}`);
  }

  #performed(truth: Truth, effect: number | "end", node?: TestNode): void {
    const { process } = truth.plan;
    if (truth.end !== null && truth.end !== "home crashed") {
      this.#violation(`effect ${effect} of ${process} is performed after it was ${truth.end} (P13)`);
    }
    if (effect === "end") {
      truth.end = "ended";
      if (node !== undefined) node.transfers.closed(process, this.#instant(node));
    } else {
      if (effect !== truth.performed + 1) {
        this.#violation(`effect ${effect} of ${process} is performed after ${truth.performed}`);
      }
      truth.performed = effect;
    }
  }

  /** An entry says where its epoch really went; following them, each for what came after, ends (P18). */
  #checkForwarding(): void {
    for (const truth of this.#truths.values()) {
      const { process } = truth.plan;
      for (const start of this.nodes.values()) {
        let node: TestNode | undefined = start;
        for (let epoch = 0; node?.isUp === true;) {
          const entry: ForwardingEntry | null = node.transfers.forwarded(process, epoch + 1);
          if (entry === null) break;
          if (entry.epoch <= epoch || truth.offeredTo.get(entry.epoch) !== entry.place) {
            const { epoch: to, place } = entry;
            return this.#violation(`${start.name} forwards ${process} by epoch ${epoch} to ${to} at ${place} (P18)`);
          }
          epoch = entry.epoch;
          node = this.nodes.get(entry.place.split("@")[0] as string);
        }
      }
    }
  }

  #checkEnd(): void {
    for (const truth of this.#truths.values()) {
      const { process, steps } = truth.plan;
      if (truth.end === null) this.#violation(`${process} is in limbo (P17)`);
      const emits = steps.filter(({ type }) => type === "emit").length;
      if (truth.end === "ended" && truth.performed !== emits) {
        this.#violation(`${process} ended, with ${truth.performed} effects of ${emits} performed`);
      }
    }
    for (const node of this.nodes.values()) {
      const counts = node.transfers.counts();
      for (const [what, count] of Object.entries(counts)) {
        if (count > 0) this.#violation(`${place(node)} still has ${count} ${what} (P19)`);
      }
      if (node.cells.size > 0) this.#violation(`${place(node)} still has ${[...node.cells.keys()].join(", ")} (P19)`);
    }
  }

  // Network and time

  #send(from: TestNode, to: Place, message: TransferMessage): void {
    const [name, life] = to.split("@") as [string, string];
    const target = this.#node(name);
    const link = `${from.name}>${name}`;
    const nth = this.#count(link);
    const fault = this.#byMessage.get(`${link}#${nth}`);
    this.#messages += 1;
    if (fault?.type === "drop" || this.#isCut(from.name, name)) {
      return this.#note(`  lost ${link}#${nth} ${describe(message)}`);
    }
    const delayMs =
      2 + this.#random(link, nth, 30) + (fault?.type === "delay" ? fault.ms : 0) + this.#slowness(from.name, name);
    const sentIn = from.life;
    const copy = structuredClone(message);
    const arrive = (): void => {
      if (target.life !== Number(life) || !this.#meet(target, from.name, sentIn)) return;
      this.#note(`  ${link}#${nth} ${describe(message)}`);
      target.transfers.receive(`${from.name}@${sentIn}`, copy, this.#instant(target));
      this.#perform(target);
    };
    this.#after(target, delayMs, arrive);
    if (fault?.type === "repeat") this.#after(target, delayMs + fault.ms, arrive);
  }

  #slowness(from: string, to: string): number {
    let ms = 0;
    for (const fault of this.#faults) {
      if (fault.type !== "slow" || fault.from !== from || fault.to !== to) continue;
      if (this.#nowMs >= fault.atMs && this.#nowMs < fault.untilMs) ms += fault.ms;
    }
    return ms;
  }

  #isCut(from: string, to: string): boolean {
    return this.#faults.some(
      (fault) =>
        fault.type === "cut" &&
        this.#nowMs >= fault.atMs &&
        this.#nowMs < fault.untilMs &&
        ((fault.from === from && fault.to === to) || (fault.both && fault.from === to && fault.to === from)),
    );
  }

  /** A timer of `node`, on its own monotonic clock. */
  #after(node: TestNode, delayMs: number, run: () => void): void {
    this.#push({ timeMs: this.#nowMs + delayMs / node.rate, order: (this.#order += 1), node, life: node.life, run });
  }

  #every(node: TestNode, delayMs: number, run: () => void): void {
    this.#after(node, delayMs, () => {
      run();
      this.#every(node, delayMs, run);
    });
  }

  #at(timeMs: number, run: () => void): void {
    this.#push({ timeMs, order: (this.#order += 1), node: null, life: 0, run });
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent] as Event, event)) break;
      heap[index] = heap[parent] as Event;
      heap[parent] = event;
      index = parent;
    }
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    heap[0] = last;
    for (let index = 0; ;) {
      let child = 2 * index + 1;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Event)) child += 1;
      const smaller = heap[child];
      if (smaller === undefined || isBefore(last, smaller)) return first;
      heap[index] = smaller;
      heap[child] = last;
      index = child;
    }
  }

  // Randomness and bookkeeping

  #draw(label: string, bound: number): number {
    return this.#random(label, this.#count(label), bound);
  }

  #count(label: string): number {
    const nth = (this.#draws.get(label) ?? 0) + 1;
    this.#draws.set(label, nth);
    return nth;
  }

  #random(label: string, nth: number, bound: number): number {
    return keyed(this.#seed, label, nth) % bound;
  }

  #node(name: string): TestNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  #truth(process: string): Truth {
    const truth = this.#truths.get(process);
    if (truth === undefined) throw new Error(`no process ${process}`);
    return truth;
  }

  #note(text: string): void {
    this.#log.push(`${this.#nowMs.toFixed(0).padStart(7)} ${text}`);
  }

  #violation(text: string): void {
    this.#violations.push(text);
    this.#note(`VIOLATION ${text}`);
  }
}

/** The n-th draw of `label`: independent of what is drawn under other labels. */
export function keyed(seed: number, label: string, nth: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < label.length; index += 1) hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193);
  return mix(mix(seed ^ (hash >>> 0)) ^ Math.imul(nth + 1, 0x9e3779b9));
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function isBefore(a: Event, b: Event): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);
}

function place(node: TestNode): Place {
  return `${node.name}@${node.life}`;
}

function key(process: string, epoch: number): string {
  return `${process} in epoch ${epoch}`;
}

function describe(data: TransferAction | TransferMessage): string {
  return JSON.stringify(data, (name, value: unknown) => (name === "cargo" || name === "baton" ? undefined : value));
}
