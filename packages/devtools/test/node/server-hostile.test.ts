import { randomBytes } from "node:crypto";
import type { Server as HttpServer } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { loopbackNames } from "../../src/node/serving/gate.ts";
import { Answers, close, detach, listen, pageServer } from "../../src/node/serving/server.ts";
import type { Source } from "../../src/node/serving/source.ts";
import { Token } from "../../src/node/serving/token.ts";
import { raw, send } from "./serving.fixture.ts";

// Clients that do what no page does, on sockets of their own.

const secret = randomBytes(32);
const reader = Token.make(secret, ["inspect"]);
const manager = Token.make(secret, ["inspect", "manage"]);

/** Answers with what a test wants, after as much of the processor's time as it wants. */
class TestSource implements Source {
  readonly life = "life";
  answer: unknown = { rows: [] };
  takesMs = 0;
  watchers = 0;
  looks = 0;
  readonly acted: string[] = [];
  #usedMs = 0;
  sampled: () => void = () => {};

  nodes(): readonly [] {
    return [];
  }

  look(): never {
    this.looks += 1;
    this.#usedMs += this.takesMs;
    return this.answer as never;
  }

  async ask(_question: unknown, by: string): Promise<unknown> {
    this.acted.push(by);
    return this.answer;
  }

  touch(): void {}

  watch(sampled: () => void): () => void {
    this.sampled = sampled;
    this.watchers += 1;
    return () => {
      this.watchers -= 1;
    };
  }

  usedMs(): number {
    return this.#usedMs;
  }

  spent(): void {}
}

let source: TestSource;
let answers: Answers;
let server: HttpServer;
let url: string;
const sockets: Socket[] = [];

async function serve(cutMs: number): Promise<void> {
  source = new TestSource();
  answers = new Answers(source, secret, { beatMs: 20, cutMs });
  server = pageServer({ hosts: loopbackNames, tls: false }, answers.api);
  detach(server);
  url = (await listen(server, { host: "127.0.0.1", port: 0 })).url as string;
}

async function unserve(): Promise<void> {
  for (const socket of sockets.splice(0)) socket.destroy();
  answers.end("over");
  await close(server);
}

beforeEach(() => serve(100));
afterEach(unserve);

const overview = JSON.stringify({ method: "overview", parameters: {} });
const oneStream = JSON.stringify({ subscriptions: [{ id: "o", method: "overview", parameters: {} }] });

function posted(path: string, body: string, token: Token = reader, more: string = ""): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token.secret}\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Sends, and takes nothing unless told. */
function stalled(bytes: string): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes));
  socket.on("error", () => {});
  socket.pause();
  sockets.push(socket);
  return socket;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

function ask(token: Token, body: string = overview): Promise<{ readonly status: number; readonly text: string }> {
  return send(url, { path: "/v1/ask", headers: { Authorization: `Bearer ${token.secret}` }, body });
}

describe("clients that take nothing (dev tools)", () => {
  it("are cut when they follow, and nothing of them is left (S350)", async () => {
    source.answer = "x".repeat(1_000_000);
    const socket = stalled(posted("/v1/stream", oneStream));
    await until(() => answers.streams === 1);
    while (answers.unsentBytes === 0) {
      source.sampled();
      await sleep(1);
    }
    await until(() => answers.streams === 0);
    expect([answers.unsentBytes, source.watchers]).toEqual([0, 0]);
    socket.destroy();
  });

  it("are cut when they asked for what is long, and nothing of it is left (S351)", async () => {
    source.answer = "x".repeat(30_000_000);
    stalled(posted("/v1/ask", JSON.stringify({ method: "recording", parameters: {} })));
    await until(() => answers.unsentBytes > 0);
    // Counted until the connection is closed, whatever the system's buffers took of it.
    expect(answers.unsentBytes).toBeGreaterThan(30_000_000);
    await until(() => answers.unsentBytes === 0);
  });

  it("keep no others from asking for more than is held for them all (S352)", async () => {
    await unserve();
    await serve(500);
    source.answer = "x".repeat(25_000_000);
    const recording = JSON.stringify({ method: "recording", parameters: {} });
    for (let count = 0; count < 3; count += 1) stalled(posted("/v1/ask", recording));
    await until(() => answers.unsentBytes > 70_000_000);
    const refused = await ask(reader, recording);
    expect(JSON.parse(refused.text)).toMatchObject({
      error: { code: "busy", hint: expect.stringContaining("half a minute") },
    });
    await until(() => answers.unsentBytes === 0);
    source.answer = null;
    expect((await ask(reader, recording)).status).toBe(200);
  });

  it("are let in no more when they are slow to say what they want", async () => {
    // Node counts these: half a minute would be too long for a test.
    expect([server.headersTimeout, server.requestTimeout, server.maxConnections]).toEqual([5_000, 10_000, 128]);
  });
});

