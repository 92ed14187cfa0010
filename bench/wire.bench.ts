import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { NodeRef } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { createIdentity, SessionTransport } from "@espalier/wire";
import { webSocketNetwork } from "@espalier/wire/node";
import { WebSocket } from "ws";
import { benchmark, perSecond, type Question } from "./harness.ts";
import { answerWanted, bytesOf, lengthBytes, messageOf, type PeerAddress } from "./wire-peer.ts";

// Messages to another OS process over loopback: through our sessions, which are encrypted and check what they get, and through a WebSocket
// as it is. A raw socket that puts many messages into a frame shows what is left to gain.

/** A connection to the other OS process, whatever it is made of. */
interface Line {
  send(bytes: Uint8Array): void;
  /** Sends what `send` has collected. */
  flush(): void;
  /** The next answer. */
  answer(): Promise<void>;
}

type Kind = "session" | "socket" | "batched";

const lines = new Map<Kind, Promise<Line>>();

/** One connection for each kind in an OS process; all are closed when it ends. */
function line(kind: Kind): Promise<Line> {
  const open = lines.get(kind) ?? (kind === "session" ? openSession() : openSocket(kind));
  lines.set(kind, open);
  return open;
}

async function openSession(): Promise<Line> {
  const { url, id } = await startPeer("session");
  const host = nodeHost({ network: webSocketNetwork() });
  const transport = new SessionTransport({
    host,
    identity: createIdentity(host),
    incarnation: "1",
    abi: 1,
    hashVersion: 1,
  });
  const answers = new Answers();
  const ready = Promise.withResolvers<void>();
  await transport.start({
    up: () => ready.resolve(),
    message: (_peer, message) => answers.came(bytesOf(message)),
    down: (_peer, reason) => answers.lost(reason),
    failed: (_peer, reason) => ready.reject(new Error(reason)),
  });
  transport.connect(new NodeRef(id, url));
  await ready.promise;
  return {
    send(bytes) {
      if (!transport.send(id, messageOf(bytes))) throw new Error("the link is gone");
    },
    flush() {}, // a session does that by itself
    answer: () => answers.next(),
  };
}

async function openSocket(kind: Kind): Promise<Line> {
  const { url } = await startPeer(kind);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open");
  const answers = new Answers();
  socket.on("message", (frame: Buffer) => answers.came(frame));
  socket.on("close", () => answers.lost("the socket closed"));
  if (kind === "socket") return { send: (bytes) => socket.send(bytes), flush() {}, answer: () => answers.next() };

  const frame = new Uint8Array(65_536);
  const view = new DataView(frame.buffer);
  let filled = 0;
  const flush = (): void => {
    if (filled > 0) socket.send(frame.slice(0, filled));
    filled = 0;
  };
  return {
    send(bytes) {
      if (filled + lengthBytes + bytes.length > frame.length) flush();
      view.setUint32(filled, bytes.length);
      frame.set(bytes, filled + lengthBytes);
      filled += lengthBytes + bytes.length;
    },
    flush,
    answer: () => answers.next(),
  };
}

class Answers {
  #waiting: PromiseWithResolvers<void> | null = null;

  next(): Promise<void> {
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  came(bytes: Uint8Array): void {
    if (bytes[0] !== answerWanted) throw new Error(`expected an answer, got ${bytes.length} bytes`);
    this.#waiting?.resolve();
  }

  lost(reason: string): void {
    this.#waiting?.reject(new Error(reason));
  }
}

const peers: ChildProcess[] = [];

async function startPeer(kind: Kind): Promise<PeerAddress> {
  const peer = fork(fileURLToPath(new URL("wire-peer.ts", import.meta.url)), [kind]);
  peers.push(peer);
  const [address] = (await once(peer, "message")) as [PeerAddress];
  return address;
}

/** The median, in microseconds, of so many round trips one after the other. */
async function roundTrip(kind: Kind, bytes: number, trips: number): Promise<number> {
  const peer = await line(kind);
  const message = new Uint8Array(bytes);
  message[0] = answerWanted;
  const times: number[] = [];
  for (let trip = 0; trip < trips; trip += 1) {
    const startedMs = performance.now();
    const answered = peer.answer();
    peer.send(message);
    peer.flush();
    await answered;
    times.push((performance.now() - startedMs) * 1000);
  }
  return times.toSorted((a, b) => a - b)[trips >> 1] as number;
}

/** Messages a second to the peer, until it has them all and has said so. */
async function oneWay(kind: Kind, bytes: number, messages: number): Promise<number> {
  const peer = await line(kind);
  const message = new Uint8Array(bytes);
  const last = new Uint8Array(bytes);
  last[0] = answerWanted;
  return perSecond(messages, async () => {
    const answered = peer.answer();
    // In portions of what a sender's turn of the event loop might hold.
    for (let sent = 1; sent < messages; sent += 1) {
      peer.send(message);
      if (sent % portion === 0) await new Promise(setImmediate);
    }
    peer.send(last);
    peer.flush();
    await answered;
  });
}

const portion = 500;

function oneWayQuestion(bytes: number, messages: number, aimPerSecond: number): Question {
  return {
    name: `one way ${bytes} bytes, messages`,
    unit: "/s",
    subjects: {
      espalier: () => oneWay("session", bytes, messages),
      ws: () => oneWay("socket", bytes, messages),
      "ws, many messages a frame": () => oneWay("batched", bytes, messages),
    },
    aim: { value: aimPerSecond },
  };
}

await benchmark(import.meta.url, "Messages to another OS process over loopback", [
  {
    name: "round trip 64 bytes",
    unit: "µs",
    subjects: {
      espalier: () => roundTrip("session", 64, 2_000),
      ws: () => roundTrip("socket", 64, 2_000),
    },
    aim: { value: 2, of: "ws" },
  },
  oneWayQuestion(64, 50_000, 1e6),
  oneWayQuestion(1024, 20_000, 250e6 / 1024),
  oneWayQuestion(60_000, 1_000, 400e6 / 60_000),
]);

for (const peer of peers) peer.kill();
process.exit();
