import { drainedBytes, type Network, type Pipe, type PipeHandler } from "@espalier/runtime";
import { closeCode, closeReason, closeText } from "../web-socket.ts";

/** How often is looked whether a socket that held `drainedBytes` holds less: browsers do not tell. */
const drainMs = 20;

/**
 * Pipes as the browser's WebSockets: one binary message a frame, as those of `@espalier/wire/node`, which they talk to. A page cannot be
 * connected to, so `listen` rejects.
 */
export function webSocketNetwork(): Network {
  return {
    listen: (url) =>
      Promise.reject(
        new Error(
          `listen ${url}: a page cannot accept connections; leave \`listen\` away and connect from here to a node that listens`,
        ),
      ),
    connect(url, handler) {
      const problem = addressProblem(url);
      if (problem !== null) return deadPipe(url, problem, handler);
      try {
        return new WebSocketPipe(new WebSocket(url), url, handler);
      } catch (error) {
        // A pipe that cannot open says so to its handler, whatever it is that the browser does not like.
        return deadPipe(url, `${url}: ${error instanceof Error ? error.message : String(error)}`, handler);
      }
    },
  };
}

/** What a browser would refuse without a word about it. */
function addressProblem(url: string): string | null {
  const address = URL.parse(url);
  if (address === null || !/^wss?:$/.test(address.protocol)) {
    return `${url}: expected ws://host:port or wss://host:port`;
  }
  const { origin = "" } = globalThis as { readonly origin?: string };
  if (address.protocol === "ws:" && origin.startsWith("https:") && !isLocal(address.hostname)) {
    return `${url}: a page that came over https: may open wss: alone (mixed content); put the node behind a proxy that speaks TLS, and name that as its \`address\``;
  }
  return null;
}

/** What browsers trust without TLS (Secure Contexts §3.1). */
function isLocal(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

class WebSocketPipe implements Pipe {
  readonly remote: string;
  readonly #socket: WebSocket;
  readonly #handler: PipeHandler;
  #wasOpen = false;
  /** Why it will close, known before it does. */
  #reason: string | null = null;
  /** Set while more is queued than the low-water mark. */
  #drain: ReturnType<typeof setTimeout> | null = null;

  constructor(socket: WebSocket, remote: string, handler: PipeHandler) {
    this.#socket = socket;
    this.remote = remote;
    this.#handler = handler;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#wasOpen = true;
      handler.open();
    });
    socket.addEventListener("message", ({ data }) => {
      if (data instanceof ArrayBuffer) handler.frame(new Uint8Array(data));
      else this.close("a text message: frames are binary");
    });
    // What an `error` event is about a page may not know; this comes after it, and says as much as there is.
    socket.addEventListener("close", ({ code, reason }) => this.#closed(code, reason));
  }

  send(frame: Uint8Array): void {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return;
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- The DOM wants to be told that no other thread shares the memory.
    socket.send(frame as Uint8Array<ArrayBuffer>);
    if (this.#drain === null && socket.bufferedAmount >= drainedBytes) this.#look();
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  close(reason = ""): void {
    this.#reason ??= reason === "" ? null : reason;
    this.#socket.close(closeCode, closeReason(reason));
  }

  #look(): void {
    this.#drain = setTimeout(() => {
      this.#drain = null;
      if (this.#socket.readyState !== WebSocket.OPEN) return;
      if (this.#socket.bufferedAmount >= drainedBytes) this.#look();
      else this.#handler.drained?.();
    }, drainMs);
  }

  #closed(code: number, given: string): void {
    if (this.#drain !== null) clearTimeout(this.#drain);
    const why = this.#wasOpen ? closeText(code) : unreachable(this.remote);
    this.#handler.closed(this.#reason ?? (given === "" ? why : given));
  }
}

function unreachable(url: string): string {
  return `${url}: no WebSocket opened there; a browser does not tell a page why: whether a node listens there, its proxy and certificate, and the connect-src of the page's content security policy are the usual reasons`;
}

function deadPipe(remote: string, problem: string, handler: PipeHandler): Pipe {
  queueMicrotask(() => handler.closed(problem));
  return { remote, queuedBytes: 0, send() {}, close() {} };
}
