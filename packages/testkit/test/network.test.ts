import type { Pipe } from "@espalier/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { type Machine, World } from "../src/index.ts";

let world: World;
let a: Machine;
let b: Machine;
let log: string[];

beforeEach(() => {
  world = new World({ seed: 5 });
  a = world.machine("a");
  b = world.machine("b");
  log = [];
});

/** Logs what happens at one end. */
const logging = (who: string) => ({
  open: () => void log.push(`${who} open`),
  frame: (bytes: Uint8Array) => void log.push(`${who} got ${bytes.join()}`),
  closed: (reason: string) => void log.push(`${who} closed: ${reason}`),
});

async function connect(): Promise<{ near: Pipe; far: Pipe }> {
  let far: Pipe | null = null;
  await b.host.network.listen(b.url, (pipe) => {
    far = pipe;
    return logging("b");
  });
  const near = a.host.network.connect(b.url, logging("a"));
  await world.run(100);
  expect(log).toEqual(["b open", "a open"]);
  log.length = 0;
  return { near, far: far as unknown as Pipe };
}

const frame = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

describe("a pipe", () => {
  it("carries frames both ways, late, in order, as they were when they were sent", async () => {
    const { near, far } = await connect();
    world.network.setLink("a", "b", { latencyMs: 5, jitterMs: 50 });
    const sent = frame(0);
    for (let n = 0; n < 100; n += 1) {
      sent[0] = n;
      near.send(sent);
      await world.run(1);
    }
    await world.run(100);
    expect(log).toEqual(Array.from({ length: 100 }, (_, n) => `b got ${n}`));
    far.send(frame(1));
    expect([far.queuedBytes, far.remote, near.remote]).toEqual([1, expect.stringMatching(/^a:\d+$/), b.url]);
    await world.run(100);
    expect([log.at(-1), far.queuedBytes]).toEqual(["a got 1", 0]);
  });

  it("takes as long as its link, each way its own", async () => {
    world.network.setLink("a", "b", { latencyMs: 100, jitterMs: 0 });
    world.network.setLink("b", "a", { latencyMs: 7, jitterMs: 0 });
    await b.host.network.listen(b.url, () => logging("b"));
    const near = a.host.network.connect(b.url, logging("a"));
    await world.until(() => log.length === 2);
    expect(world.nowMs).toBe(107);
    near.send(frame(1));
    await world.until(() => log.length === 3);
    expect(world.nowMs).toBe(207);
    expect(() => world.network.setLink("a", "b", { jitterMs: -1 })).toThrow("jitterMs: expected at least 0, got -1");
  });

  it("delivers what was sent before it was closed, and nothing that comes back", async () => {
    const { near, far } = await connect();
    near.send(frame(1));
    far.send(frame(2));
    near.close("enough");
    near.send(frame(3));
    near.close("again");
    await world.run(100);
    expect(log.toSorted()).toEqual(["a closed: enough", "b closed: enough", "b got 1"]);
    expect(log.indexOf("b got 1")).toBeLessThan(log.indexOf("b closed: enough"));
    expect(world.network.pipes).toBe(0);
  });

  it("is refused where nobody listens, or where nobody is", async () => {
    for (const url of [b.url, "ws://nowhere:1", "nonsense"]) a.host.network.connect(url, logging("a"));
    await world.run(100);
    expect(log).toEqual([
      "a closed: connect ws://nowhere:1: there is no such machine",
      "a closed: connect nonsense: there is no such machine",
      "a closed: connect ws://b:7000: nothing listens there",
    ]);
    expect(world.network.pipes).toBe(0);
  });

  it("goes to one listener per address, until that closes or its process dies", async () => {
    const listen = (machine: Machine) => machine.host.network.listen("ws://0.0.0.0:7000", () => logging("b"));
    const listener = await listen(b);
    expect(listener.url).toBe(b.url);
    await expect(listen(b)).rejects.toThrow("listen ws://b:7000: the address is in use");
    await listener.close();
    await listen(b);
    b.crash();
    b.restart();
    await expect(listen(b)).resolves.toMatchObject({ url: b.url });
    expect((await b.host.network.listen("ws://b:0", () => logging("b"))).url).toMatch(/^ws:\/\/b:2\d{4}$/);
    await expect(b.host.network.listen("http://b", () => logging("b"))).rejects.toThrow(TypeError);
  });

  it("says when what is queued has become little", async () => {
    await b.host.network.listen(b.url, () => logging("b"));
    let drained = 0;
    const near = a.host.network.connect(b.url, { ...logging("a"), frame() {}, drained: () => (drained += 1) });
    await world.run(100);
    for (let n = 0; n < 3; n += 1) near.send(new Uint8Array(2 ** 19));
    expect(near.queuedBytes).toBe(3 * 2 ** 19);
    await world.run(100);
    expect([drained, near.queuedBytes]).toEqual([1, 0]);
  });
});

