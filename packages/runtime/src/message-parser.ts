import { describe, type Place, type Receipt, type RidingGrant } from "@espalier/heartbeat";
import { key32 } from "./base64url.ts";
import type { Hash, PackedDefinition } from "./code.ts";
import {
  homeOf,
  type Message,
  type Payload,
  type ProcessAddress,
  type RefusalReason,
  type SignalRoute,
} from "./message.ts";
import { listeningPattern, type NodeId } from "./cluster/node-ref.ts";

/**
 * Checks that decoded data from a peer is a message and nothing else. Unknown fields are left out.
 *
 * @throws TypeError naming the field, what was expected and what came.
 */
export function parseMessage(data: unknown): Message {
  const fields = record(data, "message");
  const { type } = fields;
  const parse = typeof type === "string" && Object.hasOwn(parsers, type) ? parsers[type as Message["type"]] : undefined;
  if (parse === undefined) throw new TypeError(`message type: expected one that is known, got ${describe(type)}`);
  return parse(fields);
}

type Fields = Readonly<Record<string, unknown>>;

const parsers: { readonly [Type in Message["type"]]: (fields: Fields) => Extract<Message, { type: Type }> } = {
  "signal.message": (fields) => ({ type: "signal.message", ...route(fields), payload: payload(fields, "payload") }),
  "signal.alias": (fields) => ({
    type: "signal.alias",
    ...route(fields),
    ref: count(fields, "ref"),
    priority: flag(fields, "priority"),
    payload: payload(fields, "payload"),
  }),
  "signal.exit": (fields) => ({
    type: "signal.exit",
    ...route(fields),
    cause: payload(fields, "cause"),
    link: flag(fields, "link"),
  }),
  "signal.link": (fields) => ({ type: "signal.link", ...route(fields) }),
  "signal.unlink": (fields) => ({ type: "signal.unlink", ...route(fields), id: count(fields, "id") }),
  "signal.unlinked": (fields) => ({ type: "signal.unlinked", ...route(fields), id: count(fields, "id") }),
  "signal.monitor": (fields) => ({ type: "signal.monitor", ...route(fields), ref: count(fields, "ref") }),
  "signal.demonitor": (fields) => ({ type: "signal.demonitor", ...route(fields), ref: count(fields, "ref") }),
  "signal.down": (fields) => ({
    type: "signal.down",
    ...route(fields),
    ref: count(fields, "ref"),
    cause: payload(fields, "cause"),
  }),
  "signal.reply": (fields) => ({
    type: "signal.reply",
    ...route(fields),
    ref: count(fields, "ref"),
    payload: payload(fields, "payload"),
  }),
  "signal.migrate": (fields) => ({
    type: "signal.migrate",
    ...route(fields),
    ref: count(fields, "ref"),
    payload: payload(fields, "payload"),
  }),
  "code.need": (fields) => ({ type: "code.need", hashes: hashes(fields, "hashes") }),
  "code.supply": (fields) => ({
    type: "code.supply",
    definitions: list(fields, "definitions", definition),
    missing: hashes(fields, "missing"),
  }),
  "code.have": (fields) => ({ type: "code.have", hashes: hashes(fields, "hashes") }),
  "heartbeat.watch": (fields) => ({
    type: "heartbeat.watch",
    id: count(fields, "id"),
    heartbeat: payload(fields, "heartbeat"),
  }),
  "heartbeat.watched": (fields) => ({
    type: "heartbeat.watched",
    id: count(fields, "id"),
    status: payload(fields, "status"),
  }),
  "heartbeat.unwatch": (fields) => ({ type: "heartbeat.unwatch", id: count(fields, "id") }),
  "heartbeat.unwatched": (fields) => ({ type: "heartbeat.unwatched", id: count(fields, "id") }),
  "heartbeat.tell": (fields) => ({
    type: "heartbeat.tell",
    id: count(fields, "id"),
    status: payload(fields, "status"),
  }),
  "heartbeat.heard": (fields) => ({ type: "heartbeat.heard", id: count(fields, "id") }),
  "heartbeat.fail": (fields) => ({
    type: "heartbeat.fail",
    id: count(fields, "id"),
    heartbeat: payload(fields, "heartbeat"),
    cause: payload(fields, "cause"),
  }),
  "heartbeat.failed": (fields) => ({ type: "heartbeat.failed", id: count(fields, "id") }),
  "pulse.ask": () => ({ type: "pulse.ask" }),
  "pulse.answer": (fields) => ({ type: "pulse.answer", registered: count(fields, "registered") }),
  "transfer.offer": (fields) => {
    const about = process(fields);
    const home = place(fields, "home");
    if (home !== homeOf(about.process)) {
      throw new TypeError(`home: expected the home of the process, got ${describe(home)}`);
    }
    return {
      type: "transfer.offer",
      ...about,
      home,
      cargo: bytes(fields, "cargo"),
      hashes: hashes(fields, "hashes"),
      received: count(fields, "received"),
      performed: count(fields, "performed"),
      effects: list(fields, "effects", (item, name) => payload({ [name]: item }, name)),
      baton: optional(fields, "baton", text),
      grant: optional(fields, "grant", ridingGrant),
      address: optional(fields, "address", listening),
    };
  },
  "transfer.need": (fields) => ({ type: "transfer.need", ...process(fields), hashes: hashes(fields, "hashes") }),
  "transfer.code": (fields) => ({
    type: "transfer.code",
    ...process(fields),
    definitions: list(fields, "definitions", definition),
  }),
  "transfer.accepted": (fields) => ({ type: "transfer.accepted", ...process(fields) }),
  "transfer.refused": (fields) => ({ type: "transfer.refused", ...process(fields), reason: refusalReason(fields) }),
  "transfer.claim": (fields) => ({
    type: "transfer.claim",
    ...process(fields),
    arrival: count(fields, "arrival"),
    baton: text(fields, "baton"),
    term: optional(fields, "term", count),
    received: count(fields, "received"),
  }),
  "transfer.grant": (fields) => ({
    type: "transfer.grant",
    ...process(fields),
    arrival: count(fields, "arrival"),
    term: count(fields, "term"),
    baton: text(fields, "baton"),
    performed: count(fields, "performed"),
  }),
  "transfer.denied": (fields) => ({ type: "transfer.denied", ...process(fields) }),
  "transfer.bar": (fields) => ({ type: "transfer.bar", ...process(fields) }),
  "transfer.barred": (fields) => ({
    type: "transfer.barred",
    ...process(fields),
    baton: text(fields, "baton"),
    performed: count(fields, "performed"),
  }),
  "transfer.handed": (fields) => ({ type: "transfer.handed", ...process(fields), to: place(fields, "to") }),
  "transfer.released": (fields) => ({ type: "transfer.released", ...process(fields) }),
  "transfer.in": (fields) => ({
    type: "transfer.in",
    ...process(fields),
    number: count(fields, "number"),
    signal: payload(fields, "signal"),
  }),
  "transfer.out": (fields) => ({
    type: "transfer.out",
    ...process(fields),
    number: count(fields, "number"),
    effect: payload(fields, "effect"),
  }),
  "lease.beat": (fields) => ({
    type: "lease.beat",
    number: count(fields, "number"),
    term: optional(fields, "term", count),
    lapsed: flag(fields, "lapsed"),
    receipts: list(fields, "receipts", receipt),
  }),
  "lease.acknowledged": (fields) => ({
    type: "lease.acknowledged",
    number: count(fields, "number"),
    term: count(fields, "term"),
    floor: count(fields, "floor"),
    receipts: list(fields, "receipts", receipt),
  }),
  "home.leaving": (fields) => ({
    type: "home.leaving",
    ...process(fields),
    to: place(fields, "to"),
    gone: flag(fields, "gone"),
    address: optional(fields, "address", listening),
  }),
  "home.held": (fields) => ({ type: "home.held", ...process(fields) }),
  "home.stays": (fields) => ({ type: "home.stays", ...process(fields) }),
  "home.offer": (fields) => ({
    type: "home.offer",
    ...process(fields),
    cargo: bytes(fields, "cargo"),
    hashes: hashes(fields, "hashes"),
    told: list(fields, "told", (item, name) => place({ [name]: item }, name)),
    addresses: list(fields, "addresses", (item, name) => optional({ [name]: item }, name, listening)),
  }),
  "home.accepted": (fields) => ({ type: "home.accepted", ...process(fields) }),
  "home.refused": (fields) => ({
    type: "home.refused",
    ...process(fields),
    reason: fields["reason"] === null ? null : refusalReason(fields),
  }),
  "home.granted": (fields) => ({ type: "home.granted", ...process(fields) }),
  "home.adopted": (fields) => ({ type: "home.adopted", ...process(fields) }),
  "home.moved": (fields) => ({
    type: "home.moved",
    ...process(fields),
    to: place(fields, "to"),
    address: optional(fields, "address", listening),
  }),
  "home.followed": (fields) => ({ type: "home.followed", ...process(fields) }),
  "home.here": (fields) => ({ type: "home.here", ...process(fields), told: flag(fields, "told") }),
  "home.know": (fields) => ({ type: "home.know", ...process(fields), unbroken: flag(fields, "unbroken") }),
  "home.ask": (fields) => ({ type: "home.ask", ...process(fields) }),
  "home.flush": (fields) => ({ type: "home.flush", ...process(fields), peer: place(fields, "peer") }),
  "home.flushed": (fields) => ({ type: "home.flushed", ...process(fields), peer: place(fields, "peer") }),
  "home.broken": (fields) => ({ type: "home.broken", ...process(fields), peer: place(fields, "peer") }),
  "home.ended": (fields) => ({ type: "home.ended", ...process(fields) }),
};

