import { h, type VNode } from "preact";

/** Heartbeats, and processes away from home. */
export function LifetimesPage(): VNode {
  return h("section", null);
}
