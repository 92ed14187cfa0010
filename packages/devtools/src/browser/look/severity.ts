import type { Severity } from "../../protocol/sheets.ts";
import { h, type VNode } from "../h.ts";

const shapes: Readonly<Record<Severity, string>> = { critical: "◆", warning: "▲", notice: "●" };

/** How bad something is: a shape and a word, not only a colour. */
export function SeverityMark({ severity }: { readonly severity: Severity }): VNode {
  return h(
    "span",
    { class: `severity ${severity}`, title: severity },
    h("span", { "aria-hidden": "true" }, shapes[severity]),
    h("span", { class: "hidden-text" }, `${severity}: `),
  );
}