/** The type of every message that there is. */
export const messageTypes: readonly Message["type"][] = Object.keys(parsers) as Message["type"][];

/** Texts that name something: ids, batons, names. */
const textMax = 256;
/** Hashes, definitions, receipts in one message. The size of messages is the wire's to limit. */
const itemsMax = 100_000;

const incarnationPattern = /^[\w.:-]{1,64}$/;
const nodePattern = new RegExp(`^${key32}$`);
const placePattern = new RegExp(`^${key32}/[\\w.:-]{1,64}$`);
const processPattern = new RegExp(`^${key32}/[\\w.:-]{1,64}/[1-9]\\d{0,15}$`);

function record(value: unknown, name: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new TypeError(`${name}: expected an object, got ${describe(value)}`);
}

function route(fields: Fields): SignalRoute {
  return { to: address(fields, "to"), from: address(fields, "from") };
}

function address(fields: Fields, name: string): ProcessAddress {
  const value = fields[name];
  // By index, not as a pattern: that takes an iterator, and each signal comes through here twice.
  const pair: readonly unknown[] = Array.isArray(value) && value.length >= 2 && value.length <= 3 ? value : [];
  const incarnation = pair[0];
  if (typeof incarnation !== "string" || !incarnationPattern.test(incarnation)) {
    throw new TypeError(`${name}: expected an incarnation and a serial, got ${describe(value)}`);
  }
  const serial = wholeNumber(pair[1], name);
  return pair.length === 2 ? [incarnation, serial] : [incarnation, serial, nodeId(pair[2], name)];
}

