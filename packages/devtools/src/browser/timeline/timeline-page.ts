import { h, type VNode } from "preact";

/** What happened, along the time. */
export function TimelinePage(): VNode {
  return h("section", null);
}
