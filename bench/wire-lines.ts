import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { NodeRef } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { createIdentity, SessionTransport } from "@espalier/wire";
import { webSocketNetwork } from "@espalier/wire/node";
import { Node, Process, type Self } from "espalier";
import { WebSocket } from "ws";
import { expectResult } from "./harness.ts";
import {
  answerWanted,
  bytesOf,
  countOf,
  lengthBytes,
  messageOf,
  packed,
  readPacked,
  type Kind,
  type PeerAddress,
} from "./wire-peer.ts";

/** A connection to the other OS process, whatever it is made of. */
export interface Line {
  /** Milliseconds of so many round trips, one after the other. */
  trips(bytes: number, count: number): Promise<readonly number[]>;
  /** Sends so many messages, and returns when the peer has them all and has said so. */
  flood(bytes: number, count: number): Promise<void>;
}

const lines = new Map<Kind, Promise<Line>>();

/** One connection for each kind in an OS process. */
export function line(kind: Kind): Promise<Line> {
  const open = lines.get(kind) ?? (kind === "processes" ? openProcesses() : openPushed(kind));
  lines.set(kind, open);
  return open;
}

function asking(bytes: number): Uint8Array {
  const message = new Uint8Array(bytes);
  message[0] = answerWanted;
  return message;
}

async function openProcesses(): Promise<Line> {
  const { url } = await startPeer("processes");
  const peer = NodeRef.parse(url);
  const node = await Node.start({ allow: [peer.id] });
  const to = await node.run(() => Process.whereisAt<any>(peer, "peer"));
  if (to === undefined) throw new Error("the peer has no process");
  return {
    trips: (bytes, count) =>
      node.run(function* trips(self: Self<Uint8Array>) {
        yield* Process.send(to, self.pid);
        const message = asking(bytes);
        const times: number[] = [];
        for (let trip = 0; trip < count; trip += 1) {
          const startedMs = performance.now();
          yield* Process.send(to, message);
          expectResult(countOf(yield* self.receive()), 1);
          times.push(performance.now() - startedMs);
        }
        return times;
      }),
    flood: (bytes, count) =>
      node.run(function* flood(self: Self<Uint8Array>) {
        yield* Process.send(to, self.pid);
        const message = new Uint8Array(bytes);
        for (let sent = 1; sent < count; sent += 1) yield* Process.send(to, message);
        yield* Process.send(to, asking(bytes));
        expectResult(countOf(yield* self.receive()), count);
      }),
  };
}

/** What others than processes send with. */
interface Pushed {
  send(bytes: Uint8Array): void;
  /** Sends what `send` has collected. */
  flush(): void;
  /** Waits while too much is queued. */
  room(): Promise<void> | null;
}

async function openPushed(kind: Kind): Promise<Line> {
  const answers = new Answers();
  const pushed = await push(kind, answers);
  return {
    async trips(bytes, count) {
      const message = asking(bytes);
      const times: number[] = [];
      for (let trip = 0; trip < count; trip += 1) {
        const startedMs = performance.now();
        const answered = answers.next();
        pushed.send(message);
        pushed.flush();
        expectResult(await answered, 1);
        times.push(performance.now() - startedMs);
      }
      return times;
    },
    async flood(bytes, count) {
      const message = new Uint8Array(bytes);
      const answered = answers.next();
      // In portions of what a sender's turn of the event loop might hold.
      for (let sent = 1; sent < count; sent += 1) {
        pushed.send(message);
        if (sent % portion === 0) await new Promise(setImmediate);
        const room = pushed.room();
        if (room !== null) await room;
      }
      pushed.send(asking(bytes));
      pushed.flush();
      expectResult(await answered, count);
    },
  };
}

const portion = 500;
const queuedBytesMax = 16 * 2 ** 20;

async function push(kind: Kind, answers: Answers): Promise<Pushed> {
  const address = await startPeer(kind);
  if (kind === "session") return openSession(address, answers);
  if (kind === "tcp") return openTcp(address, answers);
  return openSocket(address, answers, kind === "batched");
}

/** A transport that may connect with the peer and listens nowhere. */
export function newTransport(): SessionTransport {
  const host = nodeHost({ network: webSocketNetwork() });
  return new SessionTransport({ host, identity: createIdentity(host), incarnation: "1", abi: 1, hashVersion: 1 });
}

async function openSession({ url, id }: PeerAddress, answers: Answers): Promise<Pushed> {
  const transport = newTransport();
  const ready = Promise.withResolvers<void>();
  let drained: PromiseWithResolvers<void> | null = null;
  await transport.start({
    up: () => ready.resolve(),
    message: (_peer, message) => answers.came(bytesOf(message)),
    down: (_peer, reason) => answers.lost(reason),
    failed: (_peer, reason) => ready.reject(new Error(reason)),
    busy: () => (drained = Promise.withResolvers()),
    drained: () => {
      drained?.resolve();
      drained = null;
    },
  });
  transport.connect(new NodeRef(id, url));
  await ready.promise;
  return {
    send(bytes) {
      if (!transport.send(id, messageOf(bytes))) throw new Error("the link is gone");
    },
    flush() {}, // a session does that by itself
    room: () => drained?.promise ?? null,
  };
}

async function openSocket({ url }: PeerAddress, answers: Answers, batched: boolean): Promise<Pushed> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, "open");
  socket.on("message", (frame: Buffer) => answers.came(frame));
  socket.on("close", () => answers.lost("the socket closed"));
  const room = (): Promise<void> | null =>
    socket.bufferedAmount < queuedBytesMax ? null : new Promise((resolve) => setImmediate(resolve));
  if (!batched) return { send: (bytes) => socket.send(bytes), flush() {}, room };

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
      if (lengthBytes + bytes.length > frame.length) return socket.send(packed(bytes));
      view.setUint32(filled, bytes.length);
      frame.set(bytes, filled + lengthBytes);
      filled += lengthBytes + bytes.length;
    },
    flush,
    room,
  };
}

async function openTcp({ url }: PeerAddress, answers: Answers): Promise<Pushed> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  readPacked(socket, (bytes) => answers.came(bytes));
  socket.on("close", () => answers.lost("the connection closed"));
  return {
    send: (bytes) => void socket.write(packed(bytes)),
    flush() {},
    room: () =>
      socket.writableLength < queuedBytesMax ? null : new Promise((resolve) => socket.once("drain", resolve)),
  };
}

class Answers {
  #waiting: PromiseWithResolvers<number> | null = null;

  /** The count in the next answer. */
  next(): Promise<number> {
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  came(bytes: Uint8Array): void {
    if (bytes[0] !== answerWanted) throw new Error(`expected an answer, got ${bytes.length} bytes`);
    this.#waiting?.resolve(countOf(bytes));
  }

  lost(reason: string): void {
    this.#waiting?.reject(new Error(reason));
  }
}

const peers: ChildProcess[] = [];

/** Starts the other OS process. */
export async function startPeer(kind: Kind): Promise<PeerAddress> {
  const peer = fork(fileURLToPath(new URL("wire-peer.ts", import.meta.url)), [kind]);
  peers.push(peer);
  const [address] = (await once(peer, "message")) as [PeerAddress];
  return address;
}

/** Ends them all. */
export function endPeers(): void {
  for (const peer of peers) peer.kill();
}
