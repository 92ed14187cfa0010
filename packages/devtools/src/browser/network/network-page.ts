import { useMemo, useRef } from "preact/hooks";
import type { NetworkSheet } from "../../protocol/sheets.ts";
import { h, type ComponentChild } from "../h.ts";
import { bytes, count, duration, plural } from "../numbers.ts";
import { EventTable } from "../look/event-table.ts";
import { Fact } from "../process/overview-tab.ts";
import { Refused } from "../look/refused.ts";
import { Said } from "../shown/said.ts";
import { useFollow, useTrouble } from "../store.ts";
import { nodeName } from "./node-name.ts";
import { trafficBetween, type Traffic } from "./traffic.ts";

/** Links to other nodes. */
export function NetworkPage(): ComponentChild {
  const sheet = useFollow("network", {});
  const trouble = useTrouble("network", {});
  const traffic = useTraffic(sheet);
  return h(
    "section",
    { class: "room", "aria-labelledby": "network-title" },
    h("h1", { id: "network-title" }, "Network"),
    trouble === null ? null : h(Refused, trouble),
    sheet === null
      ? trouble === null
        ? h("p", { class: "empty" }, "Asking the program.")
        : null
      : h(Parts, { sheet, traffic }),
  );
}

interface PartsProps {
  readonly sheet: NetworkSheet;
  readonly traffic: ReadonlyMap<string, Traffic>;
}

function Parts({ sheet, traffic }: PartsProps): ComponentChild {
  const { url, handshakes, events } = sheet;
  return [
    h(
      "dl",
      { class: "facts" },
      h(
        Fact,
        { name: "address" },
        url === null ? h("span", { class: "faint" }, "it does not listen") : h(Said, { text: url }),
      ),
      h(
        Fact,
        { name: "handshakes" },
        handshakes === null ? h("span", { class: "faint" }, "it makes none") : h(Handshakes, { handshakes }),
      ),
    ),
    h(
      "section",
      { "aria-labelledby": "network-links" },
      h("h2", { id: "network-links" }, "Links"),
      sheet.links.length === 0
        ? h(
            "p",
            { class: "empty" },
            "This node is linked to no other. Nodes connect when a process first speaks to one of another node.",
          )
        : h(Links, { sheet, traffic }),
    ),
    h(
      "section",
      { "aria-labelledby": "network-events" },
      h("h2", { id: "network-events" }, "Events, the newest first"),
      h(EventTable, {
        caption: "Events of connections, the newest first",
        events,
        empty: "The flight recorder has none of connections.",
      }),
    ),
  ];
}

function Handshakes({ handshakes }: { readonly handshakes: NonNullable<NetworkSheet["handshakes"]> }): ComponentChild {
  const failed = Object.entries(handshakes.failed).filter(([, times]) => times > 0);
  return [
    `${count(handshakes.done)} of ${count(handshakes.begun)} done`,
    failed.length === 0
      ? ", none failed"
      : [
          ", failed: ",
          h(
            "span",
            { class: "warning" },
            failed.map(([why, times], index) => [
              index === 0 ? "" : ", ",
              h(Said, { text: why }),
              ` ${plural(times, "time", "times")}`,
            ]),
          ),
        ],
  ];
}

const heads: readonly (readonly [text: string, kind: "" | "number"])[] = [
  ["peer", ""],
  ["address", ""],
  ["pattern", ""],
  ["up", "number"],
  ["round trip", "number"],
  ["sent", "number"],
  ["received", "number"],
  ["messages out, in", "number"],
  ["waiting to be sent", "number"],
];

function Links({ sheet, traffic }: PartsProps): ComponentChild {
  return h(
    "div",
    { class: "sheet-frame" },
    h(
      "table",
      { class: "sheet panel", "aria-labelledby": "network-links" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          heads.map(([text, kind]) => h("th", { key: text, scope: "col", class: kind }, text)),
        ),
      ),
      h(
        "tbody",
        null,
        sheet.links.map((link) => {
          const now = traffic.get(link.peer);
          return h(
            "tr",
            { key: link.peer },
            h("td", { class: "mono", title: link.peer }, h(Said, { text: nodeName(link.peer, undefined) })),
            h(
              "td",
              null,
              link.address === null ? h("span", { class: "faint" }, "–") : h(Said, { text: link.address }),
              h("span", { class: "faint" }, link.dialled ? " dialled" : " accepted"),
            ),
            h("td", null, h(Said, { text: link.pattern })),
            h("td", { class: "number" }, duration(link.upMs)),
            h("td", { class: "number" }, link.roundTripMs === null ? "–" : duration(link.roundTripMs)),
            h("td", { class: "number" }, bytes(link.sentBytes), rate(now?.sentBytesPerSecond)),
            h("td", { class: "number" }, bytes(link.receivedBytes), rate(now?.receivedBytesPerSecond)),
            h("td", { class: "number" }, `${count(link.sentMessages)}, ${count(link.receivedMessages)}`),
            h("td", { class: `number ${link.queuedBytes > 0 ? "warning" : "faint"}` }, bytes(link.queuedBytes)),
          );
        }),
      ),
    ),
  );
}

function rate(bytesPerSecond: number | undefined): ComponentChild {
  return h("span", { class: "rate faint" }, bytesPerSecond === undefined ? "" : `${bytes(bytesPerSecond)}/s`);
}

/** What goes over the links between the last two answers. */
function useTraffic(sheet: NetworkSheet | null): ReadonlyMap<string, Traffic> {
  const before = useRef<{ readonly atMs: number; readonly links: NetworkSheet["links"] } | null>(null);
  return useMemo(() => {
    const now = sheet === null ? null : { atMs: performance.now(), links: sheet.links };
    const traffic =
      now === null || before.current === null ? new Map<string, Traffic>() : trafficBetween(before.current, now);
    before.current = now;
    return traffic;
  }, [sheet]);
}
