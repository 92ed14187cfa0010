export { define } from "./application-definition.ts";
export type { ApplicationSpec as Spec, ApplicationType as Type } from "./application-definition.ts";
export { ensureAllStarted, ensureStarted, load, loaded, start, stop, which } from "./application-manage.ts";
export { run } from "./application.ts";
