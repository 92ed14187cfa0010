import { Container, createIdentity, Node, NodeRef, Nodes, type LocalGenerator, type NodeEvent } from "espalier";
import { describe, expect, test } from "vitest";
import { encode } from "./attacker/cbor.ts";
import { Acceptor, attack, Dialler, Mallory, targetOf, type Message, type Session } from "./attacker/mallory.ts";
import { Handshake } from "./attacker/noise.ts";
import { Listener, openPipe, type Pipe } from "./attacker/pipe.ts";
import {
  almost,
  expectNothingLeft,
  expectOver,
  knock,
  payload,
  quiet,
  sharedKey,
  Siege,
  staticKeyOf,
} from "./attacker/siege.ts";

// What somebody can do who has been let in, or was once, or whom a node has dialled; and somebody between two nodes.

expectNothingLeft();

/** A session that is up, and past the first question. */
async function inside(me: Mallory, siege: Siege): Promise<Session> {
  const session = await attack(me, siege.url);
  await session.next();
  return session;
}

const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x81), Buffer.of(0)]);

describe("floods of one who is let in", () => {
  const limits = {
    controlsPerSecond: 1,
    rateBurstMs: 5000,
    messageBytes: 2 ** 20,
    stringBytes: 2 ** 20,
    itemsTotal: 100_000,
    collectionLength: 100_000,
    codeMessagesPerSecond: 2,
    referencesPerPeer: 50,
    heartbeatsPerPeer: 50,
    messagesPerSecond: 500,
  } as const;

  const times = (count: number, act: (index: number) => void): void => {
    for (let index = 0; index < count; index += 1) act(index);
  };
  const from = ["x", 1] as const;
  const floods: readonly (readonly [string, (session: Session, siege: Siege) => void, RegExp])[] = [
    [
      "fragments without end",
      (session) => times(20, () => session.send(1, Buffer.alloc(65_518))),
      /a message of more than 1048576 bytes/,
    ],
    ["crumbs", (session) => session.send(1, Buffer.alloc(1)), /a fragment of 1 bytes; expected 65518/],
    [
      "a frame between fragments",
      (session) => {
        session.send(1, Buffer.alloc(65_518));
        session.messages({ type: "pulse.ask" });
      },
      /a frame between the fragments/,
    ],
    ["a frame of another kind", (session) => session.send(99), /a frame of the kind 99/],
    [
      "a frame of nothing",
      (session) => session.pipe.send(session.ciphers.out.seal(Buffer.alloc(0))),
      /a frame of the kind undefined/,
    ],
    ["a tick with something in it", (session) => session.send(4, Buffer.of(1)), /a tick with something in it/],
    ["an answer to no question", (session) => session.send(7, Buffer.alloc(4)), /a pong that nobody asked for/],
    [
      "a million items",
      (session) => session.send(0, Buffer.concat([Buffer.from([0x9a, 0, 15, 66, 64]), Buffer.alloc(60_000)])),
      /collectionLength|1000000/,
    ],
    [
      "items beyond what a message holds",
      (session) => {
        session.send(1, Buffer.concat([Buffer.from([0x9a, 0, 1, 134, 160]), Buffer.alloc(65_513, 0x80)]));
        session.send(2, Buffer.alloc(40_000, 0x80));
      },
      /items|message/,
    ],
    ["a list in a list, 60,000 times", (session) => session.send(0, nested(60_000)), /nested deeper than 512/],
    [
      "an object with a prototype",
      (session) => session.send(0, Buffer.concat([Buffer.of(0x81, 0xa1), encode("__proto__"), Buffer.of(0xa0)])),
      /__proto__/,
    ],
    ["a tag", (session) => session.send(0, Buffer.of(0x81, 0xc0, 0x00)), /tag/],
    ["a list without an end", (session) => session.send(0, Buffer.of(0x9f, 0xff)), /indefinite|definite/],
    ["a message of no type", (session) => session.messages({ type: "toString" }), /message type/],
    [
      "what may not overtake",
      (session) => session.send(5, encode([{ type: "code.need", hashes: [] }])),
      /a code\.need that came ahead of its turn/,
    ],
    [
      "messages",
      (session) => times(60, () => session.messages(...Array.from({ length: 50 }, () => ({ type: "pulse.ask" })))),
      /messagesPerSecond/,
    ],
    [
      "questions for code",
      (session) => times(12, () => session.messages({ type: "code.need", hashes: ["x"] })),
      /codeMessagesPerSecond/,
    ],
    [
      "code that nobody asked for",
      (session) => times(12, () => session.messages({ type: "code.supply", definitions: [], missing: [] })),
      /code/,
    ],
    [
      "monitors",
      (session, { victim }) =>
        times(51, (ref) =>
          session.messages({ type: "signal.monitor", to: [...victim], from: [...from], ref: ref + 1 }),
        ),
      /referencesPerPeer/,
    ],
    ["hellos", (session) => session.control({ ...session.hello }), /hello while up/],
    ["a refusal", (session) => session.control({ type: "refusal", reason: "no" }), /refusal while up/],
    ["the end of a renewal that is none", (session) => session.control({ type: "renewed" }), /renewed while up/],
  ];

  test("each ends that session, by name, and nothing else", async () => {
    const me = new Mallory();
    await using siege = await Siege.begin([me.id], limits);
    for (const [, flood, why] of floods) {
      const session = await inside(me, siege);
      flood(session, siege);
      await session.pipe.closed();
      await expectOver(siege, why);
    }
  });

  test("renewals, one after another, are too many control frames", async () => {
    const me = new Mallory();
    await using siege = await Siege.begin([me.id], limits);
    const session = await inside(me, siege);
    for (let count = 0; count < 4; count += 1) if (!(await renew(session, me))) break;
    await session.pipe.closed();
    await expectOver(siege, /controlsPerSecond/);
  });
});

