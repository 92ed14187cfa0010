import { codeFunctions, codeTravels, createCodeStore, remote } from "@espalier/code";
import type { Frame, FrameState, Network, Pipe } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { CborCodec } from "@espalier/wire";
import { webSocketNetwork } from "@espalier/wire/node";
import { Node, Process, Remote, type LocalGenerator, type NodeRef, type Pid, type Self } from "espalier";
import { WebSocket, WebSocketServer } from "ws";
import { evaluated } from "./compiled.ts";
import { expectResult, perSecond } from "./harness.ts";

// Computations that move: what one hop costs without a network, and between two nodes of one OS process over loopback WebSockets.

interface Item {
  readonly id: number;
  readonly name: string;
  readonly weight: number;
}

/** About 100 KB on the wire. */
export function items(): Item[] {
  return Array.from({ length: 2_000 }, (_, id) => ({ id, name: `item number ${id}`, weight: id / 8 }));
}

function weightOf(list: readonly Item[]): number {
  return list.reduce((sum, { weight }) => sum + weight, 0);
}

// One hop, without nodes

const standing = remote(function* standing(depth: number, data: readonly Item[]): Generator<any, number, any> {
  const label = `level ${depth}`;
  const answer: number = (yield* Process.parent()) as never;
  return answer + label.length + data.length;
});

const store = createCodeStore();
const codec = new CborCodec({ travels: codeTravels(store), functions: [codeFunctions] });

/** A frame that stands at its first `yield*`. */
function standingFrame(depth: number, data: readonly Item[]): Frame {
  const frame = standing(depth, data).enter();
  frame.next(undefined);
  return frame;
}

export type Data = "none" | "100 KB";

/** Microseconds to read frames, encode, decode and make them again: everything of a hop but the network. */
export function hop(depth: number, data: Data, hops: number): number {
  let frames = Array.from({ length: depth }, (_, level) =>
    standingFrame(level, data === "none" || level > 0 ? [] : items()),
  );
  store.pack(store.closure(frames.map((frame) => stateOf(frame).hash)));
  const startedMs = performance.now();
  for (let done = 0; done < hops; done += 1) {
    const states = codec.decode(codec.encode(frames.map(stateOf)).bytes) as readonly FrameState[];
    frames = states.map((state) => store.restore(state));
  }
  const tookUs = ((performance.now() - startedMs) * 1000) / hops;
  const last = (frames[0] as Frame).next(1);
  expectResult(last.value, 1 + "level 0".length + (data === "none" ? 0 : 2_000));
  return tookUs;
}

function stateOf(frame: Frame): FrameState {
  if (frame.capture === undefined) throw new Error("expected a frame that can say where it stands");
  return frame.capture((value, describe) => codec.check(value, describe));
}

/** The same data through the engine's own encoder: no checks, no code, no frames. */
export function clones(depth: number, data: Data, hops: number): number {
  let states: unknown = Array.from({ length: depth }, (_, level) => ({
    hash: "x".repeat(43),
    position: 1,
    slots: [data === "none" || level > 0 ? [] : items(), `level ${level}`],
  }));
  const startedMs = performance.now();
  for (let done = 0; done < hops; done += 1) states = structuredClone(states);
  expectResult((states as readonly unknown[]).length, depth);
  return ((performance.now() - startedMs) * 1000) / hops;
}

// Between two nodes

interface Pair {
  readonly here: Node;
  readonly there: Node;
  /** What both have sent, as encrypted frames. */
  readonly sentBytes: () => number;
}

let pair: Promise<Pair> | null = null;

function nodes(): Promise<Pair> {
  pair ??= startPair();
  return pair;
}

