import type { Crypto, Host, Limits, NodeId } from "@espalier/runtime";
import { toBase64Url } from "@espalier/runtime";
import { concat } from "../bytes.ts";
import { IdentityError } from "../errors.ts";

const idBytes = 32;
const signatureBytes = 64;
const timeBytes = 8;

/** The bytes of a proof: id, signature, time. */
export const proofBytes: number = idBytes + signatureBytes + timeBytes;

/** Who signs: an identity, which keeps its seed to itself. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/**
 * `id ‖ Ed25519(statement ‖ not after) ‖ not after`: that the node says `statement`, until then.
 *
 * @param statement begins with a text that no other kind of statement begins with.
 * @param notAfter wall-clock milliseconds.
 */
export function prove(signer: Signer, statement: Uint8Array, notAfter: number): Uint8Array {
  const time = encodeTime(notAfter);
  return concat(signer.publicKey, signer.sign(concat(statement, time)), time);
}

/**
 * Who says `statement`, now.
 *
 * @param lifetimeMs how long proofs of this kind hold: one that holds for longer is refused, since it could not be taken back by waiting.
 * @param isKnown whether this very proof of this statement was verified before: its time is looked at all the same.
 * @throws IdentityError when the signature is of something else or by somebody else, or the time is not right.
 */
export function verifyProof(
  host: Pick<Host, "crypto" | "clock">,
  statement: Uint8Array,
  proof: Uint8Array,
  lifetimeMs: number,
  limits: Limits,
  isKnown = false,
): NodeId {
  if (proof.length !== proofBytes) {
    throw new IdentityError(`identity proof: expected ${proofBytes} bytes, got ${proof.length}`);
  }
  const publicKey = proof.slice(0, idBytes);
  const signature = proof.subarray(idBytes, idBytes + signatureBytes);
  const time = proof.subarray(idBytes + signatureBytes);
  const id = toBase64Url(publicKey);
  if (!isKnown && !isSignature(host.crypto, publicKey, concat(statement, time), signature)) {
    throw new IdentityError(`identity proof: the signature is not that of ${id} for the key that the session uses`);
  }
  const leftMs = decodeTime(time) - host.clock.wall();
  if (leftMs < -limits.wallSkewMs) {
    throw new IdentityError(
      `identity proof of ${id}: ended ${Math.round(-leftMs / 1000)} s ago; compare the clocks of both machines`,
    );
  }
  if (leftMs > lifetimeMs + limits.wallSkewMs) {
    throw new IdentityError(
      `identity proof of ${id}: expected one that ends within ${lifetimeMs / 1000} s, got one that ends in ${Math.round(leftMs / 1000)} s; compare the clocks of both machines`,
    );
  }
  return id;
}

/** Until when a proof holds: wall-clock milliseconds. */
export function notAfterOf(proof: Uint8Array): number {
  return decodeTime(proof.subarray(idBytes + signatureBytes));
}

function isSignature(crypto: Crypto, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return crypto.ed25519Verify(publicKey, message, signature);
  } catch {
    // The port throws on bytes that are no point of the curve: no signature of anybody.
    return false;
  }
}

function encodeTime(ms: number): Uint8Array {
  const bytes = new Uint8Array(timeBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(ms));
  return bytes;
}

function decodeTime(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, timeBytes).getBigUint64(0));
}
