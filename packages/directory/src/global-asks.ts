import { Tally, type LocalGenerator } from "@espalier/heartbeat";
import type { Pid } from "@espalier/runtime";
import type { GlobalAsk, GlobalMessage } from "./global-messages.ts";

/** What is done when something is over, with what came of it. */
export type Done<T> = (result: T) => LocalGenerator<void>;

/** By the key of who was asked: the answer, or null of who was lost before. */
export type Answers = ReadonlyMap<string, unknown>;

interface Asked {
  readonly waiting: Set<number>;
  readonly answers: Map<string, unknown>;
  readonly answered: Done<Answers>;
}

/** What was asked of peers and is not answered yet. */
export class Asks {
  readonly #tell: (to: Pid<any>, message: GlobalMessage) => LocalGenerator<void>;
  readonly #open = new Map<number, { readonly to: Pid<any>; readonly asked: Asked }>();
  /** How many each has not answered. */
  readonly #unanswered = new Tally();
  readonly #max: number;
  readonly #tooMany: (of: Pid<any>) => LocalGenerator<void>;
  #serial = 0;

  /** @param tooMany is performed when somebody has not answered more than `max`: then nothing more comes from there. */
  constructor(
    tell: (to: Pid<any>, message: GlobalMessage) => LocalGenerator<void>,
    max: number,
    tooMany: (of: Pid<any>) => LocalGenerator<void>,
  ) {
    this.#tell = tell;
    this.#max = max;
    this.#tooMany = tooMany;
  }

  /** Asks all of them at once. When all have answered or are lost, `answered` is performed; at once if there are none. */
  *all(targets: readonly Pid<any>[], ask: GlobalAsk, answered: Done<Answers>): LocalGenerator<void> {
    const asked: Asked = { waiting: new Set(), answers: new Map(), answered };
    if (targets.length === 0) return yield* answered(asked.answers);
    for (const to of targets) {
      this.#serial += 1;
      this.#open.set(this.#serial, { to, asked });
      this.#unanswered.add(to.key);
      asked.waiting.add(this.#serial);
      yield* this.#tell(to, { type: "global.ask", serial: this.#serial, ask });
    }
    for (const to of targets) if (this.#unanswered.of(to.key) > this.#max) yield* this.#tooMany(to);
  }

  *answer(from: Pid<any>, serial: number, value: unknown): LocalGenerator<void> {
    const open = this.#open.get(serial);
    if (open === undefined || !open.to.equals(from)) return;
    this.#open.delete(serial);
    this.#unanswered.remove(from.key);
    const { waiting, answers, answered } = open.asked;
    waiting.delete(serial);
    answers.set(from.key, value);
    if (waiting.size === 0) yield* answered(answers);
  }

  /** Nothing more comes from `peer`. */
  *lost(peer: Pid<any>): LocalGenerator<void> {
    for (const [serial, { to }] of [...this.#open]) if (to.equals(peer)) yield* this.answer(peer, serial, null);
  }
}
