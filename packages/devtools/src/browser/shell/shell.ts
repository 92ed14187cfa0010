import { h, type VNode } from "../h.ts";
import { connection } from "../store.ts";

/** All that is on the screen. */
export function Shell(): VNode {
  return h("main", null, connection.value.state);
}
