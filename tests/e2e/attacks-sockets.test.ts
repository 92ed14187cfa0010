import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attack, Dialler, Mallory, targetOf } from "./attacker/mallory.ts";
import { frame, headersOf, openPipe, Pipe, upgrade } from "./attacker/pipe.ts";
import { expectNothingLeft, expectOver, heapBytes, Siege } from "./attacker/siege.ts";

// What can be done to a node below its protocol: by sockets, by HTTP, by WebSocket.

expectNothingLeft();

const me = new Mallory();

/** A socket from an address of this machine. */
async function socketTo(url: string, localAddress = "127.0.0.2"): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), localAddress });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Its socket is closed by the other side, whatever came before. */
async function ended(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.on("close", resolve));
}

async function pipeTo(url: string): Promise<Pipe> {
  const socket = await socketTo(url);
  socket.write(upgrade());
  const { rest } = await headersOf(socket);
  return new Pipe(socket, true, rest);
}

describe("who is slow", () => {
  const limits = { handshakeMs: 400, halfOpenPerAddress: 12, halfOpen: 24 };
  let siege: Siege;
  beforeAll(async () => void (siege = await Siege.begin([me.id], limits)));
  afterAll(() => siege[Symbol.asyncDispose]());

  test("sockets that say nothing, or a bit of HTTP at a time, are closed, and others get in meanwhile", async () => {
    const silent = await Promise.all(Array.from({ length: 20 }, () => socketTo(siege.url)));
    const slow = await Promise.all(Array.from({ length: 20 }, () => socketTo(siege.url, "127.0.0.3")));
    const timers = slow.map((socket) => {
      const text = upgrade();
      let at = 0;
      return setInterval(() => void socket.write(text.slice(at, (at += 2))), 20);
    });
    const session = await attack(me, siege.url);
    expect(session.hello["type"]).toBe("hello");
    session.pipe.destroy();
    await siege.unharmed();
    for (const socket of [...silent, ...slow]) socket.resume();
    await Promise.all([...silent, ...slow].map(ended));
    for (const timer of timers) clearInterval(timer);
    await expectOver(siege, /connection lost/);
  });

  test("pipes without a first frame, with half of one, or without a third, end in time, and others get in meanwhile", async () => {
    const { key } = targetOf(siege.url);
    const pipes = await Promise.all(Array.from({ length: 12 }, () => pipeTo(siege.url)));
    for (const pipe of pipes.slice(4, 8)) pipe.socket.write(frame(new Dialler(me, key).first()).subarray(0, 30));
    for (const pipe of pipes.slice(8)) pipe.send(new Dialler(me, key).first());
    // One more from there is one too many; from elsewhere it is not.
    const thirteenth = await pipeTo(siege.url);
    await thirteenth.closed();
    expect(thirteenth.closeFrame?.reason).toMatch(/halfOpenPerAddress/);
    const session = await attack(me, siege.url);
    session.pipe.destroy();
    await siege.unharmed();
    await Promise.all(pipes.map((pipe) => pipe.closed()));
    expect(pipes.every(({ closeFrame }) => closeFrame?.reason === "no handshake within 400 ms")).toBe(true);
    await expectOver(siege, /handshake\.failed: no handshake within 400 ms/);
  });

  test("a peer that is let in and says no hello, and one that does not take its refusal, end in time", async () => {
    for (const who of [me, new Mallory()]) {
      const { key } = targetOf(siege.url);
      const pipe = await openPipe(targetOf(siege.url).url);
      const dialler = new Dialler(who, key);
      pipe.send(dialler.first());
      dialler.second((await pipe.next()) as Buffer);
      pipe.send(dialler.third());
      await pipe.closed();
      await expectOver(siege, who === me ? /no handshake within 400 ms/ : /not on this node's allow list/);
    }
  });

  test("who begins one handshake after another is told to stop, and the others are not", async () => {
    await using busy = await Siege.begin([me.id], { handshakesPerSecond: 5, rateBurstMs: 1000 });
    const closed = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const pipe = await pipeTo(busy.url);
        pipe.destroy();
      }),
    );
    expect(closed).toHaveLength(5);
    // Below WebSocket the same counts.
    const late = await socketTo(busy.url);
    late.resume();
    await ended(late);
    const session = await attack(me, busy.url).catch(() => null);
    session?.pipe.destroy();
    await busy.unharmed();
  });
});

