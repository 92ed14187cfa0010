import { channelTravels } from "@espalier/channels";
import { codeFunctions, codeInstances, codeTravels, createCodeStore, InRealm, type Realm } from "@espalier/code";
import { heartbeatTravels } from "@espalier/heartbeat";
import { detachedTravels } from "@espalier/runtime";
import { CborCodec } from "@espalier/wire";
import { sandboxTravels } from "../travels.ts";
import { Guest, type GuestOptions } from "./guest.ts";

/** The inside of a sandbox whose code is evaluated in `realm`. */
export function createGuest(realm: Realm, during: GuestOptions["during"] = (run) => run()): Guest {
  const own = new InRealm(realm);
  const store = createCodeStore({ own, foreign: own });
  const codec = new CborCodec({
    travels: [...detachedTravels(), ...heartbeatTravels, ...channelTravels, ...codeTravels(store), ...sandboxTravels],
    functions: [codeFunctions],
    instances: codeInstances(store),
  });
  return new Guest({ codec, store, during });
}
