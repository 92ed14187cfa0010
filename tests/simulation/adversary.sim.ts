import { type Host, NodeRef, type Pipe, type PipeHandler, Process } from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, collector, type Member } from "./by-hand.ts";

// Whole nodes, and somebody between them or beside them: `mallory` has a machine on the network and no key that counts. What goes wrong is the
// affair of one session; `carol`, who speaks with `bob` all the while, notices nothing.

let cluster: Cluster;
let alice: Member;
let bob: Member;
let carol: Member;
let mallory: Host;

const relayUrl = "ws://mallory:9";

beforeEach(async () => {
  cluster = new Cluster("alice", "bob", "carol", "evil", "mallory");
  [alice, bob, carol] = [await cluster.start("alice"), await cluster.start("bob"), await cluster.start("carol")];
  mallory = cluster.world.machine("mallory").host;
  expect(await ask(carol)).toBe(undefined);
});

afterEach(async () => {
  await cluster.stop();
});

/** Whether `bob` answers. */
function ask(by: Member, ref: NodeRef = bob.ref): Promise<unknown> {
  return cluster.wait(by.node.run(Process.whereisAt(ref, "nobody")));
}

/** `alice` asks `bob` something, and is not waited for. */
function attempt(ref: NodeRef): void {
  alice.node.run(Process.whereisAt(ref, "nobody")).catch(() => {});
}

/** That what happened has ended no session of `carol`, and that she is answered. */
async function expectUndisturbed(): Promise<void> {
  await ask(carol);
  for (const { events } of [bob, carol]) {
    const other = events === bob.events ? carol : bob;
    expect(events.filter((event) => event.type === "node.down" && event.node === other.ref.id)).toEqual([]);
  }
}

/** What `member` says of its links with `peer`. */
function said(member: Member, peer: Member): string[] {
  return member.events.flatMap((event) => {
    if (!("node" in event) || event.node !== peer.ref.id) return [];
    const reason = "reason" in event ? `: ${event.reason}` : "";
    return event.type.startsWith("node.") ? [`${event.type.slice(5)}${reason}`] : [];
  });
}

type Way = "there" | "back";
/** What arrives in the place of the n-th frame of a pipe in one direction. */
type Change = (frame: Uint8Array, way: Way, nth: number) => readonly Uint8Array[];

/** Somebody on the way from those who dial `relayUrl` to `to`, who sees and changes everything. */
class Relay {
  change: Change = (frame) => [frame];
  /** All that went through, by pipe. */
  readonly recorded: { readonly there: Uint8Array[]; readonly back: Uint8Array[] }[] = [];

  async listen(to: string): Promise<this> {
    await cluster.wait(
      mallory.network.listen(relayUrl, (near) => {
        const record = { there: [] as Uint8Array[], back: [] as Uint8Array[] };
        this.recorded.push(record);
        const waiting: Uint8Array[] = [];
        let isOpen = false;
        const pass = (pipe: Pipe, way: Way, bytes: Uint8Array): void => {
          record[way].push(bytes.slice());
          for (const frame of this.change(bytes.slice(), way, record[way].length)) pipe.send(frame);
        };
        const far = mallory.network.connect(to, {
          open: () => {
            isOpen = true;
            for (const bytes of waiting) pass(far, "there", bytes);
          },
          frame: (bytes) => pass(near, "back", bytes),
          closed: (reason) => near.close(reason),
        });
        return {
          open() {},
          frame: (bytes) => (isOpen ? pass(far, "there", bytes) : void waiting.push(bytes.slice())),
          closed: (reason) => far.close(reason),
        };
      }),
    );
    return this;
  }
}

