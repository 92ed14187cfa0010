import { abi, type Definition, placeIn } from "@espalier/code";
import { Operation } from "@espalier/heartbeat";
import {
  type Check,
  type Frame,
  type FrameState,
  type Handler,
  NotMovableError,
  type suspended,
  type Waiting,
} from "@espalier/runtime";
import type { How, State } from "./protocol.ts";
import type { Sandbox } from "./sandbox.ts";

type Kernel = Parameters<Handler>[0];
type Cell = Parameters<Handler>[1];

/** What came of a step. */
export type Outcome =
  | { readonly type: "yield"; readonly operation: Operation<any, any>; readonly state: State }
  | { readonly type: "enter"; readonly frame: Frame }
  | { readonly type: "return"; readonly value: unknown }
  | { readonly type: "throw"; readonly error: unknown }
  /** What it asked for was refused: the refusal is thrown where it asked. */
  | { readonly type: "refused"; readonly error: unknown };

/** Where a frame begins in its sandbox. */
export interface Beginning {
  readonly definition: Definition;
  readonly unit: number;
  readonly position: number;
  readonly slots: readonly unknown[];
}

/** Finds the sandbox that a frame runs in, and starts it if need be. */
export type FindSandbox = () => Sandbox;

/**
 * A frame whose generator runs in a sandbox. To the scheduler it is a frame like any other: a step of it is an operation that waits for the
 * sandbox, and what the sandbox asks for is then asked for by this frame. So the process is a process of the node, with all that
 * processes have, and the code has nothing but what it gets as answers.
 */
export class SandboxFrame implements Frame {
  readonly #find: FindSandbox;
  /** Null for a generator that the sandbox itself entered. */
  readonly #code: { readonly definition: Definition; readonly unit: number } | null;
  /** Until its first step. */
  #beginning: Beginning | null;
  #sandbox: Sandbox | null = null;
  #number: number | null;
  #phase: "ready" | "stepping" | "ended" = "ready";
  /** Where it stands, as the sandbox said with its last answer. */
  #state: State = null;

  /** @param number of the generator, where the sandbox has one already. */
  constructor(find: FindSandbox, beginning: Beginning | null, number: number | null = null) {
    this.#find = find;
    this.#code = beginning;
    this.#beginning = beginning;
    this.#number = number;
  }

