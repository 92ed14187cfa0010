export { runInProcesses } from "./run-in-processes.ts";
export type { ProcessOptions, ProcessPlan } from "./run-in-processes.ts";
