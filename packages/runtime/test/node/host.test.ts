import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Node, Process, type Self } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { afterEach, beforeEach, expect, test } from "vitest";

const host = nodeHost();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "espalier-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("runs processes in real time, and never wakes one too early (S34, R-506)", async () => {
  await using node = await Node.start({ host });
  const sleptMs = await node.run(function* () {
    const before = performance.now();
    for (let round = 0; round < 5; round += 1) yield* Process.sleep(1.5);
    return performance.now() - before;
  });
  expect(sleptMs).toBeGreaterThanOrEqual(7.5);
});

test("timers fire in order, and a cancelled one does not", async () => {
  const fired = await new Promise<string[]>((resolve) => {
    const order: string[] = [];
    host.clock.after(20, () => resolve(order));
    host.clock.after(10, () => order.push("cancelled")).cancel();
    host.clock.after(5, () => order.push("second"));
    host.clock.after(0, () => order.push("first"));
  });
  expect(fired).toEqual(["first", "second"]);
  expect(() => host.clock.after(-1, () => {})).toThrow(RangeError);
});

test("a delay longer than Node's timers know does not fire at once", async () => {
  let fired = false;
  const timer = host.clock.after(2 ** 40, () => (fired = true));
  await new Promise<void>((resolve) => void host.clock.after(10, resolve));
  timer.cancel();
  expect(fired).toBe(false);
});

test("a node that computes does not keep the event loop from its other work (S136)", async () => {
  await using node = await Node.start({ host });
  let timerFired = false;
  const until = performance.now() + 20;
  host.clock.after(1, () => (timerFired = true));
  await node.run(function* spin(self: Self<number>) {
    while (!timerFired && performance.now() < until + 2000) {
      yield* Process.send(self.pid, 1);
      yield* self.receive();
    }
  });
  expect(timerFired).toBe(true);
});

test("awaits promises, and aborts those that nobody waits for any more (S14)", async () => {
  await using node = await Node.start({ host });
  const aborted = new Promise<string>((resolve) => {
    const ended = node.run(async (self: Self) => {
      self.signal.addEventListener("abort", () => resolve("aborted"));
      await self.perform(Process.exit(self.pid, { type: "shutdown" }));
    });
    ended.catch(() => {});
  });
  expect(await aborted).toBe("aborted");
});

test("random bytes are as many as asked for, and different", () => {
  const seen = new Set<string>();
  for (let round = 0; round < 1000; round += 1) {
    const bytes = host.random.bytes(16);
    expect(bytes).toHaveLength(16);
    seen.add(bytes.join());
  }
  expect(seen.size).toBe(1000);
  expect(host.random.bytes(10_000)).toHaveLength(10_000);
});

test("what a killed process was writing is removed by whoever looks next, and what lives is left alone", async () => {
  const gone = spawnSync(process.execPath, ["--version"]).pid;
  const own = join(folder, `b.${process.pid}-0123456789ab.tmp`);
  for (const path of [join(folder, `a.${gone}-0123456789ab.tmp`), join(folder, "notes.tmp"), own])
    await writeFile(path, "");
  expect(await host.disk.list(folder)).toEqual([]);
  expect(await readdir(folder)).toEqual([basename(own), "notes.tmp"]);
  await utimes(own, 0, 0);
  expect(await host.disk.list(folder)).toEqual([]);
  expect(await readdir(folder)).toEqual(["notes.tmp"]);
});

test("writes a file whole, a secret one for its owner only, and leaves nothing else behind", async () => {
  const path = join(folder, "key");
  expect(await host.disk.read(path)).toBe(null);
  await host.disk.write(path, Uint8Array.of(1, 2, 3), { secret: true });
  await host.disk.write(path, Uint8Array.of(4, 5), { secret: true });
  expect(await host.disk.read(path)).toEqual(Uint8Array.of(4, 5));
  expect(await readFile(path)).toHaveLength(2);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["key"]);
  const nowhere = join(folder, "key", "key");
  await expect(host.disk.write(nowhere, Uint8Array.of(1))).rejects.toThrow(nowhere);
  await expect(host.disk.read(folder)).rejects.toThrow("EISDIR");
});

test("without a network says what to do about that", async () => {
  await expect(host.network.listen("ws://localhost:1", () => ({}) as never)).rejects.toThrow("@espalier/wire/node");
});