/** What moves a process to the node, without a process in it. */
const offer = (process: string, home: string, changes: Message = {}): Message => ({
  type: "transfer.offer",
  process,
  epoch: 2,
  home,
  cargo: Buffer.of(0xf6),
  hashes: [],
  received: 0,
  performed: 0,
  effects: [],
  baton: null,
  grant: null,
  address: null,
  ...changes,
});

/** New keys for a session that `me` has dialled, from `prover`. False when the session ended instead. */
async function renew(session: Session, me: Mallory, prover: Mallory = me): Promise<boolean> {
  const handshake = new Handshake({
    pattern: "XX",
    initiator: true,
    prologue: Buffer.concat([Buffer.from("espalier/1 renewal\0"), session.handshake.hash]),
    own: prover.static,
  });
  session.control({ type: "renewal", noise: handshake.write() });
  const second = await session.nextControl();
  if (second === null || !(second["noise"] instanceof Uint8Array)) return false;
  handshake.read(second["noise"]);
  session.control({ type: "renewal", noise: handshake.write(prover.staticProof()) });
  const next = handshake.split();
  session.ciphers.out = next.out;
  const last = await session.nextControl();
  if (last?.["type"] !== "renewed") return false;
  session.ciphers.in = next.in;
  session.handshake = handshake;
  return true;
}

