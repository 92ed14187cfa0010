import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** WebSocket (RFC 6455) over a socket, byte by byte, so that each of its rules can be broken. */

export interface FrameOptions {
  readonly opcode?: number;
  readonly fin?: boolean;
  /** Sets the bit of a compressed frame. */
  readonly rsv1?: boolean;
  readonly masked?: boolean;
}

const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export function frame(payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = 2, fin = true, rsv1 = false, masked = true } = options;
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  const mask = masked ? 0x80 : 0;
  let head: Buffer;
  if (payload.length < 126) head = Buffer.of(first, mask | payload.length);
  else if (payload.length < 65_536) head = Buffer.of(first, mask | 126, payload.length >> 8, payload.length & 255);
  else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = mask | 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

export class Pipe {
  readonly socket: Socket;
  readonly #client: boolean;
  readonly #frames: Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #wake: () => void = () => {};
  #closed = false;
  /** The code and reason of the other side's close frame. */
  closeFrame: { readonly code: number; readonly reason: string } | null = null;

  constructor(socket: Socket, client: boolean, rest: Buffer = Buffer.alloc(0)) {
    this.socket = socket;
    this.#client = client;
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
    this.#take(rest);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  send(bytes: Uint8Array, options: FrameOptions = {}): void {
    this.socket.write(frame(bytes, { masked: this.#client, ...options }));
  }

  /** The next binary frame, or null when the pipe has closed. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      const bytes = this.#frames.shift();
      if (bytes !== undefined) return bytes;
      if (this.#closed) return null;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** When the other side has closed it; frames that came before are dropped. */
  async closed(): Promise<void> {
    while ((await this.next()) !== null);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(more: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, more]);
    for (;;) {
      const bytes = this.#bytes;
      if (bytes.length < 2) break;
      const short = (bytes[1] as number) & 127;
      const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
      const masked = ((bytes[1] as number) & 128) !== 0 ? 4 : 0;
      if (bytes.length < 2 + wide + masked) break;
      const length = wide === 0 ? short : wide === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
      const start = 2 + wide + masked;
      if (bytes.length < start + length) break;
      const mask = bytes.subarray(2 + wide, start);
      const payload = Buffer.from(bytes.subarray(start, start + length));
      if (masked !== 0)
        for (let i = 0; i < length; i += 1) payload[i] = (payload[i] as number) ^ (mask[i % 4] as number);
      this.#bytes = bytes.subarray(start + length);
      const opcode = (bytes[0] as number) & 15;
      if (opcode === 8) {
        this.closeFrame = { code: payload.readUInt16BE(0), reason: payload.toString("utf8", 2) };
        this.send(payload.subarray(0, 2), { opcode: 8 });
        this.socket.end();
      } else if (opcode < 3) this.#frames.push(payload);
    }
    this.#wake();
  }
}

/** A socket that says nothing by itself. */
export async function rawSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** The text with which a WebSocket begins; `more` are further lines. */
export const upgrade = (path = "/", more: readonly string[] = []): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    ...more,
    "\r\n",
  ].join("\r\n");

/** What comes up to the end of the headers, and what came behind it. */
export function headersOf(socket: Socket): Promise<{ readonly text: string; readonly rest: Buffer }> {
  return new Promise((resolve) => {
    let all = Buffer.alloc(0);
    const done = (): void => {
      const end = all.indexOf("\r\n\r\n");
      socket.off("data", take).off("close", done);
      resolve({
        text: all.toString("latin1", 0, end < 0 ? all.length : end),
        rest: all.subarray(end < 0 ? all.length : end + 4),
      });
    };
    const take = (bytes: Buffer): void => {
      all = Buffer.concat([all, bytes]);
      if (all.includes("\r\n\r\n")) done();
    };
    socket.on("data", take).on("close", done);
  });
}

export async function openPipe(url: string): Promise<Pipe> {
  const socket = await rawSocket(url);
  socket.write(upgrade());
  const { text, rest } = await headersOf(socket);
  if (!text.startsWith("HTTP/1.1 101")) throw new Error(`no WebSocket: ${text.split("\r\n")[0] ?? ""}`);
  return new Pipe(socket, true, rest);
}

/** A place to be dialled at; each pipe is given to `accept`. */
export class Listener implements AsyncDisposable {
  readonly #server: Server;
  readonly #pipes = new Set<Pipe>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(accept: (pipe: Pipe) => void): Promise<Listener> {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      void headersOf(socket).then(({ text, rest }) => {
        const key = /sec-websocket-key: *(\S+)/i.exec(text)?.[1];
        if (key === undefined) return socket.destroy();
        const answer = createHash("sha1").update(`${key}${magic}`).digest("base64");
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
        );
        const pipe = new Pipe(socket, false, rest);
        listener.#pipes.add(pipe);
        return accept(pipe);
      });
    });
    const listener = new Listener(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return listener;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pipe of this.#pipes) pipe.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
