import { h, type VNode } from "preact";

/** Links to other nodes. */
export function NetworkPage(): VNode {
  return h("section", null);
}
