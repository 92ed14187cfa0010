import { describe } from "@espalier/heartbeat";
import { toBase64Url } from "../base64url.ts";
import type { PackedDefinition } from "../code.ts";
import type { Crypto } from "../host.ts";

/** What a checkpoint file holds. */
export interface CheckpointFile {
  readonly computation: string;
  readonly epoch: number;
  readonly takenAtMs: number;
  /** The key of the pid that the process had: what it holds of itself is made its own again. */
  readonly process: string;
  readonly label: string;
  /** The name that it was registered under. */
  readonly name: string | null;
  /** Every definition that it needs: its program may be another one after the restart. */
  readonly definitions: readonly PackedDefinition[];
  /** The process, encoded as for a transfer. */
  readonly cargo: Uint8Array;
}

/** The format and its version. */
const signature = "espalier-checkpoint 1";

const encoder = new TextEncoder();

/** A line with the digest of what follows it, a line of JSON, and the process. */
export function writeCheckpoint(crypto: Crypto, { cargo, ...fields }: CheckpointFile): Uint8Array {
  const header = encoder.encode(`${JSON.stringify(fields)}\n`);
  const body = new Uint8Array(header.length + cargo.length);
  body.set(header);
  body.set(cargo, header.length);
  const first = encoder.encode(`${signature} ${toBase64Url(crypto.sha256(body))}\n`);
  const bytes = new Uint8Array(first.length + body.length);
  bytes.set(first);
  bytes.set(body, first.length);
  return bytes;
}

/** @throws TypeError saying what is wrong with the file: another version, a digest that does not fit, a field. */
export function parseCheckpoint(crypto: Crypto, bytes: Uint8Array): CheckpointFile {
  const [first, body] = splitLine(bytes);
  const space = first.lastIndexOf(" ");
  if (first.slice(0, space) !== signature) {
    throw unexpected("first line", `${JSON.stringify(signature)} and a digest`, first.slice(0, 80));
  }
  if (first.slice(space + 1) !== toBase64Url(crypto.sha256(body))) {
    throw new TypeError("checkpoint: its digest does not fit its content; the file is damaged");
  }
  const [header, cargo] = splitLine(body);
  const fields = JSON.parse(header) as Readonly<Record<string, unknown>>;
  const { computation, epoch, takenAtMs, process, label, name, definitions } = fields;
  if (typeof computation !== "string") throw unexpected("computation", "a text", computation);
  if (!Number.isSafeInteger(epoch) || (epoch as number) < 1) {
    throw unexpected("epoch", "a whole number of at least 1", epoch);
  }
  if (typeof takenAtMs !== "number") throw unexpected("takenAtMs", "a time", takenAtMs);
  if (typeof process !== "string") throw unexpected("process", "a text", process);
  if (typeof label !== "string") throw unexpected("label", "a text", label);
  if (name !== null && typeof name !== "string") throw unexpected("name", "a text or nothing", name);
  if (!Array.isArray(definitions)) throw unexpected("definitions", "a list", definitions);
  return {
    computation,
    epoch: epoch as number,
    takenAtMs,
    process,
    label,
    name,
    // The code store checks them: it recomputes each hash.
    definitions: definitions as readonly PackedDefinition[],
    cargo,
  };
}

const newline = 10;

function splitLine(bytes: Uint8Array): readonly [line: string, rest: Uint8Array] {
  const end = bytes.indexOf(newline);
  if (end < 0) throw new TypeError("checkpoint: expected a line, found the end of the file");
  return [new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end)), bytes.subarray(end + 1)];
}

function unexpected(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name} of a checkpoint: expected ${expected}, got ${describe(value)}`);
}