/** Opens a pipe of its own to `url`, and says these frames one by one. */
async function say(
  url: string,
  frames: readonly Uint8Array[],
): Promise<{ readonly answers: number; closed: string | null }> {
  const heard = { answers: 0, closed: null as string | null };
  const handler: PipeHandler = {
    open() {},
    frame: () => void (heard.answers += 1),
    closed: (reason) => void (heard.closed = reason),
  };
  const pipe = mallory.network.connect(url, handler);
  await cluster.pass(10);
  for (const frame of frames) {
    pipe.send(frame);
    await cluster.pass(10);
  }
  return heard;
}

const urlOf = ({ ref }: Member): string => ref.address as string;
/** `bob`, as whoever has been lied to about where he listens knows him. */
const viaMallory = (): NodeRef => new NodeRef(bob.ref.id, relayUrl);

describe("somebody on the way who changes frames of a session", () => {
  const last: { frame: Uint8Array | null } = { frame: null };

  test.each<[string, Change]>([
    ["repeats one", (frame) => [frame, frame]],
    ["swaps two", (frame) => (last.frame === null ? ((last.frame = frame), []) : [frame, last.frame])],
    ["cuts one short", (frame) => [frame.subarray(0, frame.length - 1)]],
    ["puts something behind one", (frame) => [Uint8Array.of(...frame, 0)]],
    ["sends an empty one", (frame) => [new Uint8Array(0), frame]],
    ["sends one that is larger than any", (frame) => [new Uint8Array(65_536), frame]],
  ])("and %s, ends that session, and what came before it counts once", async (_, change) => {
    last.frame = null;
    const relay = await new Relay().listen(urlOf(bob));
    const { pid, received } = collector(bob);
    await ask(alice, viaMallory());
    await cluster.wait(alice.node.run(Process.send(pid, "before")));
    await cluster.pass(10);
    relay.change = (frame, way, nth) => (way === "there" ? change(frame, way, nth) : [frame]);
    for (const message of ["one", "two"]) {
      alice.node.run(Process.send(pid, message)).catch(() => {});
      await cluster.pass(5);
    }
    relay.change = (frame) => [frame];
    await cluster.pass(50);
    expect(said(bob, alice).some((line) => line.startsWith("down: "))).toBe(true);
    // In order, each once, whatever of it arrived.
    expect(["before", "one", "two"].filter((message) => received.includes(message))).toEqual(received);
    expect(received.filter((message) => message === "one").length).toBeLessThan(2);
    await expectUndisturbed();
  });

  test("sends a node its own frames back, and that session ends", async () => {
    const relay = await new Relay().listen(urlOf(bob));
    await ask(alice, viaMallory());
    const pipe = relay.recorded[0];
    relay.change = (frame, way) => (way === "back" ? [pipe?.there.at(-1) ?? frame] : [frame]);
    attempt(bob.ref);
    await cluster.pass(50);
    expect(said(alice, bob)).toContainEqual(expect.stringMatching(/^down: .*did not seal/));
    await expectUndisturbed();
  });

  test("puts a frame of one session into another, and ends that one alone", async () => {
    const relay = await new Relay().listen(urlOf(bob));
    await ask(alice, viaMallory());
    const stolen = relay.recorded[0]?.there.at(-1) as Uint8Array;
    alice.node.kernel.distribution?.disconnect(bob.ref, "enough");
    await cluster.pass(50);
    await ask(alice, viaMallory());
    relay.change = (frame, way) => (way === "there" ? [stolen, frame] : [frame]);
    attempt(bob.ref);
    await cluster.pass(50);
    expect(said(bob, alice).at(-1)).toMatch(/^(down|up)/);
    expect(said(bob, alice)).toContainEqual(expect.stringMatching(/^down: .*did not seal/));
    await expectUndisturbed();
  });
});

