import { h, type VNode } from "preact";
import type { ShownValue } from "../../protocol/value.ts";

/** A value of the program, as a tree. */
export function Shown(_properties: { readonly value: ShownValue }): VNode {
  return h("div", null);
}