  next(value: unknown): ReturnType<Frame["next"]> {
    if (this.#phase !== "stepping") return this.#step("next", value);
    this.#phase = "ready";
    const outcome = value as Outcome;
    switch (outcome.type) {
      case "yield":
        this.#state = outcome.state;
        return { done: false, value: outcome.operation };
      case "enter":
        this.#state = "it delegates to a generator that is no remote";
        // The scheduler enters what is a frame.
        return { done: false, value: outcome.frame as unknown as Operation<any, any> };
      case "refused":
        return this.#step("throw", outcome.error);
      case "return":
        this.#end();
        return { done: true, value: outcome.value };
      case "throw":
        this.#end();
        throw outcome.error;
    }
  }

  throw(error: unknown): ReturnType<Frame["next"]> {
    if (this.#phase !== "stepping" && this.#phase !== "ended") return this.#step("throw", error);
    // The sandbox is no more.
    this.#end();
    throw error;
  }

  /** Its `finally` blocks run in the sandbox, in its own time: every operation is refused to them, so nobody can see when. */
  return(value: unknown): IteratorReturnResult<unknown> {
    if (this.#phase !== "ended" && this.#number !== null) this.#sandbox?.cancel(this.#number);
    this.#phase = "ended";
    return { done: true, value };
  }

  capture(check: Check): FrameState {
    const code = this.#code;
    if (code === null)
      throw new NotMovableError("a generator that is no remote is executing in a sandbox: it cannot travel");
    const { definition, unit } = code;
    const { name, hash } = definition;
    if (this.#phase === "ended") throw new NotMovableError(`${name} cannot travel: it is ending`);
    // Only to see whether it could ever move: while it computes nobody takes it anywhere, and no node would accept this position.
    if (this.#phase === "stepping") return { hash, unit, abi, position: -1, slots: [] };
    const { position, slots } = this.#beginning ?? this.#stateNow(name);
    slots.forEach((value, index) => {
      check(value, () => {
        const slot = position === 0 ? null : definition.shape(unit)?.positions[position - 1]?.slots[index];
        return slot == null ? `argument ${index + 1} of ${name}` : `${slot} of ${name}`;
      });
    });
    return { hash, unit, abi, position, slots };
  }

  where(): string | null {
    const code = this.#code;
    if (code === null || this.#phase === "ended") return null;
    const state = this.#beginning ?? this.#state;
    const position = state === null || typeof state === "string" ? 0 : state.position;
    const { definition, unit } = code;
    return placeIn(definition.name, definition.origin, definition.shape(unit)?.positions[position - 1]);
  }

  /** Has the sandbox step it: called by the handler of {@link SandboxStep}. */
  perform(kernel: Kernel, cell: Cell, how: How, value: unknown): typeof suspended {
    const sandbox = (this.#sandbox ??= this.#find());
    // What is thrown here is thrown into this frame, which is over with that.
    if (sandbox.error !== null) throw sandbox.error;
    const beginning = this.#beginning;
    this.#number ??= sandbox.begin();
    this.#beginning = null;
    const waiting = new Stepping();
    sandbox.step(cell, { frame: this.#number, how, value, beginning }, (outcome) => {
      if (cell.waiting !== waiting) return;
      waiting.outcome = outcome;
      kernel.retry(cell);
    });
    return kernel.wait(cell, waiting);
  }

  /** Whether it runs in `sandbox`. */
  isIn(sandbox: Sandbox): boolean {
    return this.#sandbox === sandbox;
  }

  #step(how: How, value: unknown): ReturnType<Frame["next"]> {
    this.#phase = "stepping";
    return { done: false, value: new SandboxStep(this, how, value) };
  }

  #stateNow(name: string): { readonly position: number; readonly slots: readonly unknown[] } {
    const state = this.#state;
    if (state === null) throw new NotMovableError(`${name} cannot travel: it is in the middle of an operation`);
    if (typeof state === "string") throw new NotMovableError(`${name} cannot travel: ${state}`);
    return { position: state.position, slots: (this.#sandbox as Sandbox).readSlots(state.slots) };
  }

  #end(): void {
    this.#phase = "ended";
    if (this.#number !== null) this.#sandbox?.forget(this.#number);
  }
}

/** The operation of a {@link SandboxFrame} that waits for the sandbox. */
export class SandboxStep extends Operation<unknown> {
  readonly frame: SandboxFrame;
  readonly how: How;
  readonly value: unknown;

  constructor(frame: SandboxFrame, how: How, value: unknown) {
    super();
    this.frame = frame;
    this.how = how;
    this.value = value;
  }

  override get type(): "sandbox.step" {
    return "sandbox.step";
  }
}

export const performSandboxStep: Handler = (kernel, cell, { frame, how, value }: SandboxStep) =>
  frame.perform(kernel, cell, how, value);

/** A process waits for its sandbox. It cannot move meanwhile: nobody knows where its code stands. */
class Stepping implements Waiting {
  readonly what = "sandbox";
  outcome: Outcome | null = null;

  retry(kernel: Kernel, cell: Cell): Outcome {
    if (typeof cell.interrupt === "symbol") {
      // It is to move, and an answer that nobody but this frame understands cannot: first it is used.
      cell.interrupt = null;
      kernel.host.loop.soon(() => kernel.migrations.go(cell));
    }
    return this.outcome as Outcome;
  }

  cancel(): void {
    // What the sandbox answers goes nowhere.
  }
}
