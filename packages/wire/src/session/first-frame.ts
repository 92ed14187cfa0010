import type { NodeId } from "@espalier/runtime";
import { toBase64Url } from "@espalier/runtime";
import { concat, equalBytes, utf8 } from "../bytes.ts";
import { IK, KK, NNpsk0, XX, type NoisePattern } from "../noise/noise.ts";
import { wireVersion } from "./hello.ts";

/** How two nodes make each other sure of their keys, see `docs/protocol.md`. */
export type PatternName = "XX" | "IK" | "KK" | "NNpsk0";

interface Kind {
  /** What stands for it in a first frame. */
  readonly byte: number;
  readonly noise: NoisePattern;
  /** The length of its first Noise message. */
  readonly messageBytes: number;
}

/** All patterns of sessions. */
export const patterns: Readonly<Record<PatternName, Kind>> = {
  XX: { byte: 1, noise: XX, messageBytes: 32 },
  IK: { byte: 2, noise: IK, messageBytes: 32 + 48 + 120 },
  KK: { byte: 3, noise: KK, messageBytes: 48 },
  NNpsk0: { byte: 4, noise: NNpsk0, messageBytes: 48 },
};

const names = Object.keys(patterns) as PatternName[];
const magic = utf8("espalier");
const versionAt = magic.length;
const patternAt = versionAt + 1;
const targetAt = patternAt + 1;
const idBytes = 32;
const prefixBytes = targetAt + idBytes;

/** What a session begins with. */
export interface FirstFrame {
  readonly type: "first";
  readonly pattern: PatternName;
  /** The node that is to be reached. */
  readonly target: NodeId;
  /** Who wants to reach it, where the pattern needs that; not proven yet. */
  readonly initiator: NodeId | null;
  /** All that comes before the Noise message: it is the handshake's prologue, so that a change to it makes the handshake fail. */
  readonly prologue: Uint8Array;
  readonly message: Uint8Array;
}

/** A frame that begins no session here. */
export type FirstFrameProblem =
  /** The sender speaks another version, or a pattern that is not known here: to be told in a {@link refusalFrame}. */
  | { readonly type: "misfit"; readonly reason: string }
  /** Not of this protocol: nothing is answered. */
  | { readonly type: "malformed"; readonly reason: string };

/** What comes before the first Noise message. @param initiator for KK only. */
export function prologueOf(pattern: PatternName, target: Uint8Array, initiator: Uint8Array | null): Uint8Array {
  const prefix = concat(magic, Uint8Array.of(wireVersion, patterns[pattern].byte), target);
  return initiator === null ? prefix : concat(prefix, initiator);
}

export function readFirstFrame(frame: Uint8Array): FirstFrame | FirstFrameProblem {
  if (frame.length <= versionAt || !equalBytes(frame.subarray(0, magic.length), magic)) {
    return { type: "malformed", reason: "what connected does not speak Espalier's protocol" };
  }
  const version = frame[versionAt] as number;
  if (version !== wireVersion) {
    return { type: "misfit", reason: `version mismatch: wire ${wireVersion} here, wire ${version} there` };
  }
  const byte = frame[patternAt];
  const pattern = names.find((name) => patterns[name].byte === byte);
  if (pattern === undefined && frame.length >= prefixBytes) {
    const known = names.map((name) => `${patterns[name].byte} (${name})`).join(", ");
    return { type: "misfit", reason: `handshake pattern: expected one of ${known}, got ${byte}` };
  }
  const prologueBytes = pattern === "KK" ? prefixBytes + idBytes : prefixBytes;
  const expectedBytes = pattern === undefined ? prefixBytes : prologueBytes + patterns[pattern].messageBytes;
  if (pattern === undefined || frame.length !== expectedBytes) {
    return { type: "malformed", reason: `a first frame of ${frame.length} bytes; expected ${expectedBytes}` };
  }
  const prologue = frame.slice(0, prologueBytes);
  return {
    type: "first",
    pattern,
    target: toBase64Url(prologue.subarray(targetAt, prefixBytes)),
    initiator: pattern === "KK" ? toBase64Url(prologue.subarray(prefixBytes)) : null,
    prologue,
    message: frame.subarray(prologueBytes),
  };
}

/**
 * The node that a pipe's first frame is meant for, without anything being believed: for whoever hands pipes on to several nodes. The node itself
 * reads the same frame again.
 */
export function targetOf(frame: Uint8Array): { readonly type: "target"; readonly target: NodeId } | FirstFrameProblem {
  const first = readFirstFrame(frame);
  return first.type === "first" ? { type: "target", target: first.target } : first;
}

/** The first byte of the accepting side's first frame. */
export const answerKind = { refusal: 0, response: 1 } as const;

/** The answer to a first frame that begins no session: whoever dialled is told why, by nobody in particular. */
export function refusalFrame(reason: string): Uint8Array {
  return concat(Uint8Array.of(answerKind.refusal), utf8(reason));
}
