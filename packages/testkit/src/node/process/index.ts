export { runInProcesses } from "./run-in-processes.ts";
export type { ProcessPlan } from "./run-in-processes.ts";
export type { ProcessOptions } from "./process-run.ts";
