import type { Codec, Hash, PackedDefinition } from "@espalier/runtime";

// The messages between a node and a sandbox. Outside they are plain data; the values in them are encoded by themselves, so that a value that
// cannot be read is the failure of one step, and a state that nobody asks for is never read.

/** Where a frame is to begin, or to be entered again. */
export interface Start {
  readonly hash: Hash;
  readonly unit: number;
  /** 0: at its beginning, with captures and arguments as `slots`. */
  readonly position: number;
  /** A list of values, encoded. */
  readonly slots: Uint8Array;
}

export type How = "next" | "throw" | "return";

/** From the node. */
export type Order =
  | { readonly type: "admit"; readonly definitions: readonly PackedDefinition[] }
  | {
      readonly type: "step";
      readonly frame: number;
      readonly how: How;
      readonly value: Uint8Array;
      /** With the first step of a frame that the node begins. */
      readonly start: Start | null;
    }
  /** Nobody will step the frame again. Not answered. */
  | { readonly type: "drop"; readonly frame: number };

/** Where a frame stands at a yield, as far as it can say: null when it was not asked, a text when it cannot travel, and why. */
export type State = null | string | { readonly position: number; readonly slots: Uint8Array };

/** From the sandbox: the answer to a step, one for each. */
export type Answer =
  /** It asks for an operation: its type and its fields, encoded. */
  | { readonly type: "yield"; readonly frame: number; readonly operation: Uint8Array; readonly state: State }
  /** It delegates to a generator that cannot travel, known from now on by this number, which is below 0. */
  | { readonly type: "enter"; readonly frame: number; readonly entered: number }
  | { readonly type: "return"; readonly frame: number; readonly value: Uint8Array }
  | { readonly type: "throw"; readonly frame: number; readonly value: Uint8Array };

export function encodeOrder(codec: Codec, order: Order): Uint8Array {
  return codec.encode(order).bytes;
}

export function encodeAnswer(codec: Codec, answer: Answer): Uint8Array {
  return codec.encode(answer).bytes;
}

/** In the sandbox, which believes its node. */
export function readOrder(codec: Codec, bytes: Uint8Array): Order {
  return codec.decode(bytes) as Order;
}

/** @throws TypeError for anything that is no answer: whoever gets it has to do with a sandbox that was broken out of. */
export function readAnswer(codec: Codec, bytes: Uint8Array): Answer {
  const data = codec.decode(bytes);
  if (typeof data !== "object" || data === null) throw malformed("an object");
  const { type, frame, value, operation, state, entered } = data as Record<string, unknown>;
  if (!Number.isSafeInteger(frame)) throw malformed("the number of a frame");
  const number = frame as number;
  switch (type) {
    case "yield":
      return { type, frame: number, operation: bytesOf(operation), state: readState(state) };
    case "enter":
      if (!Number.isSafeInteger(entered) || (entered as number) >= 0) throw malformed("a number below 0");
      return { type, frame: number, entered: entered as number };
    case "return":
    case "throw":
      return { type, frame: number, value: bytesOf(value) };
    default:
      throw malformed("an answer");
  }
}

function readState(state: unknown): State {
  if (state === null) return null;
  if (typeof state === "string") return state.slice(0, stateTextMax);
  const { position, slots } = (typeof state === "object" ? state : {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(position) || (position as number) < 0) throw malformed("a position");
  return { position: position as number, slots: bytesOf(slots) };
}

/** Characters of what a sandbox says about why a frame cannot travel: it ends up in errors and logs. */
const stateTextMax = 1_000;

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw malformed("bytes");
}

function malformed(expected: string): TypeError {
  return new TypeError(`answer of a sandbox: expected ${expected}`);
}