describe("frames that were stolen", () => {
  test("of a session are of no use in it again, in another order, in another session, or in the other direction", async () => {
    const me = new Mallory();
    await using siege = await Siege.begin([me.id]);
    const thefts: readonly ((session: Session, other: Session) => Promise<void> | void)[] = [
      // Twice.
      (session) => {
        const sealed = session.seal(4);
        session.pipe.send(sealed);
        session.pipe.send(sealed);
      },
      // The second before the first.
      (session) => {
        const first = session.seal(4);
        session.pipe.send(session.seal(4));
        session.pipe.send(first);
      },
      // One left out.
      (session) => {
        session.seal(4);
        session.send(4);
      },
      // Cut, and with a bit changed.
      (session) => session.pipe.send(session.seal(4).subarray(1)),
      (session) => {
        const sealed = session.seal(4);
        sealed[3] = (sealed[3] as number) ^ 1;
        session.pipe.send(sealed);
      },
      // Of another session.
      (session, other) => session.pipe.send(other.seal(4)),
      // What the node has said, back to it.
      (session) => {
        session.send(6, Buffer.alloc(4));
        return session.pipe.next().then((sealed) => session.pipe.send(sealed as Buffer));
      },
    ];
    const other = new Mallory();
    siege.node.access.allow(other.id);
    for (const steal of thefts) {
      const [session, second] = [await inside(me, siege), await inside(other, siege)];
      await steal(session, second);
      await session.pipe.closed();
      expect(siege.node.inspect().links.map(({ peer }) => peer)).toContain(other.id);
      second.pipe.destroy();
      await expectOver(siege, /connection\.down: a message that the session's key did not seal, or not at this place/);
    }
  });

  test("a renewal is of the same node, and brings keys that the old frames do not fit", async () => {
    const [me, other] = [new Mallory(), new Mallory()];
    await using siege = await Siege.begin([me.id, other.id]);
    const session = await inside(me, siege);
    const stale = session.seal(4);
    session.ciphers.out.counter -= 1;
    expect(await renew(session, me)).toBe(true);
    expect(await renew(session, me)).toBe(true);
    session.send(4);
    await siege.unharmed();
    session.pipe.send(stale);
    await session.pipe.closed();
    await expectOver(siege, /did not seal/);
    const second = await inside(me, siege);
    expect(await renew(second, me, other)).toBe(false);
    await expectOver(siege, new RegExp(`a renewal by the node ${other.id} of a session with ${me.id}`));
  });
});

describe("between two nodes", () => {
  const connect = (node: Node, to: NodeRef): Promise<boolean> =>
    node.run(function* (): LocalGenerator<boolean> {
      return yield* Nodes.connect(to);
    });

  test("somebody with keys of its own is neither of them to the other (S303)", async () => {
    const middle = new Mallory();
    await using siege = await Siege.begin([middle.id]);
    const firsts: Buffer[] = [];
    await using listener = await Listener.start((pipe) => void impersonate(pipe));
    async function impersonate(pipe: Pipe): Promise<void> {
      const first = await pipe.next();
      if (first === null) return;
      firsts.push(first);
      pipe.send(new Acceptor(middle, first).second());
      await pipe.closed();
    }
    await using caller = await Node.start({ logger: quiet });
    const events: NodeEvent[] = [];
    caller.events.subscribe((event) => void events.push(event));
    expect(await connect(caller, new NodeRef(siege.node.ref.id, listener.url))).toBe(false);
    expect(firsts).toHaveLength(1);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "handshake.failed",
        reason: `reached the node ${middle.id} instead of ${siege.node.ref.id}`,
      }),
    );
    // To the node that was meant, the one in the middle is itself, and no more.
    const session = await inside(middle, siege);
    expect(siege.node.inspect().links.some(({ peer }) => peer === caller.ref.id)).toBe(false);
    session.pipe.destroy();
    await expectOver(siege, /connection lost/);
  });

  test("a relay that changes one bit of a frame, or repeats one, ends the session of the two, who say so", async () => {
    for (const harm of ["change", "repeat"] as const) {
      const identity = createIdentity();
      await using siege = await Siege.begin([identity.id]);
      const to = targetOf(siege.url);
      let frames = 0;
      await using listener = await Listener.start((pipe) => void relay(pipe));
      async function relay(near: Pipe): Promise<void> {
        const far = await openPipe(to.url);
        void pass(far, near, false);
        await pass(near, far, true);
      }
      async function pass(source: Pipe, sink: Pipe, harms: boolean): Promise<void> {
        for (let bytes = await source.next(); bytes !== null; bytes = await source.next()) {
          const isHarmed = harms && (frames += 1) === 4;
          if (isHarmed && harm === "change") bytes[5] = (bytes[5] as number) ^ 1;
          sink.send(bytes);
          if (isHarmed && harm === "repeat") sink.send(bytes);
        }
        sink.destroy();
      }
      await using caller = await Node.start({ identity, logger: quiet });
      await connect(caller, new NodeRef(siege.node.ref.id, listener.url));
      await expectOver(siege, /a message that the session's key did not seal, or not at this place/);
    }
  });

  test("somebody who answers a node that dials, and is it, computes nothing there and reaches no one else's process", async () => {
    const me = new Mallory();
    await using siege = await Siege.begin([]);
    const arrived = Promise.withResolvers<Session>();
    await using listener = await Listener.start((pipe) => void answer(pipe));
    async function answer(pipe: Pipe): Promise<void> {
      const acceptor = new Acceptor(me, (await pipe.next()) as Buffer);
      pipe.send(acceptor.second());
      acceptor.third((await pipe.next()) as Buffer);
      const session = acceptor.session(pipe);
      session.control({ type: "hello", wire: 1, abi: 2, hash: 1, incarnation: "x", address: null, tickMs: 60_000 });
      session.hello = (await session.nextControl()) as Message;
      arrived.resolve(session);
    }
    expect(await connect(siege.node, new NodeRef(me.id, listener.url))).toBe(true);
    const session = await arrived.promise;
    session.messages(offer(`${me.id}/x/1`, `${me.id}/x`));
    // A process of a node that is let in, passed on by one that is not, and one that says it is this node's own.
    session.messages(offer(`${siege.honest.ref.id}/x/1`, `${siege.honest.ref.id}/x`));
    session.send(6, Buffer.from("done"));
    for (let got = await session.next(); got !== null && got.kind !== 7; got = await session.next());
    await siege.unharmed();
    session.pipe.destroy();
    await expectOver(siege, /connection lost/);
  });
});