function nodeId(value: unknown, name: string): NodeId {
  if (typeof value === "string" && nodePattern.test(value)) return value;
  throw new TypeError(`${name}: expected a node's id, got ${describe(value)}`);
}

function process(fields: Fields): { readonly process: string; readonly epoch: number } {
  return { process: matching(fields, "process", processPattern, "a process"), epoch: count(fields, "epoch") };
}

function listening(fields: Fields, name: string): string {
  return matching(fields, name, listeningPattern, "ws://host:port");
}

function place(fields: Fields, name: string): Place {
  return matching(fields, name, placePattern, "a node and its incarnation");
}

function matching(fields: Fields, name: string, pattern: RegExp, what: string): string {
  const value = fields[name];
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new TypeError(`${name}: expected ${what}, got ${describe(value)}`);
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value.length <= textMax) return value;
  throw new TypeError(`${name}: expected at most ${textMax} characters, got ${describe(value)}`);
}

function count(fields: Fields, name: string): number {
  return wholeNumber(fields[name], name);
}

function wholeNumber(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`${name}: expected a whole number of at least 0, got ${describe(value)}`);
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === "boolean") return value;
  throw new TypeError(`${name}: expected true or false, got ${describe(value)}`);
}

function bytes(fields: Fields, name: string): Uint8Array {
  const value = fields[name];
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`${name}: expected bytes, got ${describe(value)}`);
}

