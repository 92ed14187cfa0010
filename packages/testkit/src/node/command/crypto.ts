import type { Crypto } from "@espalier/runtime";
import { nodeCrypto } from "@espalier/runtime/node";
import { portableCrypto } from "@espalier/runtime/portable";

/** The cryptography that runs can be told to use, by the names that the command knows them by. */
export type CryptoName = (typeof cryptoNames)[number];

export const cryptoNames = ["node", "portable", "plain"] as const;

const byName: { readonly [Name in CryptoName]: Crypto | "plain" } = {
  node: nodeCrypto,
  portable: portableCrypto,
  plain: "plain",
};

/** Names travel between threads, functions do not. */
export function cryptoOf(name: CryptoName | null): { readonly crypto?: Crypto | "plain" } {
  return name === null ? {} : { crypto: byName[name] };
}

/** The same for what makes a run again, whose plan says whether it is the plain one. */
export function codeOf(name: CryptoName | null): { readonly crypto?: Crypto } {
  const { crypto } = cryptoOf(name);
  return typeof crypto === "object" ? { crypto } : {};
}
