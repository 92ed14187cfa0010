import { createServer, type Socket } from "node:net";
import { Access, limits, type Message } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { createIdentity, SessionTransport } from "@espalier/wire";
import { webSocketNetwork } from "@espalier/wire/node";
import { Node, Process, type Pid, type Self } from "espalier";
import { WebSocketServer } from "ws";

// The other OS process of the wire benchmark: it listens, says where, and counts what comes. A message whose first byte is `answerWanted` comes
// back with the count in its next four bytes.

export const answerWanted = 1;

/** Bytes before each message in a frame that holds many, and on a bare TCP connection. */
export const lengthBytes = 4;

/**
 * | kind | what it is made of |
 * | --- | --- |
 * | `processes` | two nodes, each with a process |
 * | `session` | our sessions, without nodes |
 * | `socket`, `batched` | a WebSocket, with a message or many to a frame |
 * | `tcp` | a TCP connection |
 */
export type Kind = "processes" | "session" | "socket" | "batched" | "tcp";

/** What the peer says when it is ready. */
export interface PeerAddress {
  readonly url: string;
  /** The node's id; empty for a raw socket. */
  readonly id: string;
}

/** A message between nodes that carries `bytes`. */
export function messageOf(bytes: Uint8Array): Message {
  return { type: "signal.message", to: ["1", 1], from: ["1", 1], payload: { bytes, hashes: [] } };
}

export function bytesOf(message: Message): Uint8Array {
  if (message.type !== "signal.message") throw new Error(`expected signal.message, got ${message.type}`);
  return message.payload.bytes;
}

/** Calls `take` for each whole message in `bytes`, and returns how many bytes they were. */
export function unpack(bytes: Uint8Array, take: (bytes: Uint8Array) => void): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  while (start + lengthBytes <= bytes.length) {
    const end = start + lengthBytes + view.getUint32(start);
    if (end > bytes.length) break;
    take(bytes.subarray(start + lengthBytes, end));
    start = end;
  }
  return start;
}

export function packed(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(lengthBytes + bytes.length);
  new DataView(frame.buffer).setUint32(0, bytes.length);
  frame.set(bytes, lengthBytes);
  return frame;
}

/** Calls `take` for each message on a TCP connection. */
export function readPacked(socket: Socket, take: (bytes: Uint8Array) => void): void {
  let rest: Uint8Array = new Uint8Array(0);
  socket.on("data", (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = bytes.subarray(unpack(bytes, take));
  });
}

/** How many messages came since the last answer, as the answer says. */
export function countOf(answer: Uint8Array): number {
  return new DataView(answer.buffer, answer.byteOffset).getUint32(1);
}

/** Counts messages; the answer, when one is wanted. */
function counter(): (bytes: Uint8Array) => Uint8Array | null {
  let count = 0;
  return (bytes) => {
    count += 1;
    if (bytes[0] !== answerWanted) return null;
    const answer = new Uint8Array(bytes);
    new DataView(answer.buffer).setUint32(1, count);
    count = 0;
    return answer;
  };
}

async function processes(): Promise<PeerAddress> {
  const node = await Node.start({ listen: "ws://127.0.0.1:0", allow: "anyone" });
  const answer = counter();
  void node.run(function* peer(self: Self<Uint8Array | Pid<Uint8Array>>) {
    yield* Process.register("peer");
    let asker: Pid<Uint8Array> | null = null;
    for (;;) {
      const message = yield* self.receive();
      if (!(message instanceof Uint8Array)) asker = message;
      else {
        const answered = answer(message);
        if (answered !== null && asker !== null) yield* Process.send(asker, answered);
      }
    }
  });
  return { url: node.ref.url, id: node.ref.id };
}

async function session(): Promise<PeerAddress> {
  const host = nodeHost({ network: webSocketNetwork() });
  const identity = createIdentity(host);
  const transport = new SessionTransport({
    host,
    identity,
    incarnation: "1",
    abi: 1,
    hashVersion: 1,
    listen: "ws://127.0.0.1:0",
    access: new Access("anyone"),
    // One machine makes all the handshakes there are here.
    limits: { ...limits, handshakesPerSecond: 1_000_000 },
  });
  const answer = counter();
  await transport.start({
    up() {},
    message(peer, message) {
      const answered = answer(bytesOf(message));
      if (answered !== null) transport.send(peer, messageOf(answered));
    },
    down() {},
    failed() {},
  });
  return { url: transport.url ?? "", id: identity.id };
}

async function webSocket(batched: boolean): Promise<PeerAddress> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  const answer = counter();
  server.on("connection", (socket) => {
    const take = (bytes: Uint8Array): void => {
      const answered = answer(bytes);
      if (answered !== null) socket.send(answered);
    };
    socket.on("message", (frame: Buffer) => {
      if (batched) unpack(frame, take);
      else take(frame);
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return { url: `ws://127.0.0.1:${portOf(server.address())}`, id: "" };
}

async function tcp(): Promise<PeerAddress> {
  const answer = counter();
  const server = createServer({ noDelay: true }, (socket) => {
    readPacked(socket, (bytes) => {
      const answered = answer(bytes);
      if (answered !== null) socket.write(packed(answered));
    });
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { url: `tcp://127.0.0.1:${portOf(server.address())}`, id: "" };
}

function portOf(address: ReturnType<WebSocketServer["address"]>): number {
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}

function open(kind: Kind): Promise<PeerAddress> {
  switch (kind) {
    case "processes":
      return processes();
    case "session":
      return session();
    case "tcp":
      return tcp();
    case "socket":
    case "batched":
      return webSocket(kind === "batched");
  }
}

if (import.meta.main) {
  // It ends with the benchmark, however that ends.
  process.on("disconnect", () => process.exit(0));
  process.send?.(await open(process.argv[2] as Kind));
}
