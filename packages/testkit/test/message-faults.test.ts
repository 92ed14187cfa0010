import { NodeRef, type Message, type Transport, type TransportEvents } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { checkFaults } from "../src/fault/fault.ts";
import { kindsOf, manners } from "../src/messages/kinds.ts";
import { MessageFaults } from "../src/messages/message-faults.ts";
import type { MessageRule } from "../src/messages/rule.ts";
import { KeyedRandom } from "../src/index.ts";

const peer = new NodeRef("A".repeat(43), null);
const random = new KeyedRandom(1).stream("test");
const beat = (number: number): Message => ({ type: "lease.beat", number, term: null, lapsed: false, receipts: [] });
const signal: Message = { type: "signal.link", to: ["x", 1], from: ["y", 1] };

let host: ManualHost;
let sent: string[];
let events: TransportEvents | null;
let faults: MessageFaults;
let transport: Transport;

beforeEach(async () => {
  host = new ManualHost();
  sent = [];
  events = null;
  faults = new MessageFaults({ nameOf: (id) => (id === peer.id ? "b" : null) });
  const sessions: Transport = {
    url: "ws://x",
    start: (given) => {
      events = given;
      return Promise.resolve();
    },
    connect: () => void sent.push("connect"),
    keep: () => void sent.push("keep"),
    release: () => void sent.push("release"),
    links: () => [],
    network: () => {
      throw new Error("network: expected nobody to ask");
    },
    send: (_peer, message) => {
      sent.push(message.type === "lease.beat" ? `beat ${message.number}` : message.type);
      return true;
    },
    disconnect: (id, reason) => {
      sent.push(`disconnect: ${reason}`);
      events?.down(id, reason, "disconnect");
    },
    stop: () => Promise.resolve(),
  };
  transport = faults.intercept(sessions, host.clock);
  await transport.start({ up() {}, down() {}, message() {}, failed() {} });
  events = events as TransportEvents | null;
  (events as unknown as TransportEvents).up(peer, "1");
});

const say = (...messages: Message[]): void => messages.forEach((message) => void transport.send(peer.id, message));
const rule = (action: MessageRule["action"], choice: MessageRule["choice"], ...kinds: string[]): MessageRule => ({
  kinds,
  action,
  choice,
});

describe("a fault of messages bites, and heals", { timeout: 60_000 }, () => {
  it("drop: the n-th of a kind and those after it; others pass, and all do when it is over", () => {
    const { tally, end } = faults.apply("b", rule({ type: "drop" }, { nth: 2, count: 2 }, "lease.*"), random);
    say(beat(1), { type: "pulse.ask" }, beat(2), beat(3), beat(4));
    expect([sent, tally.effective]).toEqual([["beat 1", "pulse.ask", "beat 4"], 2]);
    end();
    const again = faults.apply("b", rule({ type: "drop" }, { nth: 1, count: 9 }, "lease.beat"), random);
    say(beat(5));
    again.end();
    say(beat(6));
    expect(sent.slice(3)).toEqual(["beat 6"]);
  });

  it("drop of a signal breaks the link, and nothing behind it gets through", () => {
    faults.apply("b", rule({ type: "drop" }, { nth: 1, count: 1 }, "signal.link"), random);
    say(beat(1), signal, beat(2), signal);
    expect(sent).toEqual(["beat 1"]);
    host.advance(1);
    expect(sent).toEqual(["beat 1", "disconnect: a signal.link was lost"]);
    (events as unknown as TransportEvents).up(peer, "1");
    say(signal);
    expect(sent.at(-1)).toBe("signal.link");
  });

  it("duplicate: it is there twice", () => {
    const { tally } = faults.apply("b", rule({ type: "duplicate" }, { nth: 1, count: 1 }, "lease.beat"), random);
    say(beat(1), beat(2));
    expect([sent, tally.effective]).toEqual([["beat 1", "beat 1", "beat 2"], 1]);
  });

  it("hold: others overtake it, and it is lost with its link", () => {
    faults.apply("b", rule({ type: "hold", holdMs: 50 }, { nth: 1, count: 1 }, "lease.beat"), random);
    say(beat(1), beat(2));
    host.advance(50);
    expect(sent).toEqual(["beat 2", "beat 1"]);
    faults.apply("b", rule({ type: "hold", holdMs: 50 }, { nth: 1, count: 1 }, "lease.beat"), random);
    say(beat(3));
    (events as unknown as TransportEvents).down(peer.id, "x", "connection_closed");
    (events as unknown as TransportEvents).up(peer, "1");
    host.advance(100);
    expect(sent).toEqual(["beat 2", "beat 1"]);
  });

  it("loss: at its rate, alone or in runs", () => {
    const lost = (choice: MessageRule["choice"]): string => {
      const { end } = faults.apply("b", rule({ type: "drop" }, choice, "lease.beat"), random);
      sent.length = 0;
      for (let n = 0; n < 2_000; n += 1) say(beat(n));
      end();
      return Array.from({ length: 2_000 }, (_, n) => (sent.includes(`beat ${n}`) ? "." : "x")).join("");
    };
    const alone = lost({ rate: 0.1 });
    const inRuns = lost({ rate: 1, burst: { begin: 0.02, end: 0.2 } });
    const runs = (text: string): number => text.match(/x+/g)?.length ?? 0;
    const count = (text: string): number => text.match(/x/g)?.length ?? 0;
    expect(Math.abs(count(alone) - 200)).toBeLessThan(50);
    expect(count(alone) / runs(alone)).toBeLessThan(1.3);
    // A run lasts 1 / 0.2 messages on average.
    expect(count(inRuns) / runs(inRuns)).toBeGreaterThan(3.5);
    expect(count(lost({ rate: 0 }))).toBe(0);
  });

  it("strikes only what goes to its node", () => {
    const { tally } = faults.apply("c", rule({ type: "drop" }, { nth: 1, count: 9 }, "*"), random);
    say(beat(1));
    expect([sent, tally.effective]).toEqual([["beat 1"], 0]);
  });
});

describe("which messages a fault may strike", { timeout: 60_000 }, () => {
  const check =
    (fault: object): (() => unknown) =>
    () =>
      checkFaults([{ atMs: 0, link: ["a", "b"], ...fault }], ["a", "b"]);

  it("knows all kinds by name and by prefix", () => {
    expect(kindsOf("lease.*")).toEqual(["lease.beat", "lease.acknowledged"]);
    expect(kindsOf("*").length).toBe(Object.keys(manners).length);
    expect(check({ type: "drop", kind: "lease.beet" })).toThrow(
      'faults[0].kind: expected a kind of message or a prefix such as transfer.*, got "lease.beet"; there are signal.message',
    );
  });

  it("lets what is said again be lost, repeated and held, and signals only be lost, with their link", () => {
    expect(check({ type: "drop", kind: "signal.*" })).not.toThrow();
    expect(check({ type: "hold", kind: "transfer.*", holdMs: 5 })).not.toThrow();
    expect(check({ type: "duplicate", kind: "signal.exit" })).toThrow(
      'got "signal.exit"; a link carries signal.exit once and in order, and no real one would duplicate it',
    );
    expect(check({ type: "hold", kind: "*", holdMs: 5 })).toThrow("would hold it: signals are said once, and in order");
  });
});
