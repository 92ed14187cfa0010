export { processLaunch, processMeans } from "./process-link.ts";
export type { ProcessMeans } from "./process-link.ts";
export { workerLaunch } from "./worker-link.ts";
