import type { Cause } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import { Pid } from "../addresses/pid.ts";
import type { DeadLetter } from "../mailbox/dead-letter.ts";
import type { NodeEvent } from "./events.ts";
import { keptCause, keptEvent } from "./kept.ts";
import { messageKind } from "./message-kind.ts";

/** How many events are kept: the oldest give way. */
export const recordedMax = 16_384;

/** How many dead letters are recorded in a second: of a storm that is enough to see what it is. */
const deadLettersMax = 10;

/** Something that happened on the node. */
export interface RecordedNodeEvent {
  /** Counts what was recorded on this node, from 1. */
  readonly serial: number;
  /** When, on the node's monotonic clock; to the turn of the scheduler in which it happened. */
  readonly atMs: number;
  readonly event: NodeEvent;
}

/** How many events there is room for at first. */
const recordedLeast = 64;

// What stands in `Recorder.#numbers` of an event: when, the serial of the process, and the serial of its parent or one of the kinds below.
const numbersEach = 3;
const isExit = -1;
const isWhole = -2;

// What stands in `Recorder.#things`: the label, and why the process ended or the event itself.
const thingsEach = 2;

/**
 * The flight recorder: what happened last on the node, always on. It has the beginnings and ends of processes, and whatever else happens
 * seldom: what supervisors decide, nodes, moves. Messages are not in it, and nothing in it keeps a process or its values.
 *
 * Beginnings and ends are the most by far. They are written as a few numbers, and made events when somebody reads them.
 */
export class Recorder {
  readonly #kernel: Kernel;
  #numbers: Float64Array = new Float64Array(recordedLeast * numbersEach);
  readonly #things: (string | Cause | NodeEvent | null)[] = [];
  #room = recordedLeast;
  #count = 0;
  #deadLetters = { sinceMs: -Infinity, count: 0 };
  /** When the scheduler's turn began, or something happened outside of turns. */
  nowMs = 0;
  /** Whether the scheduler has its turn: {@link Recorder.nowMs} is good as long as that lasts. */
  inTurn = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** How many events there were; {@link Recorder.entries} has the last {@link recordedMax} of them. */
  get count(): number {
    return this.#count;
  }

  spawned({ pid, parent, label }: Cell): void {
    const { address } = this.#kernel;
    // A pid of this node is its serial: that keeps nothing.
    if (pid.address === address && parent.address === address) this.#write(pid.serial, parent.serial, label, null);
    else this.#write(0, isWhole, "", { type: "spawn", pid, parent, label });
  }

  ended({ pid, label }: Cell, cause: Cause): void {
    if (pid.address === this.#kernel.address) this.#write(pid.serial, isExit, label, keptCause(cause));
    else this.#write(0, isWhole, "", { type: "exit", pid, label, cause: keptCause(cause) });
  }

  /** Whatever happens seldom. Of values in it no more is kept than is told in words. */
  add(event: NodeEvent): void {
    this.#write(0, isWhole, "", keptEvent(event));
  }

  /** Some of them: see {@link deadLettersMax}. */
  deadLetter(to: DeadLetter["to"], message: unknown, reason: DeadLetter["reason"], from: Pid | null): void {
    if (!this.inTurn) this.#kernel.lookAtClock();
    const sampled = this.#deadLetters;
    if (this.nowMs >= sampled.sinceMs + 1000) {
      sampled.sinceMs = this.nowMs;
      sampled.count = 0;
    }
    sampled.count += 1;
    if (sampled.count > deadLettersMax) return;
    this.add({ type: "dead-letter", from, to, message: messageKind(message), reason });
  }

  /** What came after the event of that serial and is still here, the oldest first. */
  entries(after = 0): readonly RecordedNodeEvent[] {
    return this.#read(after, () => true);
  }

  /** {@link Recorder.entries} without the beginnings and ends of processes, which are the most by far. */
  seldom(after = 0): readonly RecordedNodeEvent[] {
    return this.#read(after, (kind) => kind === isWhole).filter(
      ({ event: { type } }) => type !== "spawn" && type !== "exit",
    );
  }

  #read(after: number, wanted: (kind: number) => boolean): RecordedNodeEvent[] {
    const entries: RecordedNodeEvent[] = [];
    for (let serial = Math.max(after, this.#count - recordedMax) + 1; serial <= this.#count; serial += 1) {
      const place = (serial - 1) % recordedMax;
      if (!wanted(this.#numbers[place * numbersEach + 2] as number)) continue;
      entries.push({ serial, atMs: this.#numbers[place * numbersEach] as number, event: this.#eventAt(place) });
    }
    return entries;
  }

  #write(serial: number, parentOrKind: number, label: string, what: Cause | NodeEvent | null): void {
    if (!this.inTurn) this.#kernel.lookAtClock();
    const place = this.#count % recordedMax;
    if (place === this.#room) this.#makeRoom();
    const numbers = this.#numbers;
    const things = this.#things;
    numbers[place * numbersEach] = this.nowMs;
    numbers[place * numbersEach + 1] = serial;
    numbers[place * numbersEach + 2] = parentOrKind;
    things[place * thingsEach] = label;
    things[place * thingsEach + 1] = what;
    this.#count += 1;
  }

  /** Most nodes of a simulation do little. */
  #makeRoom(): void {
    this.#room *= 2;
    const numbers = new Float64Array(this.#room * numbersEach);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }

  #eventAt(place: number): NodeEvent {
    const pid = this.#numbers[place * numbersEach + 1] as number;
    const parentOrKind = this.#numbers[place * numbersEach + 2] as number;
    const label = this.#things[place * thingsEach] as string;
    const what = this.#things[place * thingsEach + 1];
    if (parentOrKind === isWhole) return what as NodeEvent;
    if (parentOrKind === isExit) return { type: "exit", pid: this.#pidOf(pid), label, cause: what as Cause };
    return { type: "spawn", pid: this.#pidOf(pid), parent: this.#pidOf(parentOrKind), label };
  }

  #pidOf(serial: number): Pid {
    return this.#kernel.cells.get(serial)?.pid ?? new Pid(this.#kernel.address, serial);
  }
}
