import { TokenBucket } from "@espalier/runtime";
import { TroubleError } from "../../protocol/trouble-error.ts";

const questionsPerSecond = 50;
export const streamsMax = 16;
/** Of each second, how much of the event loop's time looking may take in the long run; and how much at once after a rest. */
const lookMsPerSecond = 250;
const lookBurstMs = 2_000;

/**
 * How much the holders of one link may ask for together: what was narrowed of a token counts as what it was made of, for its holder could make any number of them.
 * The links do not take from each other: who may only read cannot keep out who may manage.
 */
export class Allowance {
  readonly #questions: TokenBucket;
  #lookMs: number = lookBurstMs;
  #atMs: number;
  #streams = 0;

  /** @param nowMs of a clock that never goes back. */
  constructor(nowMs: number) {
    this.#questions = new TokenBucket(questionsPerSecond, 1_000, nowMs);
    this.#atMs = nowMs;
  }

  /** Counts a question. @throws TroubleError when there are too many. */
  question(nowMs: number): void {
    if (this.#questions.take(nowMs)) return;
    throw new TroubleError({
      code: "too-many",
      message: `expected at most ${questionsPerSecond} questions a second with one link, got more`,
      hint: "follow what is asked for again and again: POST /v1/stream",
    });
  }

  /** A look took so long. What one look takes is known when it is over, so that the next ones wait for it. */
  looked(ms: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#lookMs -= ms;
  }

  /** Whether there is time for another look. */
  mayLook(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#lookMs > 0;
  }

  /** @throws TroubleError when there is no time for another look. */
  checkLook(nowMs: number): void {
    if (this.mayLook(nowMs)) return;
    throw new TroubleError({
      code: "busy",
      message: `looking with this link takes more than ${lookMsPerSecond} ms of each second, which the program needs itself`,
      hint: "ask again in a second, for fewer rows, or without a filter by text",
    });
  }

  /** Counts a stream, until what it returns is called. @throws TroubleError when there are too many. */
  stream(): () => void {
    if (this.#streams >= streamsMax) {
      throw new TroubleError({
        code: "too-many",
        message: `expected at most ${streamsMax} streams at once with one link, got one more`,
        hint: "close a page or a terminal that looks at this program",
      });
    }
    this.#streams += 1;
    return () => {
      this.#streams -= 1;
    };
  }

  #refill(nowMs: number): void {
    this.#lookMs = Math.min(lookBurstMs, this.#lookMs + ((nowMs - this.#atMs) * lookMsPerSecond) / 1_000);
    this.#atMs = nowMs;
  }
}