describe("names of others", () => {
  test("in every field that names a node or a process change nothing, and what is refused says so", async () => {
    const me = new Mallory();
    await using siege = await Siege.begin([me.id]);
    const honest = `${siege.honest.ref.id}/${siege.honest.inspect().links[0]?.incarnation ?? "x"}`;
    const own = `${siege.node.ref.id}/${siege.victim[0]}`;
    const to = [...siege.victim];
    const lies: readonly Message[] = [
      // As if from the honest node, and as if from the victim itself.
      { type: "signal.message", to, from: ["x", 1, siege.honest.ref.id], payload: payload({ text: "a lie" }) },
      {
        type: "signal.message",
        to,
        from: [siege.victim[0], 1, siege.node.ref.id],
        payload: payload({ text: "a lie" }),
      },
      { type: "signal.exit", to, from: ["x", 1, siege.honest.ref.id], cause: payload({ type: "killed" }), link: false },
      { type: "signal.down", to, from: ["x", 1], ref: 1, cause: payload({ type: "killed" }) },
      { type: "signal.reply", to, from: ["x", 1], ref: 1, payload: payload("a lie") },
      { type: "signal.migrate", to, from: ["x", 1], ref: 1, payload: payload({ id: me.id, address: null }) },
      { type: "signal.message", to: ["another-life", 1], from: ["x", 1], payload: payload({ text: "a lie" }) },
      { type: "transfer.claim", process: `${own}/1`, epoch: 2, arrival: 1, baton: "b", term: null, received: 0 },
      { type: "transfer.grant", process: `${honest}/1`, epoch: 2, arrival: 1, term: 1, baton: "b", performed: 0 },
      { type: "transfer.in", process: `${honest}/1`, epoch: 1, number: 1, signal: payload({ type: "message" }) },
      { type: "transfer.out", process: `${own}/1`, epoch: 1, number: 1, effect: payload(null) },
      { type: "transfer.handed", process: `${own}/1`, epoch: 1, to: `${me.id}/x` },
      { type: "transfer.bar", process: `${own}/1`, epoch: 1 },
      { type: "home.leaving", process: `${own}/1`, epoch: 1, to: `${me.id}/x`, gone: true, address: null },
      { type: "home.leaving", process: `${honest}/1`, epoch: 1, to: `${me.id}/x`, gone: true, address: null },
      { type: "home.moved", process: `${honest}/1`, epoch: 2, to: `${me.id}/x`, address: null },
      { type: "home.here", process: `${honest}/1`, epoch: 2, told: true },
      { type: "home.here", process: `${own}/1`, epoch: 2, told: true },
      { type: "home.granted", process: `${own}/1`, epoch: 2 },
      { type: "home.broken", process: `${own}/1`, epoch: 2, peer: honest },
      { type: "home.ended", process: `${honest}/1`, epoch: 9 },
      { type: "heartbeat.tell", id: 1, status: payload({ state: "ended" }) },
      { type: "heartbeat.failed", id: 1 },
      { type: "lease.beat", number: 1, term: 1, lapsed: true, receipts: [[`${own}/1`, 1, 1]] },
      { type: "lease.acknowledged", number: 1, term: 1, floor: 9, receipts: [[`${honest}/1`, 1, 1]] },
      offer(`${own}/1`, own, { epoch: 2, baton: "b", grant: { term: 1, serial: 1, baton: "b" } }),
      offer(`${honest}/1`, honest, { epoch: 2, grant: { term: 1, serial: 1, baton: "b" } }),
    ];
    for (const lie of lies) {
      const session = await inside(me, siege);
      session.messages(lie);
      // A question behind it, whose answer says that it was read; or the session has ended.
      session.send(6, Buffer.from("done"));
      for (let got = await session.next(); got !== null && got.kind !== 7; got = await session.next());
      await siege.unharmed();
      session.pipe.destroy();
      await expectOver(siege, /node\.down|connection lost/);
      expect(siege.node.inspect().processes.map(({ label }) => label)).toEqual(["echo"]);
    }
  });
});

