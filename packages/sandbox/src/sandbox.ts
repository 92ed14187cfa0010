import type { Operation } from "@espalier/heartbeat";
import type { Codec, Handler, Hash, Host, PackedDefinition } from "@espalier/runtime";
import { SandboxError, type SandboxLimit } from "./errors.ts";
import type { CpuAccount } from "./cpu-account.ts";
import type { Launch, Link, LinkEnd } from "./link.ts";
import { OperationReader } from "./operations.ts";
import type { Limits } from "./options.ts";
import type { Quota } from "./quota.ts";
import { type Answer, encodeOrder, type How, type Order, readAnswer } from "./protocol.ts";
import { type Beginning, type Outcome, SandboxFrame } from "./sandbox-frame.ts";

type Cell = Parameters<Handler>[1];

/** One step of one frame. */
export interface Step {
  readonly frame: number;
  readonly how: How;
  readonly value: unknown;
  /** With a frame's first step. */
  readonly beginning: Beginning | null;
}

/** The definitions of the node. */
export interface Code {
  closure(roots: Iterable<Hash>): readonly Hash[];
  pack(hashes: Iterable<Hash>): readonly PackedDefinition[];
}

/** What a sandbox needs of its node. */
export interface SandboxContext {
  readonly launch: Launch;
  readonly clock: Host["clock"];
  readonly code: Code;
  readonly limits: Limits;
  /** Decodes what comes from this very sandbox: the code that it names runs there again. */
  readonly codec: Codec;
  readonly account: CpuAccount;
  readonly quota: Quota;
  /** It is no more. */
  ended(): void;
}

/** What waits to be computed, in the order in which it was asked for. */
interface Job {
  /** Null when no answer is wanted. */
  readonly frame: number | null;
  readonly cell: Cell | null;
  /** Encoded when its turn has come. */
  readonly orders: () => readonly Uint8Array[];
  readonly settle: ((outcome: Outcome) => void) | null;
}

/** Longer than this no sandbox takes to start; a machine that is so busy cannot run one. */
const startMsMax = 30_000;

/** By how much longer than its processor time a step may take by the clock: a busy machine must not look like a hog. */
const patience = 20;

/** Milliseconds of computing after which it is asked what it has used in fact. */
const chargeMs = 1_000;

/** The most that is charged by the clock, which on a busy machine runs ahead of the processor's time. */
const startChargeMsMax = 2_000;

/** Milliseconds of computing that a pause is for: shorter ones would cost more than they bring. */
const pauseMs = 10;

/**
 * A running sandbox: the frames of one peer's processes, stepped one at a time. Whatever goes beyond a limit ends it, and with it what runs
 * in it: each frame throws a {@link SandboxError} that says which limit it was.
 */
export class Sandbox {
  readonly #owner: string;
  readonly #context: SandboxContext;
  readonly #link: Link;
  readonly #reader: OperationReader;
  readonly #admitted = new Set<Hash>();
  /** The numbers of a process's frames. */
  readonly #tenants = new Map<Cell, Set<number>>();
  /** Whose each frame is. */
  readonly #frames = new Map<number, Cell>();
  #number = 0;
  readonly #queue: Job[] = [];
  /** The one that is being computed, since when, and how much processor time the sandbox had used by then. */
  #current: { readonly job: Job; readonly sinceMs: number; cpuMs: number | null } | null = null;
  #ready = false;
  #error: SandboxError | null = null;
  #timer: { cancel(): void } | null = null;
  /** Milliseconds that it may compute before it has to pause. */
  #allowanceMs: number;
  #allowanceAtMs: number;
  /** What was taken from the allowance since the processor's time was last asked for, and what that was then. */
  #countedMs = 0;
  #cpuMs = 0;
  #pausing = false;
  /** How long the operation is that is being read. */
  #answerBytes = 0;
  /** Processor time that its account was charged, and milliseconds by the clock for which it was not yet. */
  #chargedMs = 0;
  #unchargedMs = 0;
  #charging = false;

