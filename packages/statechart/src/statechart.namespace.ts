import type { Server } from "@espalier/runtime";

export { eventTimeout, nextEvent, postpone, reply, send, stateTimeout, stop, timeout } from "./actions.ts";
export { updateStateTimeout, updateTimeout } from "./actions.ts";
export { define } from "./define.ts";
export { process } from "./process-logic.ts";
export { ref, snapshot, start, startLink } from "./reference.ts";

/** Somebody who waits for a reply of type `V`: what `from` of an event is that can be called. */
export type From<V> = Server.From<V>;
