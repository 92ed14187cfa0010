import type { Listener, Network, Pipe, PipeHandler } from "@espalier/runtime";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { WebSocket, WebSocketServer } from "ws";
import { drainedBytes, limits as defaultLimits, type Limits } from "@espalier/runtime";
import { HalfOpen } from "../connection/half-open.ts";
import { closeCode, closeReason, closeText } from "../web-socket.ts";
import { ListenError } from "./errors.ts";

/** Some room above the largest frame, so that one that is too large is refused by the session, which says why. */
const payloadBytesMax: number = defaultLimits.frameBytes + 32;

/** How long a peer may take to answer a close. */
const closeTimeoutMs = 5_000;

/** No node sends a frame in fragments, and a proxy few. Each costs a hundred bytes however small it is, before anybody is known. */
const fragmentsMax = 64;

/** In how many reads a frame may come: its largest is 65 KB, and a packet that is full has more than a thousand bytes. */
const chunksMax = 2_048;

// Ciphertext does not compress, and compression before encryption can tell what is inside.
const socketOptions = {
  perMessageDeflate: false,
  maxPayload: payloadBytesMax,
  maxFragments: fragmentsMax,
  maxBufferedChunks: chunksMax,
  closeTimeout: closeTimeoutMs,
};

export interface WebSocketNetworkOptions {
  /**
   * Masks what a dialling side sends, as browsers do. Default: no. The mask protects proxies from pages that choose what bytes a
   * browser sends; here they are ciphertext, and masking costs most of the throughput of large frames.
   */
  readonly mask?: boolean;
  /** Those of the node. Default: the usual ones. */
  readonly limits?: Limits;
}

/** Pipes as WebSockets: one binary message a frame, in the clear, for sessions that seal their frames themselves. */
export function webSocketNetwork(options: WebSocketNetworkOptions = {}): Network {
  const { limits = defaultLimits } = options;
  const clientOptions = {
    ...socketOptions,
    handshakeTimeout: limits.handshakeMs,
    // A mask of zeros makes ws skip the masking.
    ...(options.mask === true ? {} : { generateMask: (mask: Buffer) => void mask.fill(0) }),
  };
  return {
    listen: (url, accept) => listen(url, accept, limits),
    connect(url, handler) {
      let socket: WebSocket;
      try {
        socket = new WebSocket(url, clientOptions);
      } catch (error) {
        // ws throws at an address that is none; a pipe that cannot open says so to its handler, as any other.
        const pipe = deadPipe(url);
        queueMicrotask(() => handler.closed(`${url}: ${errorText(error)}`));
        return pipe;
      }
      const pipe = new WebSocketPipe(socket, url);
      pipe.handle(handler);
      return pipe;
    },
  };
}

async function listen(url: string, accept: (pipe: Pipe) => PipeHandler, limits: Limits): Promise<Listener> {
  const { host, port } = parseAddress(url);
  // Anything but a WebSocket is answered, so that somebody who tries a browser learns what is here.
  const http = createServer((_request, response) => {
    response.writeHead(426, { "content-type": "text/plain", upgrade: "websocket" });
    response.end("This is a node of Espalier: it speaks WebSocket.\n");
  });
  boundSilence(http, limits);
  await opened(http, url, host, port);
  const server = new WebSocketServer({ server: http, ...socketOptions });
  server.on("connection", (socket, request) => {
    const { remoteAddress, remotePort } = request.socket;
    const pipe = new WebSocketPipe(socket, `${remoteAddress}:${remotePort}`);
    // At once: ws may have read the first frames together with the request (see `Network.connect`).
    pipe.handle(accept(pipe));
  });
  const taken = (http.address() as AddressInfo).port;
  return {
    url: `ws://${inUrl(reachable(host))}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        server.close();
        for (const socket of server.clients) socket.terminate();
        http.closeAllConnections();
      }),
  };
}

/** Of a node that listens on all addresses of its machine others have to know one: the first that is not the machine's own alone. */
function reachable(host: string): string {
  if (host !== "0.0.0.0" && host !== "::") return host;
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const known = all.filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0);
  const found = known.find(({ family }) => family === "IPv4") ?? (host === "::" ? known[0] : undefined);
  return found?.address ?? (host === "::" ? "::1" : "127.0.0.1");
}

const inUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** What is no WebSocket yet is bounded like pipes whose handshake is not over: most of what comes slowly never becomes one. */
function boundSilence(http: Server, limits: Limits): void {
  const silent = new HalfOpen<SilentSocket>(limits, () => performance.now());
  const bySocket = new WeakMap<object, SilentSocket>();
  const over = (socket: object): void => {
    const one = bySocket.get(socket);
    if (one === undefined) return;
    clearTimeout(one.timer);
    silent.delete(one);
  };
  http.on("connection", (socket) => {
    const end = (): void => void socket.destroy();
    const one: SilentSocket = {
      remote: `${socket.remoteAddress}:${socket.remotePort}`,
      timer: setTimeout(end, limits.handshakeMs),
      end,
    };
    bySocket.set(socket, one);
    socket.on("close", () => over(socket));
    silent.add(one);
  });
  http.on("upgrade", (_request, socket) => over(socket));
}

interface SilentSocket {
  readonly remote: string;
  readonly timer: NodeJS.Timeout;
  end(): void;
}

function opened(http: Server, url: string, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(listenError(url, host, port, error));
    http.once("error", refuse);
    http.listen(port, host, () => {
      http.off("error", refuse);
      resolve();
    });
  });
}

function listenError(url: string, host: string, port: number, cause: NodeJS.ErrnoException): ListenError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is taken by another program; stop that, or choose another port`,
    EACCES: `port ${port} needs rights that this program does not have; choose one above 1023`,
    EADDRNOTAVAIL: `${host} is no address of this machine`,
    ENOTFOUND: `the name ${host} is not known`,
  };
  return new ListenError(url, `cannot listen on ${url}: ${reasons[cause.code ?? ""] ?? cause.message}`, { cause });
}

