import type { Demand } from "./outgoing.ts";

/** What a number of a stream carries: a value, or a part of its bytes. */
export type Content = { readonly value: unknown } | { readonly bytes: Uint8Array };

/** What a consumer says to a producer. */
export type ToProducer =
  /** It wants a stream. Said again until it is offered one. */
  | { readonly type: "delivery.open"; readonly attempt: number }
  /** The first one of a stream accepts it. Said again from time to time. */
  | ({ readonly type: "delivery.demand"; readonly stream: number } & Demand)
  /** It has left that stream. */
  | { readonly type: "delivery.leave"; readonly stream: number };

/** What a producer says to a consumer. */
export type ToConsumer =
  | { readonly type: "delivery.offer"; readonly attempt: number; readonly stream: number }
  | {
      readonly type: "delivery.piece";
      readonly stream: number;
      readonly sequence: number;
      readonly content: Content;
      readonly isLast: boolean;
    }
  /** There is no such stream any more; another consumer may have taken its place. */
  | { readonly type: "delivery.closed"; readonly stream: number; readonly isReplaced: boolean };

/** @returns null for what is no message of a consumer, or makes no sense: it is passed over, as if it had got lost. */
export function parseToProducer(message: unknown): ToProducer | null {
  const { type, attempt, stream, received, confirmed, upTo, again } = fieldsOf(message);
  switch (type) {
    case "delivery.open":
      return isCount(attempt) ? { type, attempt } : null;
    case "delivery.demand":
      return isCount(stream) && isCount(received) && isCount(confirmed) && isCount(upTo) && typeof again === "boolean"
        ? { type, stream, received, confirmed, upTo, again }
        : null;
    case "delivery.leave":
      return isCount(stream) ? { type, stream } : null;
    default:
      return null;
  }
}

/** @returns null for what is no message of a producer, or makes no sense: it is passed over, as if it had got lost. */
export function parseToConsumer(message: unknown): ToConsumer | null {
  const { type, attempt, stream, sequence, content, isLast, isReplaced } = fieldsOf(message);
  if (!isCount(stream)) return null;
  switch (type) {
    case "delivery.offer":
      return isCount(attempt) ? { type, attempt, stream } : null;
    case "delivery.piece":
      return isCount(sequence) && isContent(content) && typeof isLast === "boolean"
        ? { type, stream, sequence, content, isLast }
        : null;
    case "delivery.closed":
      return typeof isReplaced === "boolean" ? { type, stream, isReplaced } : null;
    default:
      return null;
  }
}

type Fields = Readonly<Partial<Record<string, unknown>>>;

function fieldsOf(message: unknown): Fields {
  return typeof message === "object" && message !== null ? (message as Fields) : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isContent(content: unknown): content is Content {
  const fields = fieldsOf(content);
  return "bytes" in fields ? fields["bytes"] instanceof Uint8Array : "value" in fields;
}
