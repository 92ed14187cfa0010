/**
 * The door for people who want the machines themselves (to draw, to simulate in Stately's tools), and for tests that
 * hold a machine and its table equal. It needs xstate; what the runtime executes does not.
 */
export { compareMachine } from "./agreement.ts";
export type { Agreement } from "./agreement.ts";
export { createMachine } from "./create-machine.ts";
export { heartbeatMachine } from "./heartbeat.machine.ts";
export { transferHomeMachine, transferSourceMachine, transferTargetMachine } from "./transfer.machine.ts";
