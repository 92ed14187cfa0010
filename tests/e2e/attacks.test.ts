import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encode } from "./attacker/cbor.ts";
import { attack, Dialler, Mallory, prefixOf, targetOf, type DialOptions, type Session } from "./attacker/mallory.ts";
import { openPipe } from "./attacker/pipe.ts";
import {
  almost,
  expectNothingLeft,
  expectOver,
  knock,
  payload,
  sharedKey,
  Siege,
  staticKeyOf,
} from "./attacker/siege.ts";

// An attacker with a protocol stack of its own, made from docs/protocol.md, against whole nodes on real sockets.

expectNothingLeft();

describe("before anybody is known", () => {
  const me = new Mallory();
  let siege: Siege;
  beforeAll(async () => void (siege = await Siege.begin([me.id])));
  afterAll(() => siege[Symbol.asyncDispose]());

  test("the attacker's own stack is let in by each pattern that its key allows, which shows that it would be", async () => {
    const first = await attack(me, siege.url);
    const theirs = first.handshake.theirs as Uint8Array;
    expect((await first.next())?.kind).toBe(6);
    first.pipe.destroy();
    for (const options of [
      { pattern: "IK", theirs },
      { pattern: "NNpsk0", sharedKey },
    ] satisfies DialOptions[]) {
      const session = await attack(me, siege.url, options);
      expect((await session.next())?.kind).toBe(6);
      expect(siege.node.inspect().links.find(({ peer }) => peer === me.id)?.pattern).toBe(options.pattern);
      session.pipe.destroy();
    }
    await expectOver(siege, /connection lost/);
  });

  test("a handshake that was recorded, and its first message alone, lead to nobody in each pattern", async () => {
    const theirs = await staticKeyOf(me, siege.url);
    for (const options of [{}, { pattern: "IK", theirs }, { pattern: "NNpsk0", sharedKey }] satisfies DialOptions[]) {
      const to = targetOf(siege.url);
      const dialler = new Dialler(me, to.key, options);
      const pipe = await openPipe(to.url);
      const first = dialler.first();
      pipe.send(first);
      dialler.second((await pipe.next()) as Buffer);
      const third = dialler.third();
      pipe.send(third);
      await (await dialler.session(pipe).greet()).next();
      const again = await openPipe(to.url);
      again.send(first);
      expect((await again.next())?.[0]).toBe(1);
      again.send(third);
      expect(await again.next()).toBeNull();
      pipe.destroy();
      await expectOver(siege, /handshake\.failed: a message that the session's key did not seal/);
    }
  });

  test("what the node itself has said is no answer to it", async () => {
    const { pipe, dialler } = await almost(me, siege.url);
    const second = dialler.theirProof;
    pipe.send(second);
    await pipe.closed();
    await expectOver(siege, /handshake\.failed: .*(seal|short)/);
    // Sealed by the attacker, as only it can, with the proof that the node gave of itself in this very session.
    const shared = await almost(me, siege.url, { pattern: "NNpsk0", sharedKey });
    const mirrored = new Dialler(me, targetOf(siege.url).key, {
      pattern: "NNpsk0",
      sharedKey,
      proof: shared.dialler.theirProof,
    });
    const other = await openPipe(targetOf(siege.url).url);
    other.send(mirrored.first());
    mirrored.second((await other.next()) as Buffer);
    other.send(mirrored.third());
    await other.closed();
    shared.pipe.destroy();
    await expectOver(siege, /handshake\.failed: identity proof: the signature is not that of/);
  });

  const other = new Mallory();
  const lies: readonly (readonly [string, () => DialOptions, RegExp])[] = [
    ["of another node, for its key", () => ({ proof: other.staticProof() }), /signature is not that of/],
    ["that has ended", () => ({ proof: me.staticProof(Date.now() - 600_000) }), /ended 600 s ago/],
    [
      "that holds for a week",
      () => ({ proof: me.staticProof(Date.now() + 7 * 86_400_000) }),
      /expected one that ends within/,
    ],
    [
      "that holds for ever",
      () => ({ proof: me.staticProof(Number.MAX_SAFE_INTEGER) }),
      /expected one that ends within/,
    ],
    [
      "of a session, for a static key",
      () => ({ proof: me.sessionProof(0, Buffer.alloc(32)) }),
      /signature is not that of/,
    ],
    ["that is too short", () => ({ proof: me.staticProof().subarray(1) }), /expected 104 bytes, got 103/],
    ["that is none", () => ({ proof: Buffer.alloc(104) }), /signature is not that of/],
  ];
  test.each(lies)("a proof %s is refused, and named", async (_, options, why) => {
    const { pipe, dialler } = await almost(me, siege.url, options());
    pipe.send(dialler.third());
    await pipe.closed();
    await expectOver(siege, why);
  });

  test("of a proof that a shared key covers, one of another session or role, or that holds too long, is refused", async () => {
    for (const proof of [
      (hash: Buffer) => me.sessionProof(1, hash),
      () => me.sessionProof(0, Buffer.alloc(32)),
      () => me.staticProof(),
      (hash: Buffer) => me.sessionProof(0, hash, Date.now() + 3_600_000),
    ]) {
      const options = { pattern: "NNpsk0", sharedKey } as const;
      const { pipe, dialler } = await almost(me, siege.url, options);
      pipe.send(dialler.session(pipe).ciphers.out.seal(proof(dialler.handshake.hash)));
      await pipe.closed();
      await expectOver(siege, /identity proof/);
    }
  });

  test("first frames that are cut, longer, of another version, pattern or target, or of low order, do nothing", async () => {
    const { key } = targetOf(siege.url);
    const dialler = new Dialler(me, key);
    const first = dialler.first();
    const patched = (at: number, byte: number): Buffer => {
      const bytes = Buffer.from(first);
      bytes[at] = byte;
      return bytes;
    };
    const answered: readonly (readonly [Uint8Array, RegExp, RegExp])[] = [
      [patched(8, 2), /version mismatch: wire 1 here, wire 2 there/, /version mismatch/],
      [patched(8, 0), /version mismatch: wire 1 here, wire 0 there/, /version mismatch/],
      [patched(9, 9), /handshake pattern: expected one of/, /handshake pattern/],
      [new Dialler(me, other.key).first(), /wrong node/, /wrong node/],
      [Buffer.concat([prefixOf(key, "NNpsk0"), Buffer.alloc(48)]), /made for another key/, /made for another key/],
      [
        Buffer.concat([prefixOf(key, "KK", { claims: me.key }), Buffer.alloc(48)]),
        /was not introduced/,
        /not introduced/,
      ],
      [Buffer.concat([prefixOf(key, "IK"), Buffer.alloc(200)]), /made for another key/, /made for another key/],
    ];
    for (const [frame, reason, why] of answered) {
      const answer = (await knock(siege.url, frame)) as Buffer;
      expect(answer[0]).toBe(0);
      expect(answer.toString("utf8", 1)).toMatch(reason);
      await expectOver(siege, why);
    }
    const silent: readonly (readonly [Uint8Array, RegExp])[] = [
      [first.subarray(0, 40), /a first frame of 40 bytes/],
      [Buffer.concat([first, Buffer.of(0)]), /a first frame of 75 bytes/],
      [Buffer.concat([first, encode([{ type: "pulse.ask" }])]), /a first frame of/],
      [Buffer.from("GET / HTTP/1.1"), /does not speak/],
      [Buffer.alloc(0), /does not speak/],
      [Buffer.concat([first.subarray(0, 42), Buffer.alloc(32)]), /low order/],
      [Buffer.alloc(65_536), /a frame of 65536 bytes; the limit is 65535/],
    ];
    for (const [frame, why] of silent) {
      expect(await knock(siege.url, frame)).toBeNull();
      await expectOver(siege, why);
    }
  });

  test("a pattern or a target that somebody on the way rewrites makes a handshake fail", async () => {
    const to = targetOf(siege.url);
    // The node that the attacker meant is another one, and a relay hands it over to this one.
    const dialler = new Dialler(me, other.key);
    const first = dialler.first();
    to.key.copy(first, 10);
    const answer = (await knock(siege.url, first)) as Buffer;
    expect(() => dialler.second(answer)).toThrow(/authenticate/);
    await expectOver(siege, /the connection was cut/);
    // From a shared key down to strangers: its first message has another length, and another meaning.
    const shared = new Dialler(me, to.key, { pattern: "NNpsk0", sharedKey });
    const down = Buffer.from(shared.first().subarray(0, 74));
    down[9] = 1;
    const strangers = (await knock(siege.url, down)) as Buffer;
    expect(() => shared.second(strangers)).toThrow(/authenticate/);
    await expectOver(siege, /the connection was cut/);
  });

  test("nothing is read of a handshake that says more, or goes on with something else", async () => {
    const theirs = await staticKeyOf(me, siege.url);
    const cases: readonly (readonly [DialOptions, (session: Session) => void, RegExp])[] = [
      // Sealed by the right key, in the place of the third frame: the first data that could come.
      [
        { pattern: "IK", theirs },
        (session) => session.messages({ type: "pulse.ask" }),
        /a third frame with something in it/,
      ],
    ];
    for (const [options, act, why] of cases) {
      const { pipe, dialler } = await almost(me, siege.url, options);
      act(dialler.session(pipe));
      await pipe.closed();
      await expectOver(siege, why);
    }
    const early: readonly (readonly [(session: Session) => void, RegExp])[] = [
      [(session) => session.messages({ type: "pulse.ask" }), /messages before the hello/],
      [(session) => session.send(4), /messages before the hello/],
      [(session) => session.control({ type: "renewal", noise: Buffer.alloc(32) }), /renewal while admitted/],
      [(session) => session.control({ type: "renewed" }), /renewed while admitted/],
      [(session) => session.control({ type: "goodbye", stops: true, reason: "x" }), /goodbye while admitted/],
      [(session) => session.control({ type: "hello", wire: 1 }), /hello\.abi: expected/],
      [(session) => session.send(3, Buffer.of(0xff)), /handshake\.failed/],
    ];
    for (const [act, why] of early) {
      const { pipe, dialler } = await almost(me, siege.url);
      pipe.send(dialler.third());
      act(dialler.session(pipe));
      await pipe.closed();
      await expectOver(siege, why);
    }
    for (const change of [{ wire: 2 }, { abi: 1 }, { hash: 9 }]) {
      const session = await attack(me, siege.url, {}, change);
      const refusal = await session.nextControl();
      expect(refusal).toMatchObject({ type: "refusal", reason: expect.stringMatching(/version mismatch/) });
      session.pipe.destroy();
      await expectOver(siege, /version mismatch/);
    }
  });

  test("a stranger learns that it is one, sealed, and whatever it sends then is not read", async () => {
    const stranger = new Mallory();
    const { pipe, dialler } = await almost(stranger, siege.url);
    pipe.send(dialler.third());
    const session = dialler.session(pipe);
    const refusal = await session.nextControl();
    expect(refusal).toMatchObject({ type: "refusal", reason: expect.stringMatching(/not on this node's allow list/) });
    session.control({ ...session.hello, type: "hello" });
    session.messages({ type: "signal.message", to: [...siege.victim], from: ["x", 1], payload: payload("hi") });
    await pipe.closed();
    expect(siege.events.some((event) => event.type === "node.refused" && event.node === stranger.id)).toBe(true);
    await expectOver(siege, /node\.refused: the key .* is not on this node's allow list/);
  });
});
