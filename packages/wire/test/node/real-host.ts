import type { Host } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { webSocketNetwork } from "../../src/node/index.ts";

/** A host with real sockets, time and loop; keys and files as in other tests. */
export function realHost(seed: number): Host {
  const { crypto, disk, random } = new ManualHost({ seed });
  return {
    crypto,
    disk,
    random,
    network: webSocketNetwork(),
    clock: {
      monotonic: () => performance.now(),
      wall: () => Date.now(),
      after(delayMs, fire) {
        const timer = setTimeout(fire, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    loop: { soon: (task) => void setImmediate(task), afterInput: (task) => void setImmediate(task) },
  };
}
