export { browserHost } from "./host.ts";
export type { BrowserHostOptions } from "./host.ts";