describe("a fault of the network bites, and says how often", () => {
  it("partition: nothing gets through, closing included, until it is healed; then everything does, in order", async () => {
    const { near, far } = await connect();
    near.send(frame(0));
    const { tally } = world.network.partition("a", "b");
    near.send(frame(1));
    far.send(frame(2));
    await world.run(10_000);
    // The first was under way: it is held back as well.
    expect([log, tally.effective]).toEqual([[], 3]);
    near.send(frame(3));
    near.close("done");
    await world.run(10_000);
    expect([log, tally.effective]).toEqual([["a closed: done"], 5]);
    log.length = 0;
    expect(world.network.heal("a", "b").effective).toBe(2);
    near.send(frame(4));
    await world.run(100);
    expect(log).toEqual(["b got 0", "b got 1", "b got 3", "b closed: done"]);
    expect(world.network.heal("a", "b").effective).toBe(0);
  });

  it("partition one way: the other way works, and new pipes do not open", async () => {
    const { near, far } = await connect();
    const { tally } = world.network.partition("a", "b", { oneWay: true });
    near.send(frame(1));
    far.send(frame(2));
    await world.run(100);
    expect([log, tally.effective]).toEqual([["a got 2"], 1]);
    a.host.network.connect(b.url, logging("a2"));
    await world.run(100);
    expect([log, tally.effective]).toEqual([["a got 2"], 2]);
    world.network.heal("b", "a");
    await world.run(100);
    expect(log.toSorted()).toEqual(["a got 2", "a2 open", "b got 1", "b open"]);
  });

  it("keeps the order of what was held back and what was on its way when it healed", async () => {
    const { near } = await connect();
    world.network.setLink("a", "b", { latencyMs: 10, jitterMs: 0 });
    near.send(frame(1));
    await world.run(5);
    near.send(frame(2));
    world.network.partition("a", "b");
    await world.run(7);
    world.network.heal("a", "b");
    near.send(frame(3));
    await world.run(100);
    expect(log).toEqual(["b got 1", "b got 2", "b got 3"]);
  });

  it("stall: the pipes of now are held back, one way; a new one works", async () => {
    const { near, far } = await connect();
    const { tally } = world.network.stall("a", "b");
    near.send(frame(1));
    near.send(frame(2));
    far.send(frame(3));
    a.host.network.connect(b.url, logging("a2"));
    await world.run(100);
    expect(log.toSorted()).toEqual(["a got 3", "a2 open", "b open"]);
    expect(tally.effective).toBe(2);
    log.length = 0;
    expect(world.network.heal("a", "b").effective).toBe(1);
    await world.run(100);
    expect(log).toEqual(["b got 1", "b got 2"]);
  });

  it("cut: what is under way is lost, and both ends see it closed", async () => {
    const { near, far } = await connect();
    near.send(frame(1));
    far.send(frame(2));
    expect(world.network.cut("b", "a").effective).toBe(1);
    near.send(frame(3));
    await world.run(100);
    expect(log).toEqual(["a closed: the connection was cut", "b closed: the connection was cut"]);
    expect(world.network.cut("a", "b").effective).toBe(0);
    expect(world.network.pipes).toBe(0);
  });

  it("cut while it is opened: it never opens", async () => {
    await b.host.network.listen(b.url, () => logging("b"));
    a.host.network.connect(b.url, logging("a"));
    expect(world.network.cut("a", "b").effective).toBe(1);
    await world.run(100);
    expect(log).toEqual(["a closed: the connection was cut"]);
  });

  it("cut before a paused process looks: it never sees the pipe", async () => {
    await b.host.network.listen(b.url, () => logging("b"));
    b.pause();
    a.host.network.connect(b.url, logging("a"));
    await world.run(100);
    expect(world.network.cut("a", "b").effective).toBe(1);
    b.resume();
    await world.run(100);
    expect(log).toEqual(["a closed: the connection was cut"]);
  });

  it("crash: what was sent arrives, then the connection is reset; a partition keeps even that back", async () => {
    const { near } = await connect();
    near.send(frame(1));
    a.crash();
    await world.run(100);
    expect(log).toEqual(["b got 1", "b closed: the connection was reset"]);

    a.restart();
    log.length = 0;
    a.host.network.connect(b.url, logging("a"));
    await world.run(100);
    world.network.partition("a", "b");
    b.crash();
    await world.run(60_000);
    expect(log).toEqual(["b open", "a open"]);
    world.network.heal("a", "b");
    await world.run(100);
    expect(log.at(-1)).toBe("a closed: the connection was reset");
    expect(world.network.pipes).toBe(0);
  });

  it("crash of a process that was paused and never looked: who wanted to connect is told", async () => {
    await b.host.network.listen(b.url, () => logging("b"));
    b.pause();
    a.host.network.connect(b.url, logging("a"));
    await world.run(1_000);
    expect(log).toEqual([]);
    b.crash();
    await world.run(1_000);
    expect(log).toEqual(["a closed: the connection was reset"]);
  });

  it("leaves its mark on the trace: a frame with another byte is another run", async () => {
    const hashes = await Promise.all(
      [1, 1, 2].map(async (byte) => {
        const world = new World({ seed: 1 });
        const [from, to] = [world.machine("a"), world.machine("b")];
        await to.host.network.listen(to.url, () => logging("b"));
        const pipe = from.host.network.connect(to.url, logging("a"));
        pipe.send(frame(byte));
        await world.run(100);
        return world.traceHash;
      }),
    );
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it("knows only machines of its world", () => {
    expect(() => world.network.partition("a", "x")).toThrow("expected one of this world, got x");
  });
});
