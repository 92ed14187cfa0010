import type { Crypto } from "@espalier/runtime";
import { nodeCrypto } from "@espalier/runtime/node";
import { portableCrypto } from "@espalier/runtime/portable";

/** The cryptography that runs can be told to use, by the names that the command knows them by. */
export type CryptoName = "node" | "portable";

const byName: { readonly [Name in CryptoName]: Crypto } = { node: nodeCrypto, portable: portableCrypto };

/** Names travel between threads, functions do not. */
export function cryptoOf(name: CryptoName | null): { readonly crypto?: Crypto } {
  return name === null ? {} : { crypto: byName[name] };
}
