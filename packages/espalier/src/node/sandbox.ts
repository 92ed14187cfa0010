import { readLimits, Sandboxes, type SandboxLimits } from "@espalier/sandbox";
import { processLaunch, workerLaunch } from "@espalier/sandbox/node";

/** Where code that nobody vouches for runs, and what it may use. */
export interface SandboxOptions extends SandboxLimits {
  /**
   * `"process"`, unless said: a process of the operating system for each peer. `"worker"`: a thread of this process, lighter, for peers that make
   * mistakes and mean no harm: code in it that wants to can end the node, by asking for more memory than there is.
   */
  readonly isolation?: "worker" | "process";
}

/** @throws TypeError or RangeError naming the setting that is none. */
export function sandboxesOf({ isolation = "process", ...limits }: SandboxOptions): Sandboxes {
  const launches = { worker: workerLaunch, process: processLaunch };
  const launch = Object.hasOwn(launches, isolation) ? launches[isolation] : undefined;
  if (launch === undefined)
    throw new TypeError(`sandbox.isolation: expected "worker" or "process", got ${JSON.stringify(isolation)}`);
  return new Sandboxes(launch(readLimits(limits)), limits);
}
