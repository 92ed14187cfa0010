import type { LocalGenerator } from "@espalier/heartbeat";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "./pid.ts";

/**
 * A name that something other than the node's own table of names knows, such as a registry or the cluster: OTP's `{via, Module, Name}`. It stands
 * wherever a name does: to send to, to monitor, to call, to start under.
 */
export abstract class ViaName<in M = unknown> {
  declare readonly accepts: (message: M) => void;

  /** Who has the name now, as this node knows; undefined for nobody, and for a process that is known to have ended. */
  abstract whereis(kernel: Kernel): Pid<any> | undefined;

  /**
   * Gives the name to the process that performs this: a process that is started under it does so before anything of its own runs.
   *
   * @returns who has it already; null when it is the process's now.
   */
  abstract register(): LocalGenerator<Pid<any> | null>;

  /** Takes the name from the process that performs this; nothing when it does not have it. */
  abstract unregister(): LocalGenerator<void>;

  /** For people: in errors and dev tools. */
  abstract toString(): string;
}
