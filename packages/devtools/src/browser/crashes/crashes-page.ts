import { h, type VNode } from "preact";

/** What crashed, by kind. */
export function CrashesPage(): VNode {
  return h("section", null);
}
