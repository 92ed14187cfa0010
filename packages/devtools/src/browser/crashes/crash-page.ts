import { h, type VNode } from "preact";

/** One crash report. */
export function CrashPage(_properties: { readonly id: number }): VNode {
  return h("section", null);
}
