import { drainedBytes, limits, type Listener, type Network, type Pipe, type PipeHandler } from "@espalier/runtime";
import { createServer, type Server } from "node:http";
import {
  connect as connectTcp,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
} from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ListenError, webSocketNetwork } from "../../src/node/index.ts";

/** A handler whose events can be awaited, in the order in which they happen. */
class Recorder implements PipeHandler {
  readonly events: (string | Uint8Array)[] = [];
  pipe: Pipe | null = null;
  #waiting: ((event: string | Uint8Array) => void)[] = [];
  #taken = 0;

  open(): void {
    this.#add("open");
  }

  frame(bytes: Uint8Array): void {
    this.#add(bytes);
  }

  closed(reason: string): void {
    this.#add(`closed: ${reason}`);
  }

  drained(): void {
    this.#add("drained");
  }

  async next(): Promise<string | Uint8Array> {
    const event = this.events[this.#taken];
    if (event === undefined) await new Promise<string | Uint8Array>((resolve) => this.#waiting.push(resolve));
    return this.events[this.#taken++] as string | Uint8Array;
  }

  #add(event: string | Uint8Array): void {
    this.events.push(event);
    for (const wake of this.#waiting.splice(0)) wake(event);
  }
}

const open: (Listener | Server | TcpServer)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) {
    if ("url" in each) await each.close();
    else await new Promise((resolve) => each.close(resolve));
  }
});

async function listening(network: Network = webSocketNetwork()) {
  const accepted: Recorder[] = [];
  const waiting: ((recorder: Recorder) => void)[] = [];
  const listener = await network.listen("ws://127.0.0.1:0", (pipe) => {
    const recorder = new Recorder();
    recorder.pipe = pipe;
    accepted.push(recorder);
    waiting.shift()?.(recorder);
    return recorder;
  });
  open.push(listener);
  return { network, listener, accepted, next: () => new Promise<Recorder>((resolve) => waiting.push(resolve)) };
}

async function connected(network?: Network) {
  const server = await listening(network);
  const far = server.next();
  const near = new Recorder();
  near.pipe = server.network.connect(server.listener.url, near);
  expect(await near.next()).toBe("open");
  const other = await far;
  expect(await other.next()).toBe("open");
  return { ...server, near, far: other, nearPipe: near.pipe, farPipe: other.pipe as Pipe };
}

describe.each([
  ["without a mask", webSocketNetwork()],
  ["with a mask", webSocketNetwork({ mask: true })],
])("a pipe over a WebSocket, %s", (_, network) => {
  it("carries frames both ways, each as it was sent, in order, however many at once", async () => {
    const { near, far, nearPipe, farPipe } = await connected(network);
    const sizes = [0, 1, 125, 126, 65_535, 7];
    for (const size of sizes) nearPipe.send(new Uint8Array(size).fill(size & 0xff));
    farPipe.send(Uint8Array.of(9));
    for (const size of sizes) expect(await far.next()).toStrictEqual(new Uint8Array(size).fill(size & 0xff));
    expect(await near.next()).toStrictEqual(Uint8Array.of(9));
  });

  it("does not change the memory of what was sent", async () => {
    const { far, nearPipe } = await connected(network);
    const frame = new Uint8Array(10_000).fill(5);
    nearPipe.send(frame);
    await far.next();
    expect(frame).toEqual(new Uint8Array(10_000).fill(5));
  });
});

