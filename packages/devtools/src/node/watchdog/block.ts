import { at, type Named } from "./shared.ts";
import type { Seen } from "./stack-of-main.ts";

const shownLinesMax = 4;

/** That the event loop does not come round, as the watchdog's thread knows of it. */
export class Block {
  readonly beat: number;
  readonly sinceMs: number;
  named: number;
  serial: number;
  /** Whether other processes have had the loop, too, since it came round last. */
  several = false;
  stack: readonly string[] = [];
  handling: string | null = null;
  /** Why it cannot be seen where the thread is; null: it can, or could be. */
  blind: string | null = null;
  /** Null: it is not said yet; `stack`: whether that was said with it. */
  said: { readonly stack: boolean } | null = null;
  printed = false;
  giveUp: () => void = () => {};
  readonly #slices: number;

  constructor(shared: Float64Array) {
    this.beat = shared[at.beat] as number;
    this.sinceMs = shared[at.beatMs] as number;
    this.#slices = shared[at.slices] as number;
    this.named = shared[at.named] as number;
    this.serial = shared[at.serial] as number;
  }

  /** Whether it goes on. */
  isOpen(shared: Float64Array): boolean {
    return shared[at.beat] === this.beat;
  }

  /** The thread stands still, and this is where. */
  see(shared: Float64Array, { stack, said }: Seen): void {
    // Others have had their slices since: what is seen is the one that has it now.
    this.several ||= shared[at.slices] !== this.#slices;
    this.named = shared[at.named] as number;
    this.serial = shared[at.serial] as number;
    this.stack = stack;
    this.handling = said;
  }

  /** Who has the event loop, in words. */
  who(names: ReadonlyMap<number, Named>): string {
    if (this.named === 0) return "what is no process";
    const name = names.get(this.named);
    const subject =
      name === undefined
        ? `process ${this.serial}`
        : `${name.before}${this.serial === 0 ? "" : this.serial}${name.after}`;
    const doing = this.handling === null ? subject : `${subject} handling ${this.handling}`;
    return this.several ? `several processes, at last ${doing}` : doing;
  }

  /** The author's lines of the stack; all when none is. */
  where(foreign: RegExp): readonly string[] {
    const own = this.stack.filter((line) => !foreign.test(line));
    return (own.length > 0 ? own : this.stack).slice(0, shownLinesMax);
  }
}