async function startPair(): Promise<Pair> {
  let bytes = 0;
  const count = (pipe: Pipe): Pipe => ({
    get remote() {
      return pipe.remote;
    },
    get queuedBytes() {
      return pipe.queuedBytes;
    },
    send(frame) {
      bytes += frame.length;
      pipe.send(frame);
    },
    close: (reason) => pipe.close(reason),
  });
  const sockets = webSocketNetwork();
  const network: Network = {
    listen: (url, accept) => sockets.listen(url, (pipe) => accept(count(pipe))),
    connect: (url, handler) => count(sockets.connect(url, handler)),
  };
  const start = (): Promise<Node> =>
    Node.start({ host: nodeHost({ network }), listen: "ws://127.0.0.1:0", allow: "anyone", trust: trusted });
  const trusted: string[] = [];
  const here = await start();
  trusted.push(here.ref.id);
  const there = await start();
  await here.run(travelling(there.ref, here.ref, 1, []));
  return { here, there, sentBytes: () => bytes };
}

const travelling = remote(
  { weightOf },
  function* travelling(there: NodeRef, home: NodeRef, trips: number, data: readonly Item[]) {
    let weight = 0;
    for (let trip = 0; trip < trips; trip += 1) {
      yield* Remote.transfer(there);
      weight += weightOf(data);
      yield* Remote.transfer(home);
    }
    return weight;
  },
);

const weight = weightOf(items());

/** Transfers a second of one process, there and back again, where both nodes have the code. */
export async function transfers(data: Data, trips: number): Promise<number> {
  const { here, there } = await nodes();
  const carried = data === "none" ? [] : items();
  return perSecond(2 * trips, async () => {
    const sum = await here.run(travelling(there.ref, here.ref, trips, carried));
    expectResult(sum, data === "none" ? 0 : trips * weight);
  });
}

let fresh = 0;

/** The same for processes whose code the other node has never seen: each is defined, goes there, comes back and ends. */
export async function firstTransfers(data: Data, count: number): Promise<number> {
  const { here, there } = await nodes();
  const carried = data === "none" ? [] : items();
  return perSecond(2 * count, async () => {
    for (let done = 0; done < count; done += 1) {
      fresh += 1;
      const text = `function* fresh(there, home, data) { yield* Remote.transfer(there); const seen = data.length + ${fresh}; yield* Remote.transfer(home); return seen; }`;
      expectResult(await here.run(remote(evaluated(text))(there.ref, here.ref, carried)), carried.length + fresh);
    }
  });
}

/** Bytes on the wire of one transfer, acknowledgements and all that both nodes say meanwhile included. */
export async function transferBytes(how: "warm" | "code missing", data: Data): Promise<number> {
  const { sentBytes } = await nodes();
  const before = sentBytes();
  const count = 10;
  if (how === "warm") await transfers(data, count);
  else await firstTransfers(data, count);
  return (sentBytes() - before) / (2 * count);
}

/** Half round trips a second of a WebSocket, with so many bytes in each frame. */
export async function rawTrips(bytes: number, trips: number): Promise<number> {
  const socket = await rawSocket();
  const message = new Uint8Array(bytes);
  return perSecond(2 * trips, async () => {
    for (let trip = 0; trip < trips; trip += 1) {
      const { promise, resolve } = Promise.withResolvers<Uint8Array>();
      socket.once("message", resolve);
      socket.send(message);
      expectResult((await promise).length, bytes);
    }
  });
}

let raw: Promise<WebSocket> | null = null;

function rawSocket(): Promise<WebSocket> {
  raw ??= openRawSocket();
  return raw;
}

async function openRawSocket(): Promise<WebSocket> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  server.on("connection", (socket) => socket.on("message", (frame: Buffer) => socket.send(frame)));
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { readonly port: number };
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await new Promise((resolve) => socket.once("open", resolve));
  return socket;
}

// A process with messages

const adding = remote(function* adding(self: Self<number>, to: Pid<number>, messages: number) {
  // So that nothing is taken out before it has moved.
  yield* self.receive({ match: (message) => message === -1 });
  let sum = 0;
  for (let taken = 0; taken < messages; taken += 1) sum += yield* self.receive();
  yield* Process.send(to, sum);
});

