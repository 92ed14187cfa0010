import type { Crypto } from "@espalier/runtime";
import { Identity } from "@espalier/wire";
import type { KeyedRandom } from "./random.ts";

/** The key of the node on the machine with this name: it depends on the seed and the name alone, so it is the same in every world. */
export function machineIdentity(name: string, random: KeyedRandom, crypto: Crypto): Identity {
  return new Identity(crypto, random.stream(`key:${name}`).bytes(32));
}
