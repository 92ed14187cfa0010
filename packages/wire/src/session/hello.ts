import { listeningPattern, type Limits } from "@espalier/runtime";
import { encodePlain, decodeCbor } from "../codec/cbor.ts";
import { CodecError } from "../errors.ts";

/** The version of everything between the first byte of a pipe and the messages of nodes. Before the first release all of it may change under this number. */
export const wireVersion = 1;

/** What a node says of itself, sealed, before any message. */
export interface Hello {
  readonly wire: number;
  /** The version of captured frames of code: position numbering and slot order. */
  readonly abi: number;
  /** The version of the hashes of definitions. */
  readonly hash: number;
  /** Tells this life of the node from its earlier ones (R-1308). */
  readonly incarnation: string;
  /** Where it can be reached, or null when it does not listen. */
  readonly address: string | null;
  /** For how long nothing may come over the session before this node takes the other one for gone (R-1301): each is told often enough. */
  readonly tickMs: number;
}

/** Into how many parts a tick time is divided, as OTP's `net_tickintensity`. */
export const quarters = 4;

/** The least and the most that {@link Hello.tickMs} may be: what a peer can make a node send, and what a timer can hold. */
export const tickMsMin = 100;
export const tickMsMax: number = 2 ** 31 - 1;

/** What a session says to the other side that is not a message between nodes. */
export type Control =
  | ({ readonly type: "hello" } & Hello)
  /** You may not enter. */
  | { readonly type: "refusal"; readonly reason: string }
  /** I close this session. `stops`: because I stop. */
  | { readonly type: "goodbye"; readonly stops: boolean; readonly reason: string }
  /** A message of the handshake that gives the session fresh keys, see `renewals.ts`. */
  | { readonly type: "renewal"; readonly noise: Uint8Array }
  /** From the next frame on I use the fresh keys. */
  | { readonly type: "renewed" };

export function encodeControl(control: Control): Uint8Array {
  return encodePlain(control);
}

/** @throws CodecError naming the field, what was expected and what came. */
export function decodeControl(bytes: Uint8Array, limits: Limits): Control {
  const { data } = decodeCbor(bytes, { limits });
  if (typeof data !== "object" || data === null) throw new CodecError("control frame: expected an object");
  const fields = data as Record<string, unknown>;
  switch (fields["type"]) {
    case "hello": {
      const { wire, abi, hash, incarnation, address, tickMs } = fields;
      return {
        type: "hello",
        wire: expectVersion("hello.wire", wire),
        abi: expectVersion("hello.abi", abi),
        hash: expectVersion("hello.hash", hash),
        incarnation: expectMatch("hello.incarnation", incarnation, /^[\w.:-]{1,64}$/),
        address: address === null ? null : expectMatch("hello.address", address, listeningPattern),
        tickMs: expectTickMs(tickMs),
      };
    }
    case "refusal":
      return { type: "refusal", reason: readableReason(fields["reason"], limits) };
    case "goodbye":
      if (typeof fields["stops"] !== "boolean") throw new CodecError("goodbye.stops: expected a boolean");
      return { type: "goodbye", stops: fields["stops"], reason: readableReason(fields["reason"], limits) };
    case "renewal":
      if (!(fields["noise"] instanceof Uint8Array)) throw new CodecError("renewal.noise: expected bytes");
      return { type: "renewal", noise: fields["noise"] };
    case "renewed":
      return { type: "renewed" };
    default:
      throw new CodecError("control frame: expected the type hello, refusal, goodbye, renewal or renewed");
  }
}

/** A peer's text, fit for a log: short, on one line, with nothing that moves a terminal's cursor. */
export function readableReason(reason: unknown, limits: Limits): string {
  if (typeof reason !== "string") throw new CodecError("reason: expected a text");
  return reason.slice(0, limits.reasonLength).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, " ");
}

/** Why the two cannot talk, with both versions, or null. */
export function misfit(own: Hello, theirs: Hello): string | null {
  if (own.wire !== theirs.wire) return `version mismatch: wire ${own.wire} and wire ${theirs.wire}`;
  if (own.abi !== theirs.abi) return `version mismatch: abi ${own.abi} and abi ${theirs.abi}`;
  if (own.hash !== theirs.hash) return `version mismatch: hash ${own.hash} and hash ${theirs.hash}`;
  return null;
}

function expectVersion(field: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
    throw new CodecError(`${field}: expected a version number`);
  }
  return value;
}

function expectTickMs(value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= tickMsMin && (value as number) <= tickMsMax) {
    return value as number;
  }
  throw new CodecError(`hello.tickMs: expected ${tickMsMin} to ${tickMsMax} milliseconds`);
}

function expectMatch(field: string, value: unknown, pattern: RegExp): string {
  if (typeof value !== "string" || !pattern.test(value)) throw new CodecError(`${field}: expected ${pattern.source}`);
  return value;
}
