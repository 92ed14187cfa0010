import type { Message } from "@espalier/runtime";

export const node = "A".repeat(43);
const place = `${node}/life-1`;
export const process = `${place}/7`;
const bytes = Uint8Array.of(1, 2, 3);
const payload = { bytes, hashes: ["hash"] };
export const route = { to: ["life-1", 7], from: ["life-2", 0] } as const;
export const definition = {
  hash: "h",
  name: "f",
  kind: "fn",
  text: "() => 1",
  dependencies: { g: "##g" },
  origin: "file:///f.ts:1",
} as const;
const about = { process, epoch: 3 };

/** One of each kind. */
export const examples: readonly Message[] = [
  { type: "signal.message", ...route, payload },
  { type: "signal.exit", ...route, cause: payload, link: true },
  { type: "signal.link", ...route },
  { type: "signal.unlink", ...route, id: 1 },
  { type: "signal.unlinked", ...route, id: 1 },
  { type: "signal.monitor", ...route, ref: 2 },
  { type: "signal.demonitor", ...route, ref: 2 },
  { type: "signal.down", ...route, ref: 2, cause: payload },
  { type: "signal.reply", ...route, ref: 2, payload },
  { type: "signal.migrate", ...route, ref: 3, payload },
  { type: "code.need", hashes: ["a", "b"] },
  { type: "code.supply", definitions: [definition, { ...definition, author: node }], missing: ["c"] },
  { type: "code.have", hashes: ["a", "*b@c"] },
  { type: "heartbeat.watch", id: 1, heartbeat: payload },
  { type: "heartbeat.watched", id: 1, status: payload },
  { type: "heartbeat.unwatch", id: 1 },
  { type: "heartbeat.unwatched", id: 1 },
  { type: "heartbeat.tell", id: 1, status: payload },
  { type: "heartbeat.heard", id: 1 },
  { type: "heartbeat.fail", id: 1, heartbeat: payload, cause: payload },
  { type: "heartbeat.failed", id: 1 },
  { type: "pulse.ask" },
  { type: "pulse.answer", registered: 2 },
  {
    type: "transfer.offer",
    ...about,
    home: place,
    cargo: bytes,
    hashes: ["h"],
    received: 4,
    performed: 5,
    effects: [payload],
    baton: null,
    grant: { term: 1, serial: 2, baton: "b" },
    address: "ws://host:7000",
  },
  { type: "transfer.need", ...about, hashes: ["h"] },
  { type: "transfer.code", ...about, definitions: [definition] },
  { type: "transfer.accepted", ...about },
  { type: "transfer.refused", ...about, reason: { name: "Error", message: "no", code: null } },
  { type: "transfer.claim", ...about, arrival: 1, baton: "b", term: null, received: 4 },
  { type: "transfer.grant", ...about, arrival: 1, term: 2, baton: "b", performed: 5 },
  { type: "transfer.denied", ...about },
  { type: "transfer.bar", ...about },
  { type: "transfer.barred", ...about, baton: "b", performed: 5 },
  { type: "transfer.handed", ...about, to: place },
  { type: "transfer.released", ...about },
  { type: "transfer.in", ...about, number: 6, signal: payload },
  { type: "transfer.out", ...about, number: 6, effect: payload },
  { type: "lease.beat", number: 1, term: null, lapsed: false, receipts: [[process, 3, 6]] },
  { type: "lease.acknowledged", number: 1, term: 2, floor: 3, receipts: [[process, 3, 6]] },
];
