import type { NodeEvent, Transport } from "@espalier/runtime";
import { describeFault } from "../fault/fault.ts";
import type { ObservedNode, Observed } from "../scenario/observation.ts";
import type { Failure, RunResult } from "../scenario/result.ts";
import { isInTheWay, scopeOf, type FaultScope } from "./fault-scope.ts";
import { LifeLog } from "./life-log.ts";
import { MessageLog, type LoggedMessage } from "./message-log.ts";
import { Names } from "./names.ts";
import { snapshot } from "./snapshot.ts";
import {
  recordVersion,
  type RecordedEvent,
  type RecordedFault,
  type RecordedMark,
  type RecordedMessage,
  type RecordedNode,
  type RunRecord,
} from "./run-record.ts";
import { wordsOf } from "./words.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** More are not kept: the oldest are let go. */
const eventsMax = 60_000;

/** How a clock of a machine runs. */
export interface RecordedClock {
  readonly nowMs: number;
  readonly rate: number;
}

/** The run that is recorded. */
export interface RecordedRun {
  readonly nodes: readonly ObservedNode<unknown>[];
  readonly nowMs: number;
  /** The monotonic clock of the machine of a node; null where nobody can look at it. */
  clockOf(node: string): RecordedClock | null;
}

/** When a fault began and ended. */
type Times = Writable<Pick<RecordedFault, "fromMs" | "toMs" | "fromSerial" | "toSerial">>;

interface NodeLog {
  readonly states: Writable<RecordedNode["states"][number]>[];
  readonly clocks: RecordedNode["clocks"][number][];
}

/**
 * Notes what happens in a run. It only looks: a run that is recorded is the same, to the byte, as one that is not.
 *
 * Whoever makes the run tells it of lines, events and faults as they come, and lets it {@link look} after each event.
 */
export class Recorder {
  readonly names: Names;
  readonly #run: RecordedRun;
  readonly #messages: MessageLog;
  readonly #lives: LifeLog;
  readonly #logs: ReadonlyMap<string, NodeLog>;
  readonly #faults = new Map<number, Times>();
  readonly #marks: RecordedMark[] = [];
  #events: RecordedEvent[] = [];
  #left = 0;
  #serial = 0;
  #bootedMs: number | null = null;
  #healedMs: number | null = null;

  constructor(run: RecordedRun) {
    const { nodes } = run;
    this.#run = run;
    this.names = new Names(new Map(nodes.map(({ ref, name }) => [ref.id, name])));
    this.#messages = new MessageLog({ names: this.names, nowMs: () => run.nowMs, serial: () => this.#next() });
    this.#lives = new LifeLog(this.names);
    this.#logs = new Map(nodes.map(({ name }) => [name, { states: [], clocks: [] }]));
  }

  /** What a node is to use instead of its sessions. */
  watch(node: string, sessions: Transport): Transport {
    return this.#messages.watch(node, sessions);
  }

  booted(): void {
    this.#bootedMs = this.#run.nowMs;
  }

  healed(): void {
    this.#healedMs = this.#run.nowMs;
  }

  /** A line of the story. */
  told(place: string, text: string): void {
    // Of its events a node speaks twice, and the event says more.
    if (/^(node|transfer)\.\w+ /.test(text) && this.#logs.has(place)) return;
    const life = this.#run.nodes.find(({ name }) => name === place)?.life ?? 1;
    const named = this.names.named(text, place, life);
    this.#note(place, "told", named, named.match(/\b[a-z][a-z0-9-]*\.\d+(?:'\d+)?/g) ?? [], []);
  }

  observed({ atMs, node, life, event }: Observed): void {
    this.names.learn(life, event);
    this.#lives.event(atMs, node, event);
    const pids = [...pidsOf(event, this.names)];
    this.#note(node, event.type, wordsOf(event, this.names), pids, nodesOf(event, this.names));
  }

  mark(node: string, name: string): void {
    // Each event is a mark too.
    const last = this.#events.at(-1);
    if (last?.type === name && last.place === node) return;
    this.#marks.push({ atMs: this.#run.nowMs, node, name });
  }

  /** The fault with this index of the plan begins. */
  began(index: number): void {
    this.#faults.set(index, { fromMs: this.#run.nowMs, fromSerial: this.#next(), toMs: null, toSerial: null });
  }

  ended(index: number): void {
    const times = this.#faults.get(index);
    if (times === undefined || times.toMs !== null) return;
    times.toMs = this.#run.nowMs;
    times.toSerial = this.#next();
  }

  /** Whatever has changed since the last time is noted as of now. */
  look(): void {
    for (const { name, state, life } of this.#run.nodes) {
      const { states, clocks } = this.#logs.get(name) as NodeLog;
      const last = states.at(-1);
      if (last?.state !== state || last.life !== life) this.#changed(name, states, state, life);
      const clock = this.#run.clockOf(name);
      if (clock !== null) this.#lookAtClock(clocks, clock);
    }
  }

  #changed(name: string, states: NodeLog["states"], state: string, life: number): void {
    const nowMs = this.#run.nowMs;
    const last = states.at(-1);
    if (last !== undefined) {
      last.toMs = nowMs;
      if (state === "crashed" || life > last.life) {
        this.#messages.died(name);
        this.#lives.died(nowMs, name);
      }
    }
    states.push({ state, life, fromMs: nowMs, toMs: null });
  }