function optional<T>(fields: Fields, name: string, parse: (fields: Fields, name: string) => T): T | null {
  return fields[name] === null || fields[name] === undefined ? null : parse(fields, name);
}

function list<T>(fields: Fields, name: string, parse: (item: unknown, name: string) => T): T[] {
  const value = fields[name];
  if (!Array.isArray(value) || value.length > itemsMax) {
    throw new TypeError(`${name}: expected a list of at most ${itemsMax}, got ${describe(value)}`);
  }
  return value.map((item: unknown, index) => parse(item, `${name}[${index}]`));
}

function hashes(fields: Fields, name: string): Hash[] {
  return list(fields, name, (item, itemName) => text({ [itemName]: item }, itemName));
}

function payload(fields: Fields, name: string): Payload {
  const inner = record(fields[name], name);
  return { bytes: bytes(inner, "bytes"), hashes: inner["hashes"] === undefined ? [] : hashes(inner, "hashes") };
}

function receipt(item: unknown, name: string): Receipt {
  const [about, epoch, number] = Array.isArray(item) && item.length === 3 ? (item as unknown[]) : [];
  const fields = { process: about, epoch, number };
  if (about === undefined)
    throw new TypeError(`${name}: expected a process, an epoch and a number, got ${describe(item)}`);
  const known = process(fields);
  return [known.process, known.epoch, count(fields, "number")];
}

function ridingGrant(fields: Fields, name: string): RidingGrant {
  const inner = record(fields[name], name);
  return { term: count(inner, "term"), serial: count(inner, "serial"), baton: text(inner, "baton") };
}

function refusalReason(fields: Fields): RefusalReason {
  const inner = record(fields["reason"], "reason");
  const { name, message } = inner;
  if (typeof name !== "string" || typeof message !== "string") {
    throw new TypeError(`reason: expected a name and a message, got ${describe(inner)}`);
  }
  return { name, message, code: optional(inner, "code", text) };
}

const kinds: readonly unknown[] = ["remote", "fn", "constant"] satisfies PackedDefinition["kind"][];

function definition(item: unknown, name: string): PackedDefinition {
  const fields = record(item, name);
  const { kind, text: source } = fields;
  if (!kinds.includes(kind))
    throw new TypeError(`${name}.kind: expected remote, fn or constant, got ${describe(kind)}`);
  if (typeof source !== "string") throw new TypeError(`${name}.text: expected a text, got ${describe(source)}`);
  const dependencies = Object.fromEntries(
    Object.entries(record(fields["dependencies"], `${name}.dependencies`)).map(([local, hash]) => [
      local,
      text({ hash }, "hash"),
    ]),
  );
  const origin = optional(fields, "origin", text);
  const author = optional(fields, "author", text);
  return {
    hash: text(fields, "hash"),
    name: text(fields, "name"),
    kind: kind as PackedDefinition["kind"],
    text: source,
    dependencies,
    ...(origin === null ? {} : { origin }),
    ...(author === null ? {} : { author }),
  };
}
