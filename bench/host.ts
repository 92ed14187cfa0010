import type { Host } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";

/** Real time and the real event loop; the rest is of no account where processes of one node are measured. */
export function benchHost(): Host {
  const { crypto, disk, network, random } = new ManualHost();
  return {
    crypto,
    disk,
    network,
    random,
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
