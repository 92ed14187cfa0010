import type { Json } from "../scenario/json.ts";
import type { History, HistoryEntry, Invocation, Outcome } from "./history.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The history of a run while it is made. */
export class Recording implements History {
  readonly entries: HistoryEntry[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  invoke(node: string, client: string, op: string, input: Json): Invocation {
    const entry: Writable<HistoryEntry> = {
      serial: this.entries.length,
      node,
      client,
      op,
      input,
      invokedMs: this.#nowMs(),
      outcome: { type: "unknown" },
    };
    this.entries.push(entry);
    const settle = (outcome: Outcome): void => {
      if (entry.outcome.type === "unknown") entry.outcome = outcome;
    };
    return {
      ok: (output = null) => settle({ type: "ok", atMs: this.#nowMs(), output }),
      failed: (reason) => settle({ type: "failed", atMs: this.#nowMs(), reason }),
    };
  }
}
