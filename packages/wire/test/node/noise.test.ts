import { hkdfSync } from "node:crypto";
import { nodeCrypto } from "@espalier/runtime/node";
import { expect, it } from "vitest";
import { presharedKeyOf } from "../../src/identity/keyring.ts";
import { checkVector, vectors } from "../noise-vectors.ts";

it.each(vectors.map((vector) => [vector.protocol_name, vector] as const))(
  "Node's primitives match the vector %s",
  (_, vector) => checkVector(vector, nodeCrypto),
);

it("the key that a shared key is used by is what HKDF makes of it (RFC 5869)", () => {
  const sharedKey = new Uint8Array(32).fill(0x0b);
  const expected = hkdfSync("sha256", sharedKey, new Uint8Array(0), "espalier/1 shared key\0", 32);
  expect(presharedKeyOf({ crypto: nodeCrypto }, sharedKey)).toEqual(new Uint8Array(expected));
});
