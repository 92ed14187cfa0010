import { Application } from "@espalier/supervisor";

export const define: typeof Application.define = Application.define;
export const ensureAllStarted: typeof Application.ensureAllStarted = Application.ensureAllStarted;
export const ensureStarted: typeof Application.ensureStarted = Application.ensureStarted;
export const load: typeof Application.load = Application.load;
export const loaded: typeof Application.loaded = Application.loaded;
export const start: typeof Application.start = Application.start;
export const stop: typeof Application.stop = Application.stop;
export const which: typeof Application.which = Application.which;
