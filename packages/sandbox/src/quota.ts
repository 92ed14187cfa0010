import { ChannelNext, ChannelRef, type CreateChannel } from "@espalier/channels";
import { isEnded, isHeartbeat, type Operation } from "@espalier/heartbeat";
import { type Handler, Pid, StartedTask } from "@espalier/runtime";
import { SandboxError, type SandboxLimit } from "./errors.ts";
import type { Limits } from "./options.ts";
import { Rate } from "./rate.ts";
import { weightOf } from "./weight.ts";

type Kernel = Parameters<Handler>[0];
type Cell = Parameters<Handler>[1];

/** Something that the node keeps for a peer, for as long as it says that it does. */
type Kept = () => boolean;

/** A bound on what is outstanding: counted upwards, and counted again when that comes to the bound. */
interface Bound {
  counted: number;
  /** When it was counted again. */
  countedAtMs: number;
  readonly limit: SandboxLimit;
  readonly max: number;
  readonly what: string;
  /** What is outstanding in fact. */
  readonly count: () => number;
}

/** What is at its bound is not counted more often than this. */
const recountMs = 100;

/** Whose an operation is that is about to be performed. */
const quotas = new WeakMap<Operation<any, any>, Quota>();

/** The operations after which the node keeps something whose end it knows. */
const making: readonly string[] = [
  ...["process.spawn", "process.spawnMonitor", "remote.fork", "task.start"],
  ...["heartbeat.create", "channel.create", "channel.receive", "channel.subscribe"],
];

/** From now on what operations of sandboxes make is counted for their quotas. */
export function countWhatIsMade({ handlers }: Kernel): void {
  for (const type of making) {
    const handler = handlers.get(type);
    if (handler === undefined) continue;
    handlers.set(type, (kernel: Kernel, cell: Cell, operation: Operation<any, any>) => {
      const made: unknown = handler(kernel, cell, operation);
      quotas.get(operation)?.made(cell, made);
      return made;
    });
  }
}

/** What the node keeps and does for the code of one peer, against what it may: so that no flood of anything comes out of a sandbox. */
export class Quota {
  readonly #owner: string;
  readonly #kernel: Kernel;
  readonly #limits: Limits;
  readonly #messages: Rate;
  readonly #bytes: Rate;
  readonly #cells = new Set<Cell>();
  readonly #heartbeats = new Set<Kept>();
  /** With the buffered ones, how many values each may hold. */
  readonly #channels = new Map<string, { readonly capacity: number; readonly kept: Kept }>();
  readonly #processes: Bound;
  readonly #timers: Bound;
  readonly #monitors: Bound;
  readonly #heartbeat: Bound;
  readonly #channel: Bound;
  readonly #queued: Bound;
  readonly #queuedBytes: Bound;

  constructor(owner: string, kernel: Kernel, limits: Limits) {
    this.#owner = owner;
    this.#kernel = kernel;
    this.#limits = limits;
    this.#messages = new Rate(limits.messages, kernel.host.clock);
    this.#bytes = new Rate(limits.sentBytes, kernel.host.clock);
    const bound = (limit: SandboxLimit, max: number, what: string, count: () => number): Bound => ({
      counted: 0,
      countedAtMs: -Infinity,
      limit,
      max,
      what,
      count,
    });
    this.#processes = bound("processes", limits.processes, "processes", () => this.#living().length);
    this.#timers = bound("timers", limits.timers, "timers", () => this.#sum(({ alarms }) => alarms?.size ?? 0));
    this.#monitors = bound("monitors", limits.monitors, "links and monitors", () => this.#sum(relationsOf));
    this.#heartbeat = bound("heartbeats", limits.heartbeats, "heartbeats", () => sweep(this.#heartbeats));
    this.#channel = bound("channels", limits.channels, "channels and listeners", () => this.#openChannels());
    this.#queued = bound("queued", limits.queued, "messages that wait", () => this.#waiting() + this.#capacity());
    this.#queuedBytes = bound("queuedBytes", limits.queuedBytes, "bytes of messages that wait", () => this.#weight());
  }

  /** A process has a frame in the sandbox. */
  entered(cell: Cell): void {
    this.#cells.add(cell);
  }

