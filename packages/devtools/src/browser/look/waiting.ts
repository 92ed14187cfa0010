import type { Trouble } from "../../protocol/requests.ts";
import { h, type VNode } from "../h.ts";

/** What stands where there are no rows: what went wrong, that they are on their way, or that there are none. */
export function Waiting(properties: {
  readonly trouble: Trouble | null;
  readonly waits: boolean;
  readonly empty: string;
}): VNode {
  const { trouble, waits, empty } = properties;
  if (trouble === null)
    return h("p", { class: "empty", role: "status" }, waits ? "Waiting for the first answer." : empty);
  return h(
    "p",
    { class: "empty", role: "alert" },
    h("strong", { class: "critical" }, trouble.message),
    trouble.hint === null ? null : ` ${trouble.hint}`,
  );
}
