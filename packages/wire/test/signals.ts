import type { Message } from "@espalier/runtime";

type Signal = Extract<Message, { type: "signal.message" }>;

/** A message between nodes that is told from others by `number`. */
export function signal(number: number, bytes: Uint8Array = new Uint8Array(0)): Signal {
  return { type: "signal.message", to: ["1", number], from: ["1", 0], payload: { bytes, hashes: [] } };
}

export function numberOf(message: Message): number {
  return message.type === "lease.beat" ? message.number : (message as Signal).to[1];
}

export function bytesOf(message: Message | undefined): Uint8Array {
  return (message as Signal).payload.bytes;
}
