import { h, type VNode } from "preact";

/** One process, in full. */
export function ProcessDrawer(_properties: { readonly pid: string }): VNode {
  return h("section", null);
}