describe("a pipe over a WebSocket", () => {
  it("delivers what was sent before it was closed, and tells the other side the reason", async () => {
    const { near, far, nearPipe } = await connected();
    nearPipe.send(Uint8Array.of(1));
    nearPipe.close("enough");
    nearPipe.send(Uint8Array.of(2));
    expect(await far.next()).toEqual(Uint8Array.of(1));
    expect(await far.next()).toBe("closed: enough");
    expect(await near.next()).toBe("closed: enough");
  });

  it("cuts a reason that a close frame cannot hold, between characters", async () => {
    const { far, nearPipe } = await connected();
    nearPipe.close("é".repeat(100));
    expect(await far.next()).toBe(`closed: ${"é".repeat(61)}`);
  });

  it("is closed once when its listener closes", async () => {
    const { near, listener } = await connected();
    await listener.close();
    expect(await near.next()).toBe("closed: the connection was cut");
    expect(near.events).toHaveLength(2);
  });

  it("counts what is queued, and tells when it has drained", async () => {
    const { nearPipe, near } = await connected();
    for (let i = 0; i < 200; i++) nearPipe.send(new Uint8Array(65_535));
    expect(nearPipe.queuedBytes).toBeGreaterThan(2 ** 20);
    expect(await near.next()).toBe("drained");
    expect(nearPipe.queuedBytes).toBeLessThan(drainedBytes);
  });

  it("says why it could not open: nobody listens, no WebSocket there, no address", async () => {
    const { network, listener } = await listening();
    const { url } = listener;
    open.length = 0;
    await listener.close();
    const refused = new Recorder();
    network.connect(url, refused);
    expect(await refused.next()).toBe(`closed: connect ECONNREFUSED ${url.slice("ws://".length)}`);

    const other = createServer();
    other.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n"));
    open.push(other);
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const wrong = new Recorder();
    const there = `ws://127.0.0.1:${(other.address() as AddressInfo).port}`;
    network.connect(there, wrong);
    expect(await wrong.next()).toMatch(`closed: ${there} answered with HTTP 404: expected a node there`);

    const nothing = new Recorder();
    network.connect("nonsense", nothing);
    expect(await nothing.next()).toBe("closed: nonsense: Invalid URL: nonsense");
    expect([refused, wrong, nothing].map(({ events }) => events.length)).toEqual([1, 1, 1]);
  });

  it("that is closed before it opens, is closed once", async () => {
    const { network, listener } = await listening();
    const near = new Recorder();
    network.connect(listener.url, near).close("changed my mind");
    expect(await near.next()).toBe("closed: changed my mind");
    expect(near.events).toHaveLength(1);
  });

  it("refuses text, and a frame that is larger than any session's", async () => {
    const { network, listener, next } = await listening();
    for (const [payload, opcode, reason] of [
      [Buffer.from("hi"), 1, "closed: a text message: frames are binary"],
      [Buffer.alloc(65_568), 2, "closed: Max payload size exceeded"],
    ] as const) {
      const far = next();
      const socket = connectTcp(Number(new URL(listener.url).port), "127.0.0.1");
      socket.on("error", () => {});
      socket.resume();
      socket.write(
        "GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      );
      const length = payload.length < 126 ? [payload.length] : [127, 0, 0, 0, 0, 0, 1, 0, 32];
      const head = [0x80 | opcode, 0x80 | (length[0] as number), ...length.slice(1), 0, 0, 0, 0];
      const close = [0x88, 0x80, 0, 0, 0, 0];
      socket.write(Buffer.concat([Buffer.from(head), payload, Buffer.from(close)]));
      const recorder = await far;
      expect(await recorder.next()).toBe("open");
      expect(await recorder.next()).toBe(reason);
      socket.destroy();
    }
    expect(network).toBeDefined();
  });
});

describe("listening", () => {
  it("says which port is taken", async () => {
    const { network, listener } = await listening();
    const port = new URL(listener.url).port;
    const refusal = await network.listen(listener.url, () => new Recorder()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ListenError);
    expect((refusal as ListenError).code).toBe("LISTEN");
    expect((refusal as ListenError).message).toBe(
      `cannot listen on ws://127.0.0.1:${port}: port ${port} is taken by another program; stop that, or choose another port`,
    );
  });

  it("gives others an address that they can dial when it listens on all", async () => {
    const network = webSocketNetwork();
    for (const all of ["ws://0.0.0.0:0", "ws://[::]:0"]) {
      const listener = await network.listen(all, () => new Recorder());
      open.push(listener);
      expect(listener.url).not.toMatch(/\/\/(0\.0\.0\.0|\[::\]):/);
      const dialling = new Recorder();
      const pipe = network.connect(listener.url, dialling);
      expect(await dialling.next()).toBe("open");
      pipe.close();
    }
  });

  it("says what it found where it expected a node", async () => {
    const network = webSocketNetwork();
    const found = async (answer: string, scheme = "ws"): Promise<unknown> => {
      const other = createTcpServer((socket) => {
        socket.on("error", () => {}).resume();
        if (answer === "") socket.destroy();
        else socket.end(answer);
      });
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      open.push(other);
      const url = `${scheme}://127.0.0.1:${(other.address() as AddressInfo).port}`;
      const recorder = new Recorder();
      network.connect(url, recorder);
      return String(await recorder.next()).replace(url, "URL");
    };
    expect(await found("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")).toBe(
      "closed: URL answered with HTTP 200: expected a node there, or a proxy that passes WebSockets on",
    );
    expect(await found("220 smtp\r\n")).toBe("closed: URL does not speak HTTP: expected a node there");
    expect(await found("220 smtp\r\n", "wss")).toBe("closed: URL does not speak TLS: take ws://, or a proxy that does");
    expect(await found("")).toBe("closed: URL hung up without an answer; if it speaks TLS, take wss://");
  });

  it("says that an address is not one of this machine, or no address at all", async () => {
    const network = webSocketNetwork();
    const accept = () => new Recorder();
    await expect(network.listen("ws://192.0.2.1:0", accept)).rejects.toThrow("192.0.2.1 is no address of this machine");
    await expect(network.listen("wss://127.0.0.1:0", accept)).rejects.toThrow(
      "listen: expected ws://host:port (TLS is a proxy's: listen on ws://, and give the proxy's wss://host:port as address)",
    );
    await expect(network.listen("ws://::1:0", accept)).rejects.toThrow("(IPv6 as ws://[::1]:port)");
    await expect(network.listen("127.0.0.1", accept)).rejects.toThrow("listen: expected ws://host:port");
    await expect(network.listen("ws://127.0.0.1:1/path", accept)).rejects.toThrow("listen: expected ws://host:port");
  });

  it("answers a browser in words", async () => {
    const { listener } = await listening();
    const response = await fetch(listener.url.replace("ws:", "http:"));
    expect([response.status, await response.text()]).toEqual([
      426,
      "This is a node of Espalier: it speaks WebSocket.\n",
    ]);
  });
});

describe("what is no WebSocket yet", () => {
  /** Whether the other end closes a connection over which nothing goes. */
  function silent(url: string): { readonly closed: Promise<void>; readonly isClosed: () => boolean } {
    const socket = connectTcp(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
    let isClosed = false;
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve(void (isClosed = true))).resume());
    return { closed, isClosed: () => isClosed };
  }

  it("is closed when the time for a handshake is over", async () => {
    const { listener } = await listening(webSocketNetwork({ limits: { ...limits, handshakeMs: 50 } }));
    const one = silent(listener.url);
    await one.closed;
    expect(one.isClosed()).toBe(true);
  });

  it("is bounded, and what is one does not count", async () => {
    const few = { ...limits, halfOpenPerAddress: 2, halfOpen: 2 };
    const { listener } = await listening(webSocketNetwork({ limits: few }));
    for (let n = 0; n < 3; n += 1) {
      const handler = new Recorder();
      open.push({ url: "", close: async () => pipe.close() });
      const pipe = webSocketNetwork().connect(listener.url, handler);
      expect(await handler.next()).toBe("open");
    }
    const waiting = [silent(listener.url), silent(listener.url)];
    await silent(listener.url).closed;
    expect(waiting.map(({ isClosed }) => isClosed())).toEqual([false, false]);
  });
});