function parseAddress(url: string): { readonly host: string; readonly port: number } {
  const address = URL.parse(url);
  // `port` is empty for 80, the scheme's own.
  if (address?.protocol !== "ws:" || address.pathname !== "/" || address.search !== "" || address.hash !== "") {
    throw new TypeError(`listen: expected ws://host:port${hintOf(address)}, got ${JSON.stringify(url)}`);
  }
  return { host: address.hostname.replaceAll(/^\[|\]$/g, ""), port: address.port === "" ? 80 : Number(address.port) };
}

function hintOf(address: URL | null): string {
  if (address === null) return " (IPv6 as ws://[::1]:port)";
  if (address.protocol === "wss:") {
    return " (TLS is a proxy's: listen on ws://, and give the proxy's wss://host:port as address)";
  }
  return address.protocol === "ws:" ? " without a path" : "";
}

class WebSocketPipe implements Pipe {
  readonly remote: string;
  readonly #socket: WebSocket;
  #handler: PipeHandler | null = null;
  /** It held so much that it has to say when it holds less. */
  #mustDrain = false;
  /** Why it will close, known before it does. */
  #reason: string | null = null;

  constructor(socket: WebSocket, remote: string) {
    this.#socket = socket;
    this.remote = remote;
  }

  handle(handler: PipeHandler): void {
    const socket = this.#socket;
    this.#handler = handler;
    if (socket.readyState === WebSocket.OPEN) handler.open();
    else socket.on("open", () => handler.open());
    // One handler for good: several frames of one read come one after another, before anything that awaits goes on.
    socket.on("message", (data, isBinary) => {
      if (!isBinary) return this.close("a text message: frames are binary");
      // A Buffer is a Uint8Array that slices otherwise: nothing behind this port should have to know.
      const { buffer, byteOffset, byteLength } = data as Buffer;
      handler.frame(new Uint8Array(buffer, byteOffset, byteLength));
    });
    // "close" follows.
    socket.on("error", (error) => (this.#reason ??= foundInstead(error, this.remote) ?? errorText(error)));
    socket.on("close", (code, reason) => {
      const given = reason.toString();
      handler.closed(this.#reason ?? (given === "" ? closeText(code) : given));
    });
  }

  send(frame: Uint8Array): void {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (!this.#mustDrain && socket.bufferedAmount + frame.length < drainedBytes) {
      socket.send(frame);
      return;
    }
    this.#mustDrain = true;
    socket.send(frame, () => {
      if (!this.#mustDrain || socket.bufferedAmount >= drainedBytes) return;
      this.#mustDrain = false;
      this.#handler?.drained?.();
    });
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  close(reason = ""): void {
    const socket = this.#socket;
    this.#reason ??= reason === "" ? null : reason;
    if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
    else socket.close(closeCode, closeReason(reason));
  }
}

function deadPipe(remote: string): Pipe {
  return { remote, queuedBytes: 0, send() {}, close() {} };
}

/** What a dialling side found where it expected a node; null for anything else. */
function foundInstead(error: Error & { readonly code?: unknown }, url: string): string | null {
  const status = /^Unexpected server response: (\d+)$/.exec(error.message)?.[1];
  if (status !== undefined) {
    return `${url} answered with HTTP ${status}: expected a node there, or a proxy that passes WebSockets on`;
  }
  if (String(error.code).startsWith("HPE_")) return `${url} does not speak HTTP: expected a node there`;
  if (error.code === "EPROTO") return `${url} does not speak TLS: take ws://, or a proxy that does`;
  return error.message === "socket hang up" ? `${url} hung up without an answer; if it speaks TLS, take wss://` : null;
}

function errorText(error: unknown): string {
  // Several addresses were tried, none worked: Node's message is empty then.
  if (error instanceof AggregateError) return error.errors.map(errorText).join("; ");
  return error instanceof Error ? error.message : String(error);
}
