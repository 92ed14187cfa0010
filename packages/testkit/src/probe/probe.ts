import { Process, type Cause, type Down, type Pid, type Self } from "espalier";
import { fits, show, type Pattern } from "./pattern.ts";
import type { SimNode } from "./sim-node.ts";

export interface WithinOptions {
  /** Virtual time. Default: one minute. */
  readonly withinMs?: number;
}

/** A message that a probe got. */
export interface Received<T> {
  readonly atMs: number;
  readonly message: T;
}

/** What a probe needs of its cluster. */
export interface ProbeOwner {
  readonly nowMs: number;
  until(condition: () => boolean, options?: WithinOptions): Promise<void>;
  advance(durationMs: number): Promise<void>;
  quiesce(): Promise<unknown>;
}

const minuteMs = 60_000;

/**
 * A process on a node whose mailbox the test reads. It takes messages as they come; the test reads them in that order, and each once. What is
 * waited for is waited for in virtual time, and only as long as it takes.
 */
export class Probe<T> {
  readonly pid: Pid<T>;
  /** All that it ever got, oldest first. */
  readonly all: readonly Received<T>[];
  readonly #node: SimNode;
  readonly #owner: ProbeOwner;
  readonly #received: Received<T>[] = [];
  /** How many of them the test has read. */
  #read = 0;

  constructor(node: SimNode, owner: ProbeOwner) {
    this.#node = node;
    this.#owner = owner;
    const received = this.#received;
    this.all = received;
    this.pid = node.spawn(function* probe(self: Self<T>) {
      for (;;) received.push({ message: yield* self.receive(), atMs: owner.nowMs });
    });
  }

  /** What it got and the test has not read. */
  get unread(): readonly T[] {
    return this.#received.slice(this.#read).map(({ message }) => message);
  }

  /** Waits for the next message, which must be this one. */
  async expect<U extends T = T>(pattern: Pattern<T>, options: WithinOptions = {}): Promise<U> {
    await this.#wait(1, pattern, options);
    const message = this.#next();
    if (!fits(pattern, message)) {
      throw new ProbeError(`${this.#name}: expected ${show(pattern)}, got ${show(message)} at ${this.#lastMs} ms`);
    }
    return message as U;
  }

  /** The next messages must be these, in this order. */
  async expectInOrder(...patterns: readonly Pattern<T>[]): Promise<T[]> {
    const messages: T[] = [];
    for (const pattern of patterns) messages.push(await this.expect(pattern));
    return messages;
  }

  /** The next messages must be these, in any order. Returned in the order of the patterns. */
  async expectUnordered(...patterns: readonly Pattern<T>[]): Promise<T[]> {
    await this.#wait(patterns.length, patterns, {});
    const messages = patterns.map(() => this.#next());
    const order = assign(patterns, messages);
    if (order === null) {
      throw new ProbeError(`${this.#name}: expected in any order ${show(patterns)}, got ${show(messages)}`);
    }
    return order.map((index) => messages[index] as T);
  }

  /** Reads until a message fits, and gives all that it read, that one last. */
  async fish(pattern: Pattern<T>, { withinMs = minuteMs }: WithinOptions = {}): Promise<T[]> {
    const untilMs = this.#owner.nowMs + withinMs;
    const caught: T[] = [];
    for (;;) {
      await this.#wait(1, pattern, { withinMs: untilMs - this.#owner.nowMs });
      const message = this.#next();
      caught.push(message);
      if (fits(pattern, message)) return caught;
    }
  }

  /**
   * Nothing is unread, and nothing comes until the cluster is quiet: see `Sim.quiesce`. Not "nothing for a while", which shows that somebody
   * was slow.
   */
  async expectNothing(): Promise<void> {
    if (this.unread.length === 0) await this.#owner.quiesce();
    const [first] = this.unread;
    if (this.unread.length > 0) {
      throw new ProbeError(
        `${this.#name}: expected nothing, got ${show(first)} at ${this.#received[this.#read]?.atMs} ms`,
      );
    }
  }

  /** Waits until a process has ended, as its node or this one's sees it, and gives the cause. */
  async expectTerminated(pid: Pid, { withinMs = minuteMs }: WithinOptions = {}): Promise<Cause> {
    let down: Down | null = null;
    const watcher = this.#node.spawn(function* watch(self: Self<Down>) {
      yield* Process.monitor(pid);
      down = yield* self.receive();
    });
    try {
      await this.#owner.until(() => down !== null, { withinMs });
    } catch (error) {
      this.#node.kill(watcher);
      throw new ProbeError(`${this.#name}: expected ${pid.toString()} to end within ${withinMs} ms, and it has not`, {
        cause: error,
      });
    }
    return (down as unknown as Down).cause;
  }

  get #name(): string {
    return `probe on ${this.#node.name}`;
  }

  get #lastMs(): number | undefined {
    return this.#received[this.#read - 1]?.atMs;
  }

  #next(): T {
    const { message } = this.#received[this.#read] as Received<T>;
    this.#read += 1;
    return message;
  }

  async #wait(count: number, pattern: unknown, { withinMs = minuteMs }: WithinOptions): Promise<void> {
    const enough = (): boolean => this.#received.length >= this.#read + count;
    try {
      await this.#owner.until(enough, { withinMs });
    } catch (error) {
      const got = this.unread.length === 0 ? "nothing came" : `got only ${show(this.unread)}`;
      const before = this.#received.slice(Math.max(0, this.#read - 3), this.#read).map(({ message }) => message);
      const after = before.length === 0 ? "" : ` after ${show(before)}`;
      const { state } = this.#node;
      const why = state === "running" ? "" : `; ${this.#node.name} is ${state}`;
      throw new ProbeError(`${this.#name}: expected ${show(pattern)} within ${withinMs} ms, ${got}${after}${why}`, {
        cause: error,
      });
    }
  }
}

/** Which message each pattern gets; null when they cannot all get one. */
function assign<T>(
  patterns: readonly Pattern<T>[],
  messages: readonly T[],
  taken: readonly number[] = [],
): readonly number[] | null {
  const pattern = patterns[taken.length];
  if (pattern === undefined) return taken;
  for (const [index, message] of messages.entries()) {
    if (taken.includes(index) || !fits(pattern, message)) continue;
    const found = assign(patterns, messages, [...taken, index]);
    if (found !== null) return found;
  }
  return null;
}

/** A probe did not get what was expected. */
export class ProbeError extends Error {
  readonly code = "PROBE";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProbeError";
  }
}
