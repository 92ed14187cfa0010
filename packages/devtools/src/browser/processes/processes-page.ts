import { h, type VNode } from "../h.ts";

export function ProcessesPage(): VNode {
  return h("section", null);
}