describe("somebody who recorded handshakes", () => {
  test("opens no session by saying them again, whatever they were, and nothing that was in them takes effect (S289)", async () => {
    const relay = await new Relay().listen(urlOf(bob));
    const { pid, received } = collector(bob);
    // The first is as with a stranger, the second by the key that is known from it.
    for (const message of ["first", "second"]) {
      await ask(alice, viaMallory());
      await cluster.wait(alice.node.run(Process.send(pid, message)));
      await cluster.pass(10);
      alice.node.kernel.distribution?.disconnect(bob.ref, "enough");
      await cluster.pass(50);
    }
    const ups = said(bob, alice).filter((line) => line === "up").length;
    expect(ups).toBe(2);
    for (const { there } of relay.recorded) {
      const heard = await say(urlOf(bob), there);
      await cluster.pass(6_000);
      expect(heard.closed).not.toBeNull();
    }
    expect(said(bob, alice).filter((line) => line === "up")).toHaveLength(ups);
    expect(received).toEqual(["first", "second"]);
    await expectUndisturbed();
  });
});

describe("a node that is not who it should be", () => {
  test("is found out by whoever dials it, though it is a node like any other", async () => {
    const liar = new NodeRef(bob.ref.id, urlOf(carol));
    attempt(liar);
    await cluster.pass(100);
    expect(said(alice, bob)).toEqual([expect.stringMatching(/^unreachable: refused: wrong node: /)]);
    expect(said(carol, alice)).toEqual([]);
    await expectUndisturbed();
  });

  test("is found out when somebody sends a node's dialling to the node itself", async () => {
    await new Relay().listen(urlOf(alice));
    attempt(viaMallory());
    await cluster.pass(100);
    expect(said(alice, bob)).toEqual([expect.stringMatching(/^unreachable: refused: wrong node: /)]);
    expect(said(alice, alice)).toEqual([]);
    await expectUndisturbed();
  });
});

describe("somebody on the way who rewrites how a session begins", () => {
  test.each([
    ["the version", 8],
    ["the pattern", 9],
    ["the node to reach", 12],
  ])("%s: neither side takes it for a session (S290)", async (_, at) => {
    const relay = await new Relay().listen(urlOf(bob));
    for (const byte of [0, 2, 3, 4, 255]) {
      relay.change = (frame, way, nth) => {
        if (way === "there" && nth === 1) frame[at] = byte;
        return [frame];
      };
      attempt(viaMallory());
      await cluster.pass(6_000);
    }
    expect(said(bob, alice)).toEqual([]);
    expect(said(alice, bob)).not.toContainEqual("up");
    expect(said(alice, bob)).toContainEqual(expect.stringMatching(/^unreachable: /));
    await expectUndisturbed();
  });
});

describe("many who begin and do not go on", () => {
  test.each<[string, readonly Uint8Array[]]>([
    ["say nothing", []],
    ["say a little at a time", Array.from({ length: 5 }, () => Uint8Array.of(101))],
  ])("and %s, are gone when the time is over, and keep nobody out who knows what to say", async (_, frames) => {
    const handler: PipeHandler = { open() {}, frame() {}, closed() {} };
    const pipes = Array.from({ length: 300 }, () => mallory.network.connect(urlOf(bob), handler));
    await cluster.pass(50);
    for (const frame of frames) {
      for (const pipe of pipes) pipe.send(frame);
      await cluster.pass(50);
    }
    await ask(alice);
    await cluster.pass(6_000);
    expect(cluster.world.network.pipes).toBe(2);
    await expectUndisturbed();
  });
});

describe("a node that was let in, and says more than the limits allow", () => {
  test.each<[string, Parameters<Member["say"]>[1]]>([
    ["questions about code", { type: "code.need", hashes: ["A".repeat(43)] }],
    ["code that nobody asked for", { type: "code.supply", definitions: [], missing: ["A".repeat(43)] }],
  ])("of %s, loses its session, and nobody else does", async (_, message) => {
    const evil = await cluster.start("evil");
    await ask(evil);
    for (let index = 0; index < 1_500; index += 1) evil.say(bob, message);
    await cluster.pass(200);
    expect(said(bob, evil)).toContainEqual(expect.stringMatching(/^down: /));
    await expectUndisturbed();
  });
});