describe("who does not keep to WebSocket", () => {
  let siege: Siege;
  beforeAll(async () => void (siege = await Siege.begin([me.id], { handshakeMs: 700 })));
  afterAll(() => siege[Symbol.asyncDispose]());

  const oddities: readonly (readonly [string, string, RegExp])[] = [
    ["a browser that looks", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", /^HTTP\/1\.1 426 /],
    ["a form", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", /^HTTP\/1\.1 426 /],
    [
      "a body without end",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
      /^HTTP\/1\.1 426 /,
    ],
    ["headers of 64 KB", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(65_536)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ["5,000 headers", `GET / HTTP/1.1\r\nHost: a\r\n${"A: b\r\n".repeat(5000)}\r\n`, /^HTTP\/1\.1 4(26|31) /],
    ["a proxy's method", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", /^$/],
    ["another upgrade", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["another version of WebSocket", upgrade().replace("Version: 13", "Version: 7"), /^HTTP\/1\.1 400 /],
    ["a key that is none", upgrade().replace(/Key: .*/, "Key: x"), /^HTTP\/1\.1 400 /],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
      /^HTTP\/1\.1 400 /,
    ],
    ["no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", /^HTTP\/1\.1 400 /],
  ];
  test.each(oddities)("%s is answered, and the socket is closed", async (_, text, answer) => {
    const socket = await socketTo(siege.url);
    socket.write(text, "latin1");
    expect((await headersOf(socket)).text).toMatch(answer);
    socket.resume();
    await ended(socket);
    expect(siege.events).toEqual([]);
    await siege.unharmed();
  });

  test("a page of some site, on any path, with compression on offer, gets a pipe without it, and that is all", async () => {
    const socket = await socketTo(siege.url);
    const more = ["Origin: https://evil.example", "Sec-WebSocket-Extensions: permessage-deflate", "Cookie: a=b"];
    socket.write(upgrade("/../../etc/passwd?x=1", more));
    const { text, rest } = await headersOf(socket);
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(text).not.toMatch(/extensions/i);
    const pipe = new Pipe(socket, true, rest);
    await pipe.closed();
    await expectOver(siege, /no handshake within/);
  });

  const bad: readonly (readonly [string, (pipe: Pipe) => void, RegExp])[] = [
    ["a text frame", (pipe) => pipe.send(Buffer.from("hello"), { opcode: 1 }), /a text message: frames are binary/],
    ["a compressed frame", (pipe) => pipe.send(Buffer.alloc(74), { rsv1: true }), /RSV1 must be clear/],
    ["a frame without a mask", (pipe) => pipe.send(Buffer.alloc(74), { masked: false }), /MASK must be set/],
    ["a frame of an unknown kind", (pipe) => pipe.send(Buffer.alloc(1), { opcode: 5 }), /invalid opcode 5/],
    ["a control frame in pieces", (pipe) => pipe.send(Buffer.alloc(1), { opcode: 9, fin: false }), /FIN must be set/],
    ["a continuation of nothing", (pipe) => pipe.send(Buffer.alloc(1), { opcode: 0 }), /invalid opcode 0/],
    [
      "the head of a frame of 2 GiB",
      (pipe) => pipe.socket.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])),
      /Max payload size exceeded/,
    ],
    [
      "the head of a frame of 2⁶³ bytes",
      (pipe) =>
        pipe.socket.write(Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])),
      /payload length > 2\^53 - 1/,
    ],
    [
      "a message in a hundred thousand pieces of a byte",
      (pipe) => {
        pipe.send(Buffer.alloc(1), { fin: false });
        pipe.socket.write(
          Buffer.concat(Array.from({ length: 60_000 }, () => frame(Buffer.alloc(1), { opcode: 0, fin: false }))),
        );
      },
      /Too many message fragments/,
    ],
  ];
  test.each(bad)("%s ends the pipe, by name, and that pipe alone", async (_, act, why) => {
    const pipe = await pipeTo(siege.url);
    act(pipe);
    await pipe.closed();
    await expectOver(siege, why);
  });

  test("a frame in two pieces, with a ping between them, is one frame", async () => {
    const { url, key } = targetOf(siege.url);
    const pipe = await openPipe(url);
    const dialler = new Dialler(me, key);
    const first = dialler.first();
    pipe.send(first.subarray(0, 10), { fin: false });
    pipe.send(Buffer.from("x"), { opcode: 9 });
    pipe.send(first.subarray(10), { opcode: 0 });
    dialler.second((await pipe.next()) as Buffer);
    pipe.destroy();
    await expectOver(siege, /connection was cut/);
  });

  test("who pings without end and reads nothing makes the node keep nothing", async () => {
    const { url } = targetOf(siege.url);
    const pipe = await openPipe(url);
    pipe.socket.pause();
    const before = heapBytes() + process.memoryUsage().external;
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(Buffer.alloc(125), { opcode: 9 })));
    for (let i = 0; i < 200; i += 1) {
      if (!pipe.socket.write(pings))
        await Promise.race([new Promise((resolve) => pipe.socket.once("drain", resolve)), ended(pipe.socket)]);
      if (pipe.isClosed) break;
    }
    expect(heapBytes() + process.memoryUsage().external - before).toBeLessThan(8 * 2 ** 20);
    await siege.unharmed();
    pipe.destroy();
    await expectOver(siege, /handshake\.failed/);
  });
});
