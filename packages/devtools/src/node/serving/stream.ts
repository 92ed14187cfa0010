import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type Frame, protocolVersion, type Subscription } from "../../protocol/frames.ts";
import { TroubleError } from "../../protocol/trouble-error.ts";
import { answerMaxBytes, answerText } from "./answer-text.ts";
import type { Allowance } from "./allowance.ts";
import type { Source } from "./source.ts";
import type { Token } from "./token.ts";

/** Above this nothing more is given to the socket. What it holds is this and one value at most. */
const unsentMaxBytes = 256 * 1024;

/** How long clients are waited for. */
export interface Patience {
  /** Between two beats of a stream. */
  readonly beatMs: number;
  /** A client that takes nothing for so long is cut. */
  readonly cutMs: number;
}

export const usualPatience: Patience = { beatMs: 5_000, cutMs: 30_000 };

/**
 * What one client follows. A value is made when it can be sent, and not before: a client that is slow gets fewer, each as new as it can be, and
 * costs no memory.
 */
export class Stream {
  readonly id: string = randomUUID();
  readonly token: Token;
  readonly #response: ServerResponse;
  readonly #source: Source;
  readonly #allowance: Allowance;
  readonly #cutMs: number;
  readonly #unwatch: () => void;
  readonly #beat: NodeJS.Timeout;
  #subscriptions: readonly Subscription[] = [];
  /** What is to have a value as soon as there is room: in the order in which it became so, so that all get their turn. */
  readonly #due: Map<string, Subscription> = new Map();
  #skipped = 0;
  #takenMs: number = performance.now();

  constructor(response: ServerResponse, source: Source, token: Token, allowance: Allowance, patience: Patience) {
    this.#response = response;
    this.#source = source;
    this.#allowance = allowance;
    this.#cutMs = patience.cutMs;
    this.token = token;
    this.#write({
      type: "hello",
      version: protocolVersion,
      stream: this.id,
      planes: token.planes,
      nodes: source.nodes(),
      life: source.life,
    });
    this.#unwatch = source.watch(
      () => this.#send(this.#subscriptions),
      (text) => this.#write({ type: "note", text }),
    );
    this.#beat = setInterval(() => this.#alive(), patience.beatMs).unref();
    response.on("drain", () => this.#pump());
    response.on("close", () => this.#close());
  }

  get unsentBytes(): number {
    return this.#response.writableLength;
  }

  /** What is new comes at once. */
  update(subscriptions: readonly Subscription[]): void {
    const known = new Set(this.#subscriptions.map((one) => JSON.stringify(one)));
    const ids = new Set(subscriptions.map(({ id }) => id));
    for (const id of this.#due.keys()) if (!ids.has(id)) this.#due.delete(id);
    this.#subscriptions = subscriptions;
    this.#send(subscriptions.filter((one) => !known.has(JSON.stringify(one))));
  }

  /** Says why, and ends it. */
  end(reason: string): void {
    this.#write({ type: "bye", reason });
    this.#response.end();
    this.#close();
  }

  #close(): void {
    clearInterval(this.#beat);
    this.#unwatch();
    this.#subscriptions = [];
    this.#due.clear();
  }

  #send(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) {
      if (this.#due.has(subscription.id)) this.#skipped += 1;
      this.#due.set(subscription.id, subscription);
    }
    this.#pump();
  }

  #pump(): void {
    for (const [id, subscription] of this.#due) {
      // Without room or time it is due until there is some: with the next sample at the latest.
      if (this.#response.writableLength > unsentMaxBytes || !this.#allowance.mayLook(performance.now())) return;
      this.#due.delete(id);
      this.#sendOne(subscription);
    }
  }

  #sendOne(subscription: Subscription): void {
    const { id } = subscription;
    const startedMs = this.#source.usedMs();
    try {
      const value = this.#source.look(subscription, this.token.planes);
      const frame: Frame = { type: "value", id, atMs: Date.now(), value };
      this.#writeLine(`${answerText(frame, answerMaxBytes)}\n`);
    } catch (error) {
      this.#write({ type: "trouble", id, error: troubleOf(error) });
    } finally {
      const ms = this.#source.usedMs() - startedMs;
      this.#source.spent(ms);
      this.#allowance.looked(ms, performance.now());
    }
  }

  #alive(): void {
    if (this.token.isOver(Date.now())) {
      this.end("the token's time is over");
    } else if (this.#response.writableLength > 0 && performance.now() - this.#takenMs > this.#cutMs) {
      this.#response.destroy();
    } else if (this.#response.writableLength <= unsentMaxBytes) {
      this.#write({ type: "beat", skipped: this.#skipped });
      this.#skipped = 0;
    }
  }

  #write(frame: Frame): void {
    this.#writeLine(lineOf(frame));
  }

  #writeLine(line: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (this.#response.writableLength === 0) this.#takenMs = performance.now();
    this.#response.write(line, () => {
      this.#takenMs = performance.now();
    });
  }
}

function lineOf(frame: Frame): string {
  return `${JSON.stringify(frame)}\n`;
}

/** What is said of anything that was thrown while an answer was made. */
export function troubleOf(error: unknown): TroubleError["trouble"] {
  if (error instanceof TroubleError) return error.trouble;
  const message =
    error instanceof Error
      ? `${error.name}: ${error.message}`.slice(0, 1_000)
      : "something was thrown that is no error";
  return { code: "failed", message, hint: null };
}
