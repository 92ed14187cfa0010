import type { Overview } from "../../protocol/sheets.ts";
import { h, type VNode } from "../h.ts";
import { count } from "../numbers.ts";
import { href, route } from "../route.ts";
import { connection, planes } from "../store.ts";
import { places } from "./places.ts";

/** The way to the pages, and how many there are of what they show. */
export function Rail({ overview }: { readonly overview: Overview | null }): VNode {
  const current = route.value.page === "crash" ? "crashes" : route.value.page;
  const file = connection.value.state === "file";
  const shown = places.filter(({ page }) =>
    file ? page === "timeline" : page !== "chaos" || planes.value.includes("chaos"),
  );
  return h(
    "nav",
    { class: "rail", "aria-label": "Pages" },
    h(
      "ul",
      null,
      shown.map(({ page, title, key }) =>
        h(
          "li",
          { key: page },
          h(
            "a",
            {
              href: href({ page }),
              "aria-current": page === current ? "page" : undefined,
              title: `${title} (g ${key})`,
            },
            h("span", null, title),
            numberAt(page, overview),
          ),
        ),
      ),
    ),
  );
}

function numberAt(page: string, overview: Overview | null): VNode | null {
  if (overview === null) return null;
  if (page === "now" && overview.findings.length > 0) {
    const worst = overview.findings.some(({ severity }) => severity === "critical") ? "critical" : "warning";
    return h("span", { class: `rail-count ${worst}`, title: "findings" }, overview.findings.length);
  }
  if (page === "processes") return h("span", { class: "rail-count" }, count(overview.processes));
  if (page === "crashes" && overview.crashes > 0) return h("span", { class: "rail-count" }, count(overview.crashes));
  return null;
}
