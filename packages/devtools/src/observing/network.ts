import type { Node } from "@espalier/runtime";
import type { NetworkSheet } from "../protocol/sheets.ts";
import { newestLines } from "./lines.ts";

const linksMax = 500;
const linesMax = 100;

const connections = ["connection.", "handshake.", "node"];

/** The node among others: the links that it has, and what happened to them. */
export function networkOf(node: Node): NetworkSheet {
  const { distribution } = node.kernel;
  const handshakes = distribution?.network()?.handshakes;
  return {
    url: distribution?.url ?? null,
    links: (distribution?.links() ?? []).slice(0, linksMax).map((link) => ({
      peer: link.peer,
      address: link.address,
      dialled: link.dialled,
      pattern: link.pattern,
      upMs: link.upMs,
      sentBytes: link.sent.bytes,
      receivedBytes: link.received.bytes,
      sentMessages: link.sent.messages,
      receivedMessages: link.received.messages,
      queuedBytes: link.queuedBytes,
      roundTripMs: link.roundTrip?.lastMs ?? null,
    })),
    handshakes:
      handshakes === undefined ? null : { begun: handshakes.begun, done: handshakes.done, failed: handshakes.failed },
    events: newestLines(node, linesMax, ({ type }) =>
      connections.some((prefix) => type.startsWith(prefix)),
    ).toReversed(),
  };
}
