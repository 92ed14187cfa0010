import type { Timeline } from "./timeline.ts";

/** When things happen: by the virtual time of a world, or by the real one where its nodes are processes. */
export type Timing = Pick<Timeline, "nowMs" | "at" | "after" | "cancel">;
