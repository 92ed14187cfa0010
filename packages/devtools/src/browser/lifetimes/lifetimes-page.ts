import type { Lifetimes } from "../../protocol/sheets.ts";
import { h, type ComponentChild } from "../h.ts";
import { duration, grouped, plural } from "../numbers.ts";
import { EventTable } from "../look/event-table.ts";
import { ProcessLink } from "../look/process-link.ts";
import { Refused } from "../look/refused.ts";
import { Said } from "../shown/said.ts";
import { currentNode, useFollow, useTrouble } from "../store.ts";
import { nodeName } from "../network/node-name.ts";

/** Heartbeats, and processes that are not where their home is. */
export function LifetimesPage(): ComponentChild {
  const lifetimes = useFollow("lifetimes", {});
  const trouble = useTrouble("lifetimes", {});
  return h(
    "section",
    { class: "room", "aria-labelledby": "lifetimes-title" },
    h("h1", { id: "lifetimes-title" }, "Lifetimes"),
    trouble === null ? null : h(Refused, trouble),
    lifetimes === null
      ? trouble === null
        ? h("p", { class: "empty" }, "Asking the program.")
        : null
      : h(Parts, { lifetimes }),
  );
}

function Parts({ lifetimes }: { readonly lifetimes: Lifetimes }): ComponentChild {
  const { heartbeats, heartbeatCount, travellers, moves, lease } = lifetimes;
  return [
    h(
      "p",
      { class: "quiet" },
      plural(heartbeatCount, "heartbeat", "heartbeats"),
      heartbeatCount > heartbeats.length ? `, of which ${grouped(heartbeats.length)} are listed` : "",
      `; ${plural(travellers.length, "process is", "processes are")} away or guests here. `,
      lease === null ? "This node gives no leases." : `A lease of this node lasts ${duration(lease.leaseMs)}.`,
    ),
    h(
      "section",
      { "aria-labelledby": "heartbeats" },
      h("h2", { id: "heartbeats" }, "Heartbeats"),
      heartbeats.length === 0
        ? h(
            "p",
            { class: "empty" },
            "This node knows no heartbeat. A program makes one with Heartbeat.create; what is bound to it ends with it.",
          )
        : h(Heartbeats, { heartbeats }),
    ),
    h(
      "section",
      { "aria-labelledby": "travellers" },
      h("h2", { id: "travellers" }, "Away from home"),
      travellers.length === 0
        ? h("p", { class: "empty" }, "Every process is where its home is. Remote.transfer takes one to another node.")
        : h(Travellers, { travellers }),
    ),
    h(
      "section",
      { "aria-labelledby": "moves" },
      h("h2", { id: "moves" }, "Moves, the newest first"),
      h(EventTable, { caption: "Moves, the newest first", events: moves, empty: "The flight recorder has no moves." }),
    ),
  ];
}

function Heartbeats({ heartbeats }: Pick<Lifetimes, "heartbeats">): ComponentChild {
  const longestMs = Math.max(1, ...heartbeats.map(({ remainingMs }) => remainingMs ?? 0));
  return h(
    "div",
    { class: "sheet-frame" },
    h(
      "table",
      { class: "sheet panel", "aria-labelledby": "heartbeats" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          ["heartbeat", "who decides", "status", "remaining"].map((head) => h("th", { key: head, scope: "col" }, head)),
        ),
      ),
      h(
        "tbody",
        null,
        heartbeats.map(({ id, home, decidedHere, status, remainingMs }) =>
          h(
            "tr",
            { key: id },
            h("td", { class: "mono" }, h(Said, { text: id })),
            h(
              "td",
              null,
              decidedHere ? "this node" : ["node ", h(Said, { text: nodeName(home, currentNode.value?.id) })],
            ),
            h("td", { class: status.startsWith("live") ? "" : "quiet" }, h(Said, { text: status })),
            h(
              "td",
              null,
              remainingMs === null
                ? h("span", { class: "faint" }, "–")
                : [
                    h("span", {
                      class: "remaining-bar",
                      "aria-hidden": "true",
                      style: { width: `${(Math.max(0, remainingMs) / longestMs) * 6}rem` },
                    }),
                    duration(Math.max(0, remainingMs)),
                  ],
            ),
          ),
        ),
      ),
    ),
  );
}

function Travellers({ travellers }: Pick<Lifetimes, "travellers">): ComponentChild {
  const here = currentNode.value?.id;
  return h(
    "div",
    { class: "sheet-frame" },
    h(
      "table",
      { class: "sheet panel", "aria-labelledby": "travellers" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          ["process", "is", "home → host", "hops"].map((head) => h("th", { key: head, scope: "col" }, head)),
        ),
      ),
      h(
        "tbody",
        null,
        travellers.map(({ pid, label, place, home, host, hops }) =>
          h(
            "tr",
            { key: pid },
            h("td", null, h(ProcessLink, { pid, label })),
            h("td", null, h(Said, { text: place })),
            h(
              "td",
              null,
              h(Said, { text: nodeName(home, here) }),
              h("span", { class: "faint" }, " → "),
              h(Said, {
                text: host === null ? (place === "guest" ? "this node" : "not known here") : nodeName(host, here),
              }),
            ),
            h(
              "td",
              null,
              hops.length === 0
                ? h("span", { class: "faint" }, "–")
                : h(
                    "ol",
                    null,
                    hops.map((hop, index) => h("li", { key: index }, h(Said, { text: hop }))),
                  ),
            ),
          ),
        ),
      ),
    ),
  );
}
