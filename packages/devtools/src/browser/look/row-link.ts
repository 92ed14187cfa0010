import type { ProcessRow } from "../../protocol/sheets.ts";
import { h, type VNode } from "../h.ts";
import { callOf } from "../process-name.ts";
import { href } from "../route.ts";
import { Said } from "../shown/said.ts";
import { visible } from "../shown/visible-text.ts";

/** What a process is called. The link opens the drawer. */
export function RowLink({ row }: { readonly row: ProcessRow }): VNode {
  const { call, beside } = callOf(row);
  return h(
    "a",
    {
      class: "process-link cut",
      href: href({ process: row.pid }),
      title: visible(`${call} ${beside} ${row.shortPid}`),
    },
    h(Said, { text: call }),
    beside === "" ? null : h("span", { class: "faint" }, " ", h(Said, { text: beside })),
  );
}
