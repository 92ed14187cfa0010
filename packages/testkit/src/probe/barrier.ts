import { Process, Remote, type Pid, type Self } from "espalier";
import type { SimNode } from "./sim-node.ts";

/** Waits at a barrier: `yield*` in a process, `await` anywhere else. */
export interface Hold extends PromiseLike<void> {
  [Symbol.iterator](): ReturnType<ReturnType<typeof Remote.promise<void>>[typeof Symbol.iterator]>;
}

/** Somebody at a barrier. */
interface Holder {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What a barrier needs of its cluster. */
export interface BarrierOwner {
  mark(name: string): void;
  until(condition: () => boolean, options?: { readonly withinMs?: number }): Promise<void>;
}

/**
 * A point in the code under test at which whoever comes waits until the test says otherwise. {@link Barrier.reached} lets the cluster run
 * exactly until then: the event in which somebody arrives is the last that has happened.
 */
export class Barrier {
  readonly name: string;
  readonly #owner: BarrierOwner;
  #holders: Holder[] = [];
  #arrived = 0;
  #isOpen = false;

  constructor(name: string, owner: BarrierOwner) {
    this.name = name;
    this.#owner = owner;
  }

  /** How many have come here in all. */
  get arrived(): number {
    return this.#arrived;
  }

  /** How many wait here now, as far as they say: one whose process has ended is still counted. */
  get holding(): number {
    return this.#holders.length;
  }

  /** For the code under test: waits here. Nobody arrives before it is awaited. */
  hold(): Hold {
    const arrive = (): Promise<void> => this.#arrive();
    return {
      // oxlint-disable-next-line unicorn/no-thenable -- so that one word serves processes and promises
      then: (resolve, reject) => arrive().then(resolve, reject),
      [Symbol.iterator]: () => Remote.promise(arrive)[Symbol.iterator](),
    };
  }

  /**
   * A process on `node` for code that travels, and so cannot name this object: a process that sends it its own pid has arrived, and is sent
   * `"released"`. After {@link Barrier.fail} it is sent nothing.
   */
  gate(node: SimNode): Pid<Pid<"released">> {
    const hold = (): Hold => this.hold();
    const passing = function* passing(_self: Self, asker: Pid<"released">) {
      yield* hold();
      yield* Process.send(asker, "released");
    };
    return node.spawn(function* gate(self: Self<Pid<"released">>) {
      for (;;) yield* Process.spawn(passing, yield* self.receive());
    });
  }

  /** Lets the cluster run until `count` have come here in all. @throws WorldStuckError when they do not come. */
  reached(count = 1, options: { readonly withinMs?: number } = {}): Promise<void> {
    return this.#owner.until(() => this.#arrived >= count, options);
  }

  /** Lets those go on who wait here now. Whoever comes later waits. */
  release(): void {
    for (const { resolve } of this.#holders.splice(0)) resolve();
  }

  /** Lets those go on who wait here now, and from now on everybody. */
  open(): void {
    this.#isOpen = true;
    this.release();
  }

  /** For those who wait here now waiting ends with this error. */
  fail(error: unknown): void {
    for (const { reject } of this.#holders.splice(0)) reject(error);
  }

  #arrive(): Promise<void> {
    this.#arrived += 1;
    this.#owner.mark(this.name);
    if (this.#isOpen) return Promise.resolve();
    return new Promise((resolve, reject) => void this.#holders.push({ resolve, reject }));
  }
}