  #lookAtClock(clocks: RecordedNode["clocks"][number][], clock: RecordedClock): void {
    const nowMs = this.#run.nowMs;
    const last = clocks.at(-1);
    const expectedMs = last === undefined ? null : last.aheadMs + (last.rate - 1) * (nowMs - last.atMs);
    const aheadMs = clock.nowMs - nowMs;
    // Clocks have ticks: what is off by less is not off.
    const isAsExpected = expectedMs !== null && last?.rate === clock.rate && Math.abs(expectedMs - aheadMs) < 1;
    if (!isAsExpected) clocks.push({ atMs: nowMs, aheadMs, rate: clock.rate });
  }

  /** The record of the run, which is over. */
  record(result: RunResult, failure: Pick<Failure, "property" | "what" | "atMs"> | null): RunRecord {
    this.look();
    const names = this.#run.nodes.map(({ name }) => name);
    const scopes = result.faults.map(({ fault }) => scopeOf(fault, names));
    const faults = result.faults.map((outcome, index): RecordedFault => {
      const times = this.#faults.get(index) ?? { fromMs: null, toMs: null, fromSerial: null, toSerial: null };
      return { ...outcome, text: describeFault(outcome.fault), ...times, ...(scopes[index] as FaultScope) };
    });
    const { plan, scenario, world, traceHash, events, history } = result;
    return {
      format: "espalier-run",
      version: recordVersion,
      scenario,
      world,
      plan,
      traceHash,
      events,
      bootedMs: this.#bootedMs,
      healedMs: this.#healedMs,
      endMs: this.#run.nowMs,
      nodes: this.#run.nodes.map(({ name, ref }) => ({ name, id: ref.id, ...(this.#logs.get(name) as NodeLog) })),
      messages: this.#messages.messages.map((message) => judged(message, faults)),
      sessions: this.#messages.sessions,
      faults,
      happened: this.#events,
      processes: this.#lives.lives,
      travellers: this.#lives.travellers,
      heartbeats: this.#lives.heartbeats,
      leases: this.#messages.leases,
      leaseMs:
        this.#run.nodes.map(({ view }) => view?.lease?.leaseMs ?? null).find((leaseMs) => leaseMs !== null) ?? null,
      marks: this.#marks,
      history: history.entries,
      state: this.#run.nodes.map((node) => snapshot(node, this.names)),
      failure:
        failure === null
          ? null
          : { property: failure.property, what: this.names.named(failure.what), atMs: failure.atMs },
      left: { messages: this.#messages.left, events: this.#left, processes: this.#lives.left },
    };
  }

  #note(place: string, type: string, text: string, pids: readonly string[], nodes: readonly string[]): void {
    this.#events.push({ serial: this.#next(), atMs: this.#run.nowMs, place, type, text, pids, nodes });
    if (this.#events.length <= eventsMax) return;
    this.#events = this.#events.slice(eventsMax / 2);
    this.#left += eventsMax / 2;
  }

  #next(): number {
    this.#serial += 1;
    return this.#serial;
  }
}

/** The message, and the fault that stood in its way. A message that was late or lost where a fault was is taken to be its prey. */
function judged(logged: LoggedMessage, faults: readonly RecordedFault[]): RecordedMessage {
  const { lostMs, ...message } = logged;
  const untilMs = message.arrivedMs ?? lostMs ?? Infinity;
  const index = faults.findLastIndex(
    (fault) =>
      fault.fromMs !== null &&
      fault.effective > 0 &&
      fault.fromMs <= untilMs &&
      (fault.toMs ?? Infinity) >= message.sentMs &&
      isInTheWay(fault, message.from, message.to),
  );
  const fault = index < 0 ? undefined : faults[index];
  // While a fault that only ends later is there, what arrives was not held by it.
  const isHeld =
    message.fate === "delivered" && fault !== undefined && (fault.toMs ?? Infinity) <= untilMs && isLate(logged);
  return {
    ...message,
    fate: isHeld ? "held" : message.fate,
    fault: isHeld || (message.fate !== "delivered" && fault !== undefined) ? index : null,
  };
}

/** Links of simulated networks are faster than that unless something holds what crosses them back. */
const lateMs = 20;

function isLate({ sentMs, arrivedMs }: LoggedMessage): boolean {
  return arrivedMs !== null && arrivedMs - sentMs > lateMs;
}

interface PidLike {
  readonly address: { readonly id: string; readonly incarnation: string };
  readonly serial: number;
}

function isPid(value: unknown): value is PidLike {
  return typeof value === "object" && value !== null && "address" in value && "serial" in value;
}

function* pidsOf(event: NodeEvent, names: Names): Iterable<string> {
  for (const value of Object.values(event)) {
    if (isPid(value)) yield names.process(value.address.id, value.address.incarnation, value.serial);
  }
  // What a supervisor reports is about its child.
  if ("report" in event && isPid((event.report as { readonly pid?: unknown }).pid)) {
    const { address, serial } = (event.report as { readonly pid: PidLike }).pid;
    yield names.process(address.id, address.incarnation, serial);
  }
}

function nodesOf(event: NodeEvent, names: Names): readonly string[] {
  return ["node", "to", "from"].flatMap((key) => {
    const value = (event as unknown as Readonly<Record<string, unknown>>)[key];
    return typeof value === "string" && /^(node|transfer)\./.test(event.type) ? [names.node(value)] : [];
  });
}
