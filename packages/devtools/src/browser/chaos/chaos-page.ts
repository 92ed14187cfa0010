import { h, type VNode } from "preact";

/** Harm on purpose. */
export function ChaosPage(): VNode {
  return h("section", null);
}
