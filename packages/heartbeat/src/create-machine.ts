import type { AnyStateMachine } from "xstate";
import { createMachine as createXstateMachine } from "xstate";
import type { MachineConfig } from "./table.ts";

/** The xstate machine of a config that a table is compiled from. */
export function createMachine(config: MachineConfig): AnyStateMachine {
  // xstate's config is the wider type but not declared readonly; it does not write to it.
  return createXstateMachine(config as Parameters<typeof createXstateMachine>[0]);
}
