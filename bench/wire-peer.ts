import { Access, type Message } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { createIdentity, SessionTransport } from "@espalier/wire";
import { webSocketNetwork } from "@espalier/wire/node";
import { WebSocketServer } from "ws";

// The other OS process of the wire benchmark: it listens, says where, and answers. A message whose first byte is `answerWanted` comes back;
// others are counted and thrown away.

export const answerWanted = 1;

/** Bytes before each message in a frame that holds many. */
export const lengthBytes = 4;

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

/** Calls `take` for each message in a frame. */
export function unpack(frame: Uint8Array, take: (bytes: Uint8Array) => void): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  for (let start = 0; start < frame.length;) {
    const end = start + lengthBytes + view.getUint32(start);
    take(frame.subarray(start + lengthBytes, end));
    start = end;
  }
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
  });
  await transport.start({
    up() {},
    message(peer, message) {
      if (bytesOf(message)[0] === answerWanted) transport.send(peer, message);
    },
    down: () => process.exit(0),
    failed() {},
  });
  return { url: transport.url ?? "", id: identity.id };
}

async function rawSocket(batched: boolean): Promise<PeerAddress> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  server.on("connection", (socket) => {
    const take = (bytes: Uint8Array): void => {
      if (bytes[0] === answerWanted) socket.send(bytes);
    };
    socket.on("message", (frame: Buffer) => (batched ? unpack(frame, take) : take(frame)));
    socket.on("close", () => process.exit(0));
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return { url: `ws://127.0.0.1:${address.port}`, id: "" };
}

if (import.meta.main) {
  const kind = process.argv[2];
  const address = kind === "session" ? await session() : await rawSocket(kind === "batched");
  process.send?.(address);
}