function* migrating(self: Self<number>, there: NodeRef, messages: number): LocalGenerator<number> {
  const pid: Pid<number> = yield* Process.spawn(adding, self.pid, messages);
  for (let sent = 0; sent < messages; sent += 1) yield* Process.send(pid, 1);
  yield* Process.sleep(0);
  const startedMs = performance.now();
  yield* Process.migrate(pid, there);
  const tookMs = performance.now() - startedMs;
  yield* Process.send(pid, -1);
  expectResult(yield* self.receive(), messages);
  return tookMs * 1000;
}

/** Microseconds until a process with so many messages in its mailbox has moved. */
export async function migration(messages: number): Promise<number> {
  const { here, there } = await nodes();
  return here.run(migrating, there.ref, messages);
}

function* counting(self: Self<number>, to: Pid<number>, messages: number): LocalGenerator<void> {
  let sum = 0;
  for (let taken = 0; taken < messages; taken += 1) sum += yield* self.receive();
  yield* Process.send(to, sum);
}

function* sending(self: Self<any>, there: Node, messages: number): LocalGenerator<number> {
  const counter: Pid<number> = yield* Remote.promise(() => there.run(Process.spawn(counting, self.pid, messages)));
  const startedMs = performance.now();
  for (let sent = 0; sent < messages; sent += 1) yield* Process.send(counter, 1);
  expectResult(yield* self.receive(), messages);
  return (performance.now() - startedMs) * 1000;
}

/** Microseconds until a process on the other node has got so many messages and said so. */
export async function messagesSent(messages: number): Promise<number> {
  const { here, there } = await nodes();
  return here.run(sending, there, messages);
}

// In a sandbox

const stepping = remote(function* stepping(there: NodeRef, home: NodeRef, steps: number) {
  yield* Remote.transfer(there);
  let count = 0;
  for (let step = 0; step < steps; step += 1) {
    yield* Process.parent();
    count += 1;
  }
  yield* Remote.transfer(home);
  return count;
});

export type Isolation = "none" | "worker" | "process";

const sandboxed = new Map<Isolation, Promise<{ readonly here: Node; readonly there: Node }>>();

function withSandbox(isolation: Isolation): Promise<{ readonly here: Node; readonly there: Node }> {
  const known = sandboxed.get(isolation) ?? startSandboxed(isolation);
  sandboxed.set(isolation, known);
  return known;
}

async function startSandboxed(isolation: Isolation): Promise<{ readonly here: Node; readonly there: Node }> {
  const common = { listen: "ws://127.0.0.1:0", allow: "anyone" } as const;
  const here = await Node.start({ ...common, trust: [] });
  const there =
    isolation === "none"
      ? await Node.start({ ...common, trust: [here.ref.id] })
      : await Node.start({ ...common, trust: [], sandbox: { isolation, share: 1 } });
  return { here, there };
}

/** Steps a second of a stranger's code on another node, the way there and back included. */
export async function steps(isolation: Isolation, count: number): Promise<number> {
  const { here, there } = await withSandbox(isolation);
  return perSecond(count, async () => {
    expectResult(await here.run(stepping(there.ref, here.ref, count)), count);
  });
}

/** Microseconds until a computation that finds no sandbox has been there and is back. */
export async function firstSteps(isolation: Isolation): Promise<number> {
  const { here, there } = await startSandboxed(isolation);
  const startedMs = performance.now();
  expectResult(await here.run(stepping(there.ref, here.ref, 1)), 1);
  const tookUs = (performance.now() - startedMs) * 1000;
  await Promise.all([here.stop(), there.stop()]);
  return tookUs;
}

/** Ends what has been started. */
export async function close(): Promise<void> {
  const started = [...(pair === null ? [] : [await pair]), ...(await Promise.all(sandboxed.values()))];
  await Promise.all(started.flatMap(({ here, there }) => [here.stop(), there.stop()]));
}
