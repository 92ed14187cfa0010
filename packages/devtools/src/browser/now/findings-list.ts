import type { Finding } from "../../protocol/sheets.ts";
import { h, type VNode } from "../h.ts";
import { SeverityMark } from "../look/severity.ts";
import { duration } from "../numbers.ts";
import { href } from "../route.ts";
import { Said } from "../shown/said.ts";

/** What somebody should look at, the worst first, each with the way to it. */
export function FindingsList({ findings }: { readonly findings: readonly Finding[] }): VNode {
  return h(
    "section",
    { class: "findings", "aria-labelledby": "findings-title" },
    h("h2", { id: "findings-title" }, `Findings${findings.length === 0 ? "" : ` ${findings.length}`}`),
    findings.length === 0
      ? h("p", { class: "faint" }, "None: no mailbox grows, no handler is stuck, nothing is restarted again and again.")
      : h(
          "ul",
          { class: "panel" },
          findings.map((finding) => line(finding)),
        ),
  );
}

function line(finding: Finding): VNode {
  return h(
    "li",
    { key: finding.id, class: `finding is-${finding.severity}` },
    h(SeverityMark, { severity: finding.severity }),
    h(
      "div",
      { class: "finding-text" },
      h(
        "p",
        null,
        h(Said, { text: finding.text }),
        " ",
        h("span", { class: "faint" }, `for ${duration(finding.sinceMs)}`),
      ),
      h("p", { class: "quiet" }, h(Said, { text: finding.hint })),
    ),
    h(
      "span",
      { class: "finding-links" },
      finding.crash === null ? null : h("a", { href: href({ page: "crash", id: String(finding.crash) }) }, "Crash"),
      finding.pid === null ? null : h("a", { href: href({ process: finding.pid }) }, "Process"),
      finding.pid === null && finding.crash === null ? h("a", { href: href({ page: "timeline" }) }, "Timeline") : null,
      h("span", { class: "faint mono" }, finding.rule),
    ),
  );
}