  /**
   * Counts what an operation takes, of which `bytes` came out of the sandbox.
   *
   * @throws SandboxError naming the limit that it is beyond.
   */
  admit(operation: Operation<any, any>, bytes: number): void {
    switch (operation.type) {
      case "process.spawn":
      case "process.spawnMonitor":
      case "remote.fork":
      case "task.start":
        this.#take(this.#processes);
        break;
      case "process.sendAfter":
        this.#take(this.#timers);
        this.#sent(bytes);
        break;
      case "process.monitor":
      case "process.link":
      case "heartbeat.supervise":
        this.#take(this.#monitors);
        break;
      case "heartbeat.create":
        this.#take(this.#heartbeat);
        break;
      case "channel.receive":
      case "channel.subscribe":
        this.#take(this.#channel);
        break;
      case "channel.create": {
        const { limits } = operation as CreateChannel<unknown, any>;
        if (limits === null) break;
        this.#take(this.#channel);
        this.#take(this.#queued, limits.capacity);
        break;
      }
      case "process.send":
      case "process.stash":
      case "server.call":
      case "server.cast":
      case "channel.send":
      case "channel.sendUnconfirmed":
      case "channel.deliver":
        this.#sent(bytes);
        break;
    }
    quotas.set(operation, this);
  }

  /** What came of an operation that was admitted. */
  made(cell: Cell, made: unknown): void {
    if (isHeartbeat(made)) {
      this.#heartbeats.add(() => !isEnded(this.#kernel.lifetimes.status(made)));
    } else if (made instanceof ChannelRef) {
      const view = made.mode === "buffered" ? this.#kernel.channels.capacityOf(made) : null;
      if (view === null) return;
      this.#channels.set(made.id, { capacity: view, kept: () => this.#kernel.channels.capacityOf(made) !== null });
    } else if (made instanceof ChannelNext) {
      const { channel, listener } = made;
      const kept = (): boolean => this.#kernel.channels.listener(channel, listener) !== undefined;
      this.#channels.set(`${channel.id} ${listener}`, { capacity: 0, kept });
    } else {
      const pid = pidIn(made);
      if (pid?.cell != null && pid.cell.kernel === cell.kernel) this.#cells.add(pid.cell);
    }
  }

  #sent(bytes: number): void {
    if (!this.#messages.isOpen) throw this.#beyond("messages", `${this.#limits.messages} messages a second`);
    if (!this.#bytes.isOpen) throw this.#beyond("sent", `${this.#limits.sentBytes} bytes of messages a second`);
    this.#take(this.#queued);
    this.#take(this.#queuedBytes, bytes);
    this.#messages.take(1);
    this.#bytes.take(bytes);
  }

  #take(bound: Bound, amount = 1): void {
    const now = this.#kernel.host.clock.monotonic();
    // Counting is work of the node: whoever stays at the bound must not have it done all the time.
    if (bound.counted + amount > bound.max && now - bound.countedAtMs >= recountMs) {
      bound.counted = bound.count();
      bound.countedAtMs = now;
    }
    if (bound.counted + amount > bound.max) throw this.#beyond(bound.limit, `${bound.max} ${bound.what}`);
    bound.counted += amount;
  }

  #beyond(limit: SandboxLimit, what: string): SandboxError {
    return new SandboxError(`the sandbox of ${this.#owner} may have ${what} (sandbox.${limit}), and has them`, limit);
  }

  // What there is

  #living(): readonly Cell[] {
    for (const cell of this.#cells) if (!cell.alive) this.#cells.delete(cell);
    return [...this.#cells];
  }

  #sum(of: (cell: Cell) => number): number {
    return this.#living().reduce((sum, cell) => sum + of(cell), 0);
  }

  #openChannels(): number {
    for (const [id, { kept }] of this.#channels) if (!kept()) this.#channels.delete(id);
    return this.#channels.size;
  }

  #capacity(): number {
    let capacity = 0;
    this.#openChannels();
    for (const channel of this.#channels.values()) capacity += channel.capacity;
    return capacity;
  }

  #waiting(): number {
    return this.#sum(({ mailbox, stash, alarms }) => mailbox.length + (stash?.length ?? 0) + (alarms?.size ?? 0));
  }

  #weight(): number {
    return this.#sum(({ mailbox, stash, alarms }) => {
      let sum = 0;
      for (const queue of [mailbox, stash]) {
        for (let n = 0; n < (queue?.length ?? 0); n += 1) sum += weightOf(queue?.at(n));
      }
      for (const { target } of alarms ?? []) if ("message" in target) sum += weightOf(target.message);
      return sum;
    });
  }
}

function relationsOf({ links, watches, belongings }: Cell): number {
  let count = (links?.size ?? 0) + (belongings?.size ?? 0);
  for (let watch = watches; watch !== null; watch = watch.nextOwned) count += 1;
  return count;
}

function sweep(all: Set<Kept>): number {
  for (const kept of all) if (!kept()) all.delete(kept);
  return all.size;
}

/** The process that an operation has begun. */
function pidIn(made: unknown): Pid<any> | null {
  if (made instanceof Pid) return made;
  const pid: unknown = made instanceof StartedTask ? made.pid : (made as { pid?: unknown } | null | undefined)?.pid;
  return pid instanceof Pid ? pid : null;
}