describe("clients that ask before they were answered (dev tools)", () => {
  it("are cut, and leave no stream that nobody would ever end (S353)", async () => {
    const socket = stalled(posted("/v1/stream", oneStream).repeat(3));
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.resume();
    await closed;
    await until(() => answers.streams === 0);
    expect([answers.unsentBytes, source.watchers]).toEqual([0, 0]);
  });
});

describe("what one link takes (dev tools)", () => {
  it("are streams of its own: readers do not keep a manager out (S354)", async () => {
    for (let count = 0; count < 16; count += 1) {
      // What is narrowed counts as what it was narrowed from.
      stalled(posted("/v1/stream", oneStream, count % 2 === 0 ? reader : reader.narrow({ planes: ["inspect"] })));
    }
    await until(() => answers.streams === 16);
    const headers = (token: Token): object => ({ Authorization: `Bearer ${token.secret}` });
    const another = await send(url, { path: "/v1/stream", headers: { ...headers(reader) }, body: oneStream });
    expect([another.status, another.text]).toEqual([429, expect.stringContaining("with one link")]);
    stalled(posted("/v1/stream", oneStream, manager));
    await until(() => answers.streams === 17);
  });

  it("is no more than a part of the event loop's time, but for acting (S355)", async () => {
    source.takesMs = 60_000;
    expect((await ask(reader)).status).toBe(200);
    source.takesMs = 0;
    const refused = await ask(reader);
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([503, { error: { code: "busy" } }]);
    expect(source.looks).toBe(1);
    // Another link has its own time.
    expect((await ask(manager)).status).toBe(200);
    source.takesMs = 60_000;
    await ask(manager);
    expect((await ask(manager)).status).toBe(503);
    expect((await ask(manager, '{"method":"kill","parameters":{"pid":"x"}}')).status).toBe(200);
    expect(source.acted).toEqual([`dev tools, link ${manager.fingerprint}`]);
  });
});

describe("a request that can be read in two ways (dev tools)", () => {
  const body = `${overview.length.toString(16)}\r\n${overview}\r\n0\r\n\r\n`;
  test.each<[string, string]>([
    ["two hosts", posted("/v1/ask", overview, reader, "Host: evil.example\r\n")],
    ["two tokens", posted("/v1/ask", overview, reader, `Authorization: Bearer ${manager.secret}\r\n`)],
    ["two origins", posted("/v1/ask", overview, reader, "Origin: http://localhost\r\nOrigin: http://localhost\r\n")],
    ["two lengths", posted("/v1/ask", overview, reader, "Content-Length: 3\r\n")],
    ["a length and chunks", posted("/v1/ask", overview, reader, "Transfer-Encoding: chunked\r\n")],
    [
      "chunks by another name",
      `POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${reader.secret}\r\nTransfer-Encoding: xchunked\r\n\r\n${body}`,
    ],
    [
      "the token after the body",
      `POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n${body.slice(0, -2)}Authorization: Bearer ${reader.secret}\r\n\r\n`,
    ],
    ["a whole URL", posted("http://localhost/v1/ask", overview)],
    [
      "a method in a header",
      posted("/v1/ask", overview, reader, "X-HTTP-Method-Override: POST\r\n").replace("POST", "GET"),
    ],
    ["another method in a header", posted("/v1/ask", "", reader, "").replace("POST", "PUT")],
  ])("is refused: %s (S356)", async (_what, bytes) => {
    const text = await raw(url, bytes);
    expect(text).toMatch(/^HTTP\/1\.1 40[0134] /);
    expect(source.looks).toBe(0);
  });

  test.each([
    "null",
    "file://",
    "http://localhost@evil.example",
    "http://localhost, http://evil.example",
    "HTTP://localhost",
  ])("is refused from the origin %s", async (origin) => {
    const text = await raw(url, posted("/v1/ask", overview, reader, `Origin: ${origin}\r\nConnection: close\r\n`));
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
  });

  it("opens no WebSocket, and nothing else that is not HTTP", async () => {
    const upgrade = await raw(
      url,
      "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    expect(upgrade).toMatch(/^HTTP\/1\.1 401 /);
    expect(await raw(url, "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n")).toBe("");
  });
});

describe("who followed, and went away (dev tools)", () => {
  it("leaves nothing, however many there were", async () => {
    const links = [reader, manager];
    for (let round = 0; round < 6; round += 1) {
      const opened = Array.from({ length: 14 }, (_, index) =>
        stalled(posted("/v1/stream", oneStream, links[index % 2])),
      );
      await until(() => answers.streams > 0);
      for (const socket of opened) socket.destroy();
      await until(() => answers.streams === 0);
    }
    await until(() => source.watchers === 0);
    expect(answers.unsentBytes).toBe(0);
  });
});