describe("who was revoked", () => {
  test("comes back in no way: not by dialling, a shared key, a key that is remembered, nor what was half open (S304)", async () => {
    const me = new Mallory();
    await using siege = await Siege.begin([me.id]);
    const theirs = await staticKeyOf(me, siege.url);
    const up = await inside(me, siege);
    const halfway = await almost(me, siege.url);
    const shared = await almost(me, siege.url, { pattern: "NNpsk0", sharedKey });
    const cached = await almost(me, siege.url, { pattern: "IK", theirs });
    const admitted = await almost(me, siege.url, { pattern: "IK", theirs });
    admitted.pipe.send(admitted.dialler.third());
    const late = admitted.dialler.session(admitted.pipe);
    expect(await late.nextControl()).toMatchObject({ type: "hello" });

    const { sessions } = await siege.node.access.revoke(me.id);
    expect(sessions).toBe(1);
    await up.pipe.closed();
    // In the middle of a handshake, before it had proven its key, and after.
    for (const { pipe, dialler } of [halfway, shared, cached]) {
      pipe.send(dialler.third());
      const refusal = await dialler.session(pipe).nextControl();
      // With NNpsk0 and IK the first sealed frame was read before.
      expect(refusal).toMatchObject({
        type: "refusal",
        reason: expect.stringMatching(/not on this node's allow list/),
      });
      pipe.destroy();
    }
    late.control({ type: "hello", wire: 1, abi: 2, hash: 1, incarnation: "x", address: null, tickMs: 60_000 });
    late.messages({
      type: "signal.message",
      to: [...siege.victim],
      from: ["x", 1],
      payload: payload({ text: "late" }),
    });
    await late.pipe.closed();
    for (const options of [{}, { pattern: "IK", theirs }, { pattern: "NNpsk0", sharedKey }] as const) {
      await expect(attack(me, siege.url, options)).rejects.toThrow(/refused: .*allow list/);
    }
    await expectOver(siege, /not on this node's allow list/);
  });
});

describe("a container", () => {
  test("hands a connection to whom it names or to nobody, lets no one in as a neighbour, and a flood to one node leaves the next alone", async () => {
    const me = new Mallory();
    const limits = { handshakeMs: 500, halfOpen: 16, halfOpenPerAddress: 16 };
    await using container = await Container.start({ listen: "ws://127.0.0.1:0", limits, logger: quiet });
    const refusals: string[] = [];
    container.events.subscribe((event) => {
      if (event.type === "container.refused") refusals.push(event.reason);
    });
    const flooded = await container.create({ allow: [me.id], limits, logger: quiet });
    const asleep = await container.create({ asleep: true, allow: [me.id] });
    const gone = await container.create({ allow: [me.id], logger: quiet });
    await container.stop(gone.ref.id);
    await using siege = await Siege.begin([me.id], limits, (options) => container.create(options));
    for (const [id, why] of [
      [new Mallory().id, /^no node .* lives here$/],
      [gone.ref.id, /^no node .* lives here$/],
      [asleep.id, /asleep/],
    ] as const) {
      const answer = (await knock(siege.url, new Dialler(me, Buffer.from(id, "base64url")).first())) as Buffer;
      expect(answer[0]).toBe(0);
      expect(answer.toString("utf8", 1)).toMatch(why);
    }
    expect(refusals).toHaveLength(3);
    // As if it were the neighbour: only the container can introduce, and only the neighbour has its key.
    const { key } = targetOf(siege.url);
    for (const claims of [me.key, Buffer.from(flooded.ref.id, "base64url")]) {
      const dialler = new Dialler(me, key, { pattern: "KK", theirs: await staticKeyOf(me, siege.url), claims });
      const answer = (await knock(siege.url, dialler.first())) as Buffer;
      expect(answer.toString("utf8", 1)).toMatch(/not introduced|made for another key/);
    }
    const floods: Pipe[] = [];
    for (let index = 0; index < 40; index += 1) {
      const pipe = await openPipe(container.url);
      pipe.send(new Dialler(me, Buffer.from(flooded.ref.id, "base64url")).first());
      floods.push(pipe);
    }
    await siege.unharmed();
    const session = await inside(me, siege);
    session.pipe.destroy();
    for (const pipe of floods) pipe.destroy();
    await expectOver(siege, /connection lost/);
  });
});

describe("dialling at the same time", () => {
  test("as often as somebody makes it happen leaves at most one link with it, and the others as they are", async () => {
    const me = new Mallory();
    await using siege = await Siege.begin([me.id]);
    await using listener = await Listener.start((pipe) => void pipe.closed());
    // The node dials, and is not answered; meanwhile the one it dials comes by itself, again and again.
    const dialling = siege.node.run(function* (): LocalGenerator<boolean> {
      return yield* Nodes.connect(new NodeRef(me.id, listener.url));
    });
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, async () => {
        const { pipe, dialler } = await almost(me, siege.url);
        pipe.send(dialler.third());
        const session = dialler.session(pipe);
        const given = await Promise.race([
          session.nextControl(),
          new Promise((resolve) => setTimeout(resolve, 300, null)),
        ]);
        if (given !== null) session.control({ ...(given as Message), incarnation: "x", address: null });
        return session;
      }),
    );
    expect(siege.node.inspect().links.filter(({ peer }) => peer === me.id).length).toBeLessThan(2);
    for (const attempt of tries) if (attempt.status === "fulfilled") attempt.value.pipe.destroy();
    await listener[Symbol.asyncDispose]();
    await dialling;
    await expectOver(siege, /handshake\.failed|connection lost/);
  });
});
