import type { History, HistoryEntry, Invocation } from "../history/history.ts";
import type { Place } from "../scenario/place.ts";

/** What tells one message from the others of its flow. */
export type MessageId = string | number;

/**
 * Writes into the history that something is sent, as `sent` and the name of the operation. What came of it is for the caller to say: `ok`
 * promises that it is received, `failed` that it never is; while nothing is said it may be received once, or not.
 *
 * @param id what tells it from the others in its flow.
 * @param flow from whom to whom, where that matters: order and repetition are judged for each flow by itself. Default: one for all.
 */
export function sent(place: Place, op: string, id: MessageId, flow: string = ""): Invocation {
  return place.invoke(`sent ${op}`, { flow, id });
}

/** Writes into the history that something which was {@link sent} has been received. */
export function received(place: Place, op: string, id: MessageId, flow: string = ""): void {
  place.invoke(`received ${op}`, { flow, id }).ok();
}

/** One line of the history that says that something was sent or received. */
export interface FlowStep {
  readonly type: "sent" | "received";
  readonly flow: string;
  readonly id: MessageId;
  /** The same for both sides of one message, and for no other. */
  readonly key: string;
  readonly entry: HistoryEntry;
}

/** Reads the steps of one operation from a history that grows: each once. */
export class FlowReader {
  readonly #history: History;
  readonly #op: string;
  #read = 0;

  constructor(history: History, op: string) {
    this.#history = history;
    this.#op = op;
  }

  /** What was added since this was asked last, in order. */
  *steps(): Generator<FlowStep> {
    const { entries } = this.#history;
    const op = this.#op;
    for (; this.#read < entries.length; this.#read += 1) {
      const entry = entries[this.#read] as HistoryEntry;
      const type = entry.op === `sent ${op}` ? "sent" : entry.op === `received ${op}` ? "received" : null;
      if (type === null) continue;
      const { flow, id } = flowOf(entry);
      yield { type, flow, id, key: JSON.stringify([flow, id]), entry };
    }
  }
}

/** @throws TypeError when the entry was not made by {@link sent} or {@link received}. */
function flowOf({ op, input, serial }: HistoryEntry): { readonly flow: string; readonly id: MessageId } {
  const { flow, id } = (input ?? {}) as { readonly flow?: unknown; readonly id?: unknown };
  if (typeof flow === "string" && (typeof id === "string" || typeof id === "number")) return { flow, id };
  throw new TypeError(
    `history entry ${serial} (${op}): expected { flow, id } as sent() writes it, got ${JSON.stringify(input)}`,
  );
}

/** A message for people. */
export function describeMessage(op: string, { flow, id }: FlowStep): string {
  return `${op} ${JSON.stringify(id)}${flow === "" ? "" : ` of ${flow}`}`;
}