  constructor(owner: string, context: SandboxContext) {
    this.#owner = owner;
    this.#context = context;
    const { clock, limits, launch } = context;
    this.#allowanceMs = limits.cpuMs;
    this.#allowanceAtMs = clock.monotonic();
    this.#reader = new OperationReader(
      limits.operations,
      (number) => this.#entered(number),
      (operation) => context.quota.admit(operation, this.#answerBytes),
    );
    this.#timer = clock.after(startMsMax, () => this.#fail(`it did not start in ${startMsMax} ms`, "start"));
    this.#link = launch(owner, {
      ready: () => {
        if (this.#ready || this.#error !== null) return;
        this.#ready = true;
        this.#unchargedMs = Math.min(startChargeMsMax, this.#context.clock.monotonic() - this.#allowanceAtMs);
        this.#charge();
        this.#rest();
        this.#advance();
      },
      message: (bytes) => this.#message(bytes),
      ended: ({ message, limit }: LinkEnd) => this.#fail(message, limit),
    });
  }

  /** What ended it; null while it runs. */
  get error(): SandboxError | null {
    return this.#error;
  }

  /** The number of a new frame. @throws SandboxError when there are too many. */
  begin(): number {
    const { frames } = this.#context.limits;
    if (this.#frames.size >= frames) {
      throw new SandboxError(
        `the sandbox of ${this.#owner} holds ${frames} computations already, as many as it may (sandbox.frames)`,
        "frames",
      );
    }
    this.#number += 1;
    return this.#number;
  }

  /** @param settle called once, unless the process has gone away by then. */
  step(cell: Cell, step: Step, settle: (outcome: Outcome) => void): void {
    this.#tenant(cell, step.frame);
    this.#add({ frame: step.frame, cell, orders: () => this.#encodeStep(step), settle });
  }

  /** The frame is not stepped any more, but for its open `finally` blocks. */
  cancel(frame: number): void {
    const value = undefined;
    this.#add({
      frame,
      cell: null,
      orders: () => this.#encodeStep({ frame, how: "return", value, beginning: null }),
      settle: () => this.#drop([frame]),
    });
  }

  /** The frame has ended. */
  forget(frame: number): void {
    const cell = this.#frames.get(frame);
    if (cell === undefined) return;
    this.#frames.delete(frame);
    this.#tenants.get(cell)?.delete(frame);
    this.#rest();
  }

  /** Live locals, as a frame gave them. @throws CodecError when that is none of what travels. */
  readSlots(bytes: Uint8Array): readonly unknown[] {
    const slots = this.#context.codec.decode(bytes);
    if (Array.isArray(slots)) return slots as readonly unknown[];
    throw new TypeError("state of a frame in a sandbox: expected a list");
  }

  /** Ends it, because nobody needs it any more. */
  async stop(message = "it was stopped"): Promise<void> {
    this.#end(new SandboxError(`the sandbox of ${this.#owner} was ended: ${message}`, null));
    await this.#link.end();
  }

  #fail(message: string, limit: SandboxLimit | null): void {
    this.#end(new SandboxError(`the sandbox of ${this.#owner} was ended: ${message}`, limit));
    void this.#link?.end();
  }

  #end(error: SandboxError): void {
    if (this.#error !== null) return;
    this.#error = error;
    const { account, clock } = this.#context;
    // What it was in the middle of is charged by the clock: nobody can be asked any more.
    const lastMs = this.#ready
      ? this.#unchargedMs + (this.#current === null ? 0 : clock.monotonic() - this.#current.sinceMs)
      : clock.monotonic() - this.#allowanceAtMs;
    account.charge(Math.min(startChargeMsMax, lastMs));
    this.#timer?.cancel();
    this.#timer = null;
    this.#context.ended();
    const jobs = this.#current === null ? [...this.#queue] : [this.#current.job, ...this.#queue];
    this.#current = null;
    this.#queue.length = 0;
    for (const { settle } of jobs) settle?.({ type: "throw", error });
    for (const cell of this.#tenants.keys()) throwWhereItWaits(cell, this, error);
    this.#tenants.clear();
    this.#frames.clear();
  }

  // What it computes

  #add(job: Job): void {
    if (this.#error !== null) return;
    this.#queue.push(job);
    this.#advance();
  }

  #advance(): void {
    if (!this.#ready || this.#current !== null || this.#error !== null) return;
    const { clock, limits } = this.#context;
    const job = this.#queue[0];
    if (job === undefined) return this.#rest();
    const now = clock.monotonic();
    this.#allowanceMs = Math.min(limits.cpuMs, this.#allowanceMs + (now - this.#allowanceAtMs) * limits.share);
    this.#allowanceAtMs = now;
    if (this.#allowanceMs <= 0 && limits.share < 1) {
      this.#pause();
      return;
    }
    this.#queue.shift();
    const orders = job.orders();
    if (job.frame !== null) {
      this.#current = { job, sinceMs: now, cpuMs: null };
      this.#watch(limits.cpuMs);
    }
    for (const order of orders) this.#link.post(order);
    if (job.frame === null) this.#advance();
  }

  /** It has had its share. By the clock, that is, which also ran while nobody computed: so first the processor's own time is asked for. */
  #pause(): void {
    if (this.#pausing) return;
    this.#pausing = true;
    void this.#link.cpuMs().then((cpuMs) => {
      if (this.#error !== null) return;
      if (cpuMs !== null) {
        this.#allowanceMs += Math.max(0, this.#countedMs - (cpuMs - this.#cpuMs));
        this.#cpuMs = cpuMs;
      }
      this.#countedMs = 0;
      const { share } = this.#context.limits;
      const delayMs = this.#allowanceMs > 0 ? 0 : Math.ceil((pauseMs - this.#allowanceMs) / share);
      const goOn = (): void => {
        this.#pausing = false;
        this.#advance();
      };
      if (delayMs === 0) goOn();
      else this.#after(delayMs, goOn);
    });
  }

  /** Looks in `delayMs` whether what is being computed has used up its time. */
  #watch(delayMs: number): void {
    const current = this.#current;
    const { clock, limits } = this.#context;
    this.#after(delayMs, () => {
      void this.#link.cpuMs().then((cpuMs) => {
        if (this.#current !== current || current === null || this.#error !== null) return;
        if (cpuMs !== null) this.#charged(cpuMs);
        if (this.#error !== null) return;
        const elapsedMs = clock.monotonic() - current.sinceMs;
        // The first look says how much it had used when one began to look: what came before is not known, and on its side.
        const usedMs = cpuMs === null ? elapsedMs : cpuMs - (current.cpuMs ??= Math.max(0, cpuMs - elapsedMs));
        if (usedMs >= limits.cpuMs || elapsedMs >= patience * limits.cpuMs) {
          this.#fail(`one step took more than ${limits.cpuMs} ms of processor time (sandbox.cpu)`, "cpu");
        } else this.#watch(Math.max(10, limits.cpuMs - usedMs));
      });
    });
  }

  /** Asks what it has used, and puts it on its owner's account. */
  #charge(): void {
    if (this.#charging) return;
    this.#charging = true;
    void this.#link.cpuMs().then((cpuMs) => {
      this.#charging = false;
      if (this.#error === null) this.#charged(cpuMs ?? this.#chargedMs + this.#unchargedMs);
    });
  }

  #charged(cpuMs: number): void {
    const { account } = this.#context;
    account.charge(Math.max(0, cpuMs - this.#chargedMs));
    this.#chargedMs = cpuMs;
    this.#unchargedMs = 0;
    if (account.leftMs <= 0) this.#fail(account.spent, "cpuTotal");
  }

  /** With nothing in it, it is kept for a while. */
  #rest(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#frames.size > 0 || this.#current !== null || this.#queue.length > 0) return;
    const { idleMs } = this.#context.limits;
    if (idleMs < Infinity) this.#after(idleMs, () => void this.stop("nothing ran in it"));
  }

  #after(delayMs: number, act: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#context.clock.after(delayMs, act);
  }

  // What goes in

  #encodeStep({ frame, how, value, beginning }: Step): readonly Uint8Array[] {
    const { codec } = this.#context;
    const orders: Uint8Array[] = [];
    let encoded: { how: How; bytes: Uint8Array; hashes: ReadonlySet<Hash> };
    let start = null;
    try {
      const hashes = new Set<Hash>();
      if (beginning !== null) {
        const slots = codec.encode(beginning.slots);
        for (const hash of slots.hashes) hashes.add(hash);
        hashes.add(beginning.definition.hash);
        start = {
          hash: beginning.definition.hash,
          unit: beginning.unit,
          position: beginning.position,
          slots: slots.bytes,
        };
      }
      const { bytes, hashes: used } = codec.encode(value);
      for (const hash of used) hashes.add(hash);
      encoded = { how, bytes, hashes };
    } catch (error) {
      // The value stays outside; the code hears why.
      encoded = { how: "throw", ...this.#encodeError(error) };
    }
    const fresh = this.#context.code.closure(encoded.hashes).filter((hash) => !this.#admitted.has(hash));
    if (fresh.length > 0) {
      for (const hash of fresh) this.#admitted.add(hash);
      orders.push(encodeOrder(codec, { type: "admit", definitions: this.#context.code.pack(fresh) }));
    }
    const order: Order = { type: "step", frame, how: encoded.how, value: encoded.bytes, start };
    orders.push(encodeOrder(codec, order));
    return orders;
  }

  #encodeError(error: unknown): ReturnType<Codec["encode"]> {
    const { codec } = this.#context;
    try {
      return codec.encode(error);
    } catch {
      // Another program's error class may hold anything: its words go through.
      return codec.encode(new Error(error instanceof Error ? error.message : "an error that cannot travel"));
    }
  }

  #drop(frames: Iterable<number>): void {
    const { codec } = this.#context;
    const orders = [...frames].map((frame) => encodeOrder(codec, { type: "drop", frame }));
    if (orders.length > 0) this.#add({ frame: null, cell: null, orders: () => orders, settle: null });
  }

  // What comes out

  #message(bytes: Uint8Array): void {
    if (this.#error !== null) return;
    const { codec, clock } = this.#context;
    let answer: Answer;
    try {
      answer = readAnswer(codec, bytes);
    } catch (error) {
      this.#fail(`it sent what is no answer: ${messageOf(error)}`, "protocol");
      return;
    }
    const current = this.#current;
    if (current === null || current.job.frame !== answer.frame) {
      this.#fail("it answered what it was not asked", "protocol");
      return;
    }
    const tookMs = clock.monotonic() - current.sinceMs;
    this.#allowanceMs -= tookMs;
    this.#countedMs += tookMs;
    this.#unchargedMs += tookMs;
    if (this.#unchargedMs >= Math.min(chargeMs, this.#context.account.leftMs)) this.#charge();
    this.#timer?.cancel();
    this.#timer = null;
    const { cell, settle } = current.job;
    const outcome = this.#outcome(answer, cell);
    this.#current = null;
    settle?.(outcome);
    this.#advance();
  }

  #outcome(answer: Answer, cell: Cell | null): Outcome {
    const { codec } = this.#context;
    try {
      switch (answer.type) {
        case "yield": {
          this.#answerBytes = answer.operation.length;
          const operation: Operation<any, any> = this.#reader.read(codec.decode(answer.operation));
          return { type: "yield", operation, state: answer.state };
        }
        case "enter": {
          if (cell !== null) this.#tenant(cell, answer.entered);
          return { type: "enter", frame: this.#entered(answer.entered) };
        }
        case "return":
          return { type: "return", value: codec.decode(answer.value) };
        case "throw":
          return { type: "throw", error: codec.decode(answer.value) };
      }
    } catch (error) {
      // A frame that is done can be told nothing more: its caller is.
      return { type: answer.type === "yield" || answer.type === "enter" ? "refused" : "throw", error };
    }
  }

  #entered(number: unknown): SandboxFrame {
    if (!Number.isSafeInteger(number) || (number as number) >= 0)
      throw new TypeError("frame of a sandbox: expected a number below 0");
    return new SandboxFrame(() => this, null, number as number);
  }

  // Who is in it

  #tenant(cell: Cell, frame: number): void {
    let frames = this.#tenants.get(cell);
    if (frames === undefined) {
      frames = new Set();
      this.#tenants.set(cell, frames);
      this.#context.quota.entered(cell);
      (cell.belongings ??= new Set()).add({ release: () => this.#left(cell) });
    }
    frames.add(frame);
    this.#frames.set(frame, cell);
  }

  /** The process has ended, or goes on elsewhere. */
  #left(cell: Cell): void {
    const frames = this.#tenants.get(cell);
    this.#tenants.delete(cell);
    if (frames === undefined) return;
    for (const frame of frames) this.#frames.delete(frame);
    this.#drop(frames);
    this.#rest();
  }
}

/** A process that waits on behalf of a frame that is no more gets the error there. One that executes other code finds out when that is done. */
function throwWhereItWaits(cell: Cell, sandbox: Sandbox, error: SandboxError): void {
  if (!(cell.frame instanceof SandboxFrame && cell.frame.isIn(sandbox)) || cell.status !== "waiting") return;
  if (cell.waiting?.what === "sandbox") return;
  cell.waiting?.cancel(cell.kernel);
  cell.kernel.throwInto(cell, error, "error");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
