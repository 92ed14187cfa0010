import { h, type VNode } from "../h.ts";

export function TreePage(): VNode {
  return h("section", null);
}
