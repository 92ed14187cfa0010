import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Node } from "@espalier/runtime";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { DevTools, DevToolsClient, type Token } from "../../src/node/index.ts";
import type { NodeGauges } from "../../src/node/serving/node-gauges.ts";
import { Sampling } from "../../src/node/serving/sampling.ts";
import type { Frame } from "../../src/protocol/frames.ts";
import { busyNode, send } from "./serving.fixture.ts";

let node: Node;
let tools: DevTools;
beforeAll(async () => {
  node = await busyNode(800);
  tools = await DevTools.start({ nodes: [node], discoverable: false });
});
afterAll(async () => {
  await tools.stop();
  await node.stop();
});

const rows = { sort: { by: "pid", descending: false, mode: "total" }, first: 0, count: 500 } as const;
const overview = { id: "o", method: "overview", parameters: {} } as const;

/** The first frames of a stream, until there is one that is meant. */
async function framesUntil(client: DevToolsClient, last: (frame: Frame) => boolean): Promise<Frame[]> {
  const ending = new AbortController();
  const frames: Frame[] = [];
  for await (const frame of client.follow([overview], ending.signal)) {
    frames.push(frame);
    if (last(frame)) ending.abort();
  }
  return frames;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

describe("a stream of dev tools", () => {
  it("begins with who is there, and has a new value each second, whole", async () => {
    await using client = await DevToolsClient.open(tools.target());
    let values = 0;
    const frames = await framesUntil(client, ({ type }) => type === "value" && (values += 1) === 2);
    expect(frames.map(({ type }) => type)).toEqual(["hello", "value", "value"]);
    expect(frames[0]).toMatchObject({ version: 1, planes: ["inspect"], nodes: [{ id: node.ref.id }] });
    for (const frame of frames.slice(1)) expect(frame).toMatchObject({ id: "o", value: { processes: 800 } });
    // The loop is measured while somebody looks.
    expect(frames[2]).toMatchObject({ value: { loop: { utilization: expect.any(Number) } } });
  });

  it("has what is new in it at once when it is told to follow something else", async () => {
    const { token, secret } = { token: tools.links[0]?.token as Token, secret: tools.links[0]?.token.secret as string };
    const headers = { Authorization: `Bearer ${secret}` };
    const update = (stream: string, authorization = headers): Promise<number> =>
      send(tools.url, {
        path: "/v1/subscriptions",
        headers: authorization,
        body: JSON.stringify({
          stream,
          subscriptions: [{ id: "t", method: "table", parameters: { ...rows, count: 1 } }],
        }),
      }).then(({ status }) => status);
    await using client = await DevToolsClient.open(tools.target());
    const seen: string[] = [];
    const ending = new AbortController();
    for await (const frame of client.follow([], ending.signal)) {
      seen.push(frame.type === "value" ? frame.id : frame.type);
      if (frame.type === "hello") {
        expect(await update("another")).toBe(404);
        expect(await update(frame.stream, { Authorization: `Bearer ${token.narrow({}).secret}` })).toBe(404);
        expect(await update(frame.stream)).toBe(200);
      } else ending.abort();
    }
    expect(seen).toEqual(["hello", "t"]);
  });

  it("says what is wrong with one thing that is followed, and goes on with the others", async () => {
    await using client = await DevToolsClient.open(tools.target());
    const ending = new AbortController();
    const frames: Frame[] = [];
    for await (const frame of client.follow(
      [{ ...overview, id: "x", parameters: { node: "x" } }, overview],
      ending.signal,
    )) {
      frames.push(frame);
      if (frame.type === "value") ending.abort();
    }
    expect(frames.slice(1)).toMatchObject([{ type: "trouble", id: "x", error: { code: "not-found" } }, { id: "o" }]);
  });

  it("holds one value more than its bound for a client that takes nothing, however long (S327)", async () => {
    const { port } = new URL(tools.url);
    const subscriptions = Array.from({ length: 32 }, (_, index) => ({
      id: `${index}`,
      method: "table",
      parameters: rows,
    }));
    const body = JSON.stringify({ subscriptions });
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    socket.pause();
    socket.write(
      `POST /v1/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tools.links[0]?.token.secret}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    // 32 times 500 rows are some six megabytes, of which the system's buffers take the first.
    await until(() => tools.unsentBytes > 256 * 1024);
    const held = tools.unsentBytes;
    expect(held).toBeLessThan(256 * 1024 + 512 * 1024);
    await sleep(1_500);
    expect(tools.unsentBytes).toBe(held);
    socket.destroy();
  });

  it("is one of sixteen", async () => {
    await using other = await DevTools.start({ nodes: [node], discoverable: false });
    await using client = await DevToolsClient.open(other.target());
    const ending = new AbortController();
    const opened = Promise.withResolvers<void>();
    let open = 0;
    const following = Array.from({ length: 16 }, async () => {
      for await (const { type } of client.follow([], ending.signal)) {
        if (type === "hello" && (open += 1) === 16) opened.resolve();
      }
    });
    await opened.promise;
    const headers = { Authorization: `Bearer ${other.links[0]?.token.secret}` };
    const answer = await send(other.url, { path: "/v1/stream", headers, body: '{"subscriptions":[]}' });
    expect([answer.status, answer.text]).toEqual([429, expect.stringContaining("expected at most 16 streams at once")]);
    ending.abort();
    await Promise.all(following);
  });

  it("says good-bye, and is found again by who follows when the program has the same secret", async () => {
    const secret = new Uint8Array(32).fill(7);
    const first = await DevTools.start({ nodes: [node], secret, discoverable: false });
    const port = Number(new URL(first.url).port);
    await using client = await DevToolsClient.open(first.target());
    let second: DevTools | undefined;
    const ending = new AbortController();
    const seen: string[] = [];
    for await (const frame of client.follow([], ending.signal)) {
      seen.push(frame.type);
      if (frame.type === "hello" && second !== undefined) ending.abort();
      else if (frame.type === "hello") {
        await first.stop();
        second = await DevTools.start({ nodes: [node], port, secret, discoverable: false });
      }
    }
    expect(seen).toEqual(["hello", "bye", "note", "hello"]);
    await second?.stop();
  });
});

describe("while nobody looks (dev tools)", () => {
  it("nothing runs, and something does while somebody asks or follows", async () => {
    await using other = await DevTools.start({ nodes: [node], discoverable: false });
    expect(other.active).toBe(false);
    await using client = await DevToolsClient.open(other.target());
    expect(other.active).toBe(true);
    const frames = await framesUntil(client, ({ type }) => type === "value");
    expect(frames.length).toBe(2);
  });
});

describe("the samples of a program (dev tools)", () => {
  const gauges = {
    start: vi.fn<() => void>(),
    stop: vi.fn<() => void>(),
    tick: vi.fn<() => void>(),
    spent: vi.fn<() => void>(),
    loop: vi.fn<() => { readonly utilization: number }>(),
  };
  const sample = vi.fn<() => void>();
  let sampling: Sampling;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    vi.clearAllMocks();
    gauges.loop.mockReturnValue({ utilization: 0.1 });
    sampling = new Sampling(gauges as object as NodeGauges, sample);
  });
  afterEach(() => void vi.useRealTimers());

  it("are taken each second while somebody follows, and five seconds after a question (S328)", () => {
    const sampled = vi.fn<() => void>();
    const unwatch = sampling.watch(sampled, () => {});
    vi.advanceTimersByTime(10_000);
    expect([sample.mock.calls.length, sampled.mock.calls.length]).toEqual([10, 10]);
    unwatch();
    vi.advanceTimersByTime(10_000);
    expect([sample.mock.calls.length, vi.getTimerCount(), sampling.running]).toEqual([10, 0, false]);
    sampling.touch();
    vi.advanceTimersByTime(60_000);
    expect([sample.mock.calls.length, vi.getTimerCount(), gauges.stop.mock.calls.length]).toEqual([15, 0, 2]);
  });

  it("are taken half as often while the event loop has no time, which users are told", () => {
    const told: string[] = [];
    sampling.watch(
      () => {},
      (text) => told.push(text),
    );
    gauges.loop.mockReturnValue({ utilization: 0.99 });
    vi.advanceTimersByTime(20_000);
    expect(sample.mock.calls.length).toBeLessThanOrEqual(11);
    gauges.loop.mockReturnValue({ utilization: 0.5 });
    vi.advanceTimersByTime(2_000);
    expect(told).toEqual([expect.stringContaining("every 2 seconds"), expect.stringContaining("every second")]);
  });

  it("are taken less often when looking takes more than two milliseconds a second, which users are told (S349)", () => {
    let lookMs = 30;
    let usedMs = 0;
    const costly = new Sampling(gauges as object as NodeGauges, sample, () => (usedMs += lookMs / 2));
    const told: string[] = [];
    costly.watch(
      () => {},
      (text) => told.push(text),
    );
    // Code that was just loaded is slow.
    vi.advanceTimersByTime(3_000);
    lookMs = 3;
    vi.advanceTimersByTime(21_000);
    expect([sample.mock.calls.length, told]).toEqual([14, [expect.stringContaining("every 2 seconds")]]);
    lookMs = 20;
    vi.advanceTimersByTime(20_000);
    expect(told.slice(1)).toEqual([expect.stringContaining("every 5 seconds")]);
    lookMs = 1;
    vi.advanceTimersByTime(120_000);
    expect(told.at(-1)).toContain("every second");
    costly.stop();
  });
});
