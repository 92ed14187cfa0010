import { exec } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile as readFilePromised } from "node:fs/promises";
import { readFile, readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { gzip, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  DeterminismError,
  type Place,
  property,
  scenario,
  simulate,
  UnhandledRejectionError,
  World,
} from "../../src/index.ts";

// Whatever a library took of it before is out of reach.
const ambient: Readonly<Record<string, () => unknown>> = {
  "Date.now": () => Date.now(),
  "Date without arguments": () => new Date(),
  "Math.random": () => Math.random(),
  "performance.now": () => performance.now(),
  "process.hrtime": () => process.hrtime.bigint(),
  setTimeout: () => setTimeout(() => {}, 1),
  setInterval: () => setInterval(() => {}, 1),
  setImmediate: () => setImmediate(() => {}),
  "AbortSignal.timeout": () => AbortSignal.timeout(1),
  "crypto.getRandomValues": () => crypto.getRandomValues(new Uint8Array(1)),
  "crypto.randomUUID": () => crypto.randomUUID(),
  "crypto.subtle.digest": () => crypto.subtle.digest("SHA-256", new Uint8Array(1)),
  "node:crypto randomUUID": () => randomUUID(),
  fetch: () => fetch("http://localhost:1"),
  WebSocket: () => new WebSocket("ws://localhost:1"),
  WeakRef: () => new WeakRef({}),
  FinalizationRegistry: () => new FinalizationRegistry(() => {}),
  "node:worker_threads Worker": () => new Worker("", { eval: true }),
  "node:child_process exec": () => exec("true"),
  "node:fs readFile": () => readFile("x", () => {}),
  "node:fs readFileSync": () => readFileSync("x"),
  "node:fs/promises readFile": () => readFilePromised("x"),
  "node:net connect": () => connect(1),
  "node:http request": () => request("http://localhost:1"),
  "node:timers/promises setTimeout": () => sleep(1),
  "node:zlib gzip": () => gzip("x", () => {}),
};

afterEach(() => {
  expect(process.listeners("unhandledRejection").some(({ name }) => name === "rejected")).toBe(false);
});

describe("code in a simulated node", () => {
  it.each(Object.entries(ambient))(
    "may not use %s, and the run fails with it, whoever catches the error",
    async (name, use) => {
      const world = new World({ seed: 1 });
      world.machine("a").host.loop.soon(() => {
        try {
          use();
        } catch {
          // As a supervised process that crashes does.
        }
      });
      const failure: unknown = await world.run(10).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(DeterminismError);
      expect(failure).toMatchObject({ code: "AMBIENT", machine: "a" });
      const { message } = failure as Error;
      expect(message).toContain(name);
      expect(message).toContain("simulated node a");
      expect(message).toMatch(/guard\.test\.ts:\d+:\d+/);
      // And it stays so.
      await expect(world.run(10)).rejects.toBe(failure);
    },
  );

  it("may not however long after the event itself, as long as promises bring it (S147)", async () => {
    const world = new World({ seed: 1 });
    world.machine("a").host.loop.soon(() => {
      void (async () => {
        for (let hop = 0; hop < 100; hop += 1) await Promise.resolve();
        Date.now();
      })().catch(() => {});
    });
    await expect(world.run(10)).rejects.toThrow("take host.clock");
  });

  it("may use what is the same in each run", async () => {
    const world = new World({ seed: 1 });
    const seen: unknown[] = [];
    world.machine("a").host.loop.soon(() => {
      seen.push(new Date(0).getTime(), new Date(5) instanceof Date, Date.UTC(1970), gzipSync("x").length > 0);
      process.nextTick(() => seen.push("tick"));
      queueMicrotask(() => seen.push("microtask"));
      seen.push(crypto.constructor.name, typeof structuredClone({}), typeof fetch, typeof WebSocket);
    });
    await world.run(10);
    expect(seen).toEqual([0, true, 0, true, "Crypto", "object", "function", "function", "tick", "microtask"]);
  });

  it("reads of a stack what is the same on every engine and in every folder, and nobody else does", async () => {
    const world = new World({ seed: 1 });
    const seen: (string | undefined)[] = [];
    const kept = new Error("kept");
    world.machine("a").host.loop.soon(() => void seen.push(new TypeError("oops\nand more").stack));
    world.afterEvent = () => void seen.push(new Error("looking on").stack);
    await world.run(10);
    expect(seen).toContain("TypeError: oops\nand more");
    expect(seen.find((stack) => stack?.startsWith("Error: looking on"))).toMatch(/^ {4}at .*guard\.test\.ts:\d+:\d+/m);
    expect(kept.stack).toContain("guard.test.ts");
  });

  it("may use everything in a world without guard", async () => {
    const world = new World({ seed: 1, guard: false });
    let used = 0;
    world.machine("a").host.loop.soon(() => (used = Date.now() + Math.random()));
    await world.run(10);
    expect(used).toBeGreaterThan(0);
  });
});

describe("whoever is no simulated node", () => {
  it("uses what it likes: what looks on at each event, what waits for the world, and everybody after it", async () => {
    const own = [Date, Date.now, setTimeout, Math.random, performance.now, WeakRef];
    const world = new World({ seed: 1 });
    const { clock } = world.machine("a").host;
    const again = (): void => void clock.after(1, again);
    again();
    let looks = 0;
    world.afterEvent = () => {
      looks += Date.now() > 0 && Math.random() >= 0 ? 1 : 0;
    };
    let between = 0;
    const timer = setInterval(() => (between += Date.now() > 0 ? 1 : 0), 1);
    await world.until(() => between > 3 && Date.now() > 0);
    clearInterval(timer);
    expect(looks).toBeGreaterThan(100);
    expect(readFileSync(new URL(import.meta.url), "utf8")).toContain("readFileSync");
    expect([Date, Date.now, setTimeout, Math.random, performance.now, WeakRef]).toEqual(own);
    expect([Date, setTimeout].map((value, n) => value === own[n === 0 ? 0 : 2])).toEqual([true, true]);
  });

  it("keeps its fake timers", async () => {
    vi.useFakeTimers({ now: 5 });
    try {
      const world = new World({ seed: 1 });
      world.machine("a").host.clock.after(1, () => {});
      await world.run(10);
      expect(Date.now()).toBe(5);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a rejection that nobody handles", () => {
  it("fails the run with its reason and the node (S147)", async () => {
    const world = new World({ seed: 1 });
    const reason = new Error("oops");
    world.machine("a").host.loop.soon(() => void Promise.reject(reason));
    world.machine("b").host.clock.after(1, () => {});
    const failure: unknown = await world.run(10).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnhandledRejectionError);
    expect(failure).toMatchObject({ code: "UNHANDLED_REJECTION", machine: "a", cause: reason });
    expect((failure as Error).message).toContain("guard.test.ts");
  });

  it("is the test runner's when it is no node's", async () => {
    const mine: unknown[] = [];
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    const listen = (reason: unknown): void => void mine.push(reason);
    process.on("unhandledRejection", listen);
    try {
      const world = new World({ seed: 1 });
      const { clock } = world.machine("a").host;
      const again = (): void => void clock.after(1, again);
      again();
      setImmediate(() => void Promise.reject(new Error("of the test")));
      await world.run(1_000);
      expect(mine).toMatchObject([{ message: "of the test" }]);
    } finally {
      process.off("unhandledRejection", listen);
      for (const listener of others) process.on("unhandledRejection", listener);
    }
  });
});

describe("a scenario", () => {
  const simulated = (boot: (place: Place) => unknown, op: () => unknown = () => {}): ReturnType<typeof simulate> =>
    simulate(
      scenario<unknown>("impure", {
        nodes: { a: {} },
        boot,
        workload: (w) => w.op("do", { count: 1 }, op),
        always: [property("fine", () => null)],
        budget: { virtualMs: 100, settleMs: 100 },
      }),
      { seed: 1 },
    );

  it("fails when its boot or an operation does what no node may", async () => {
    const now = (): unknown => Date.now();
    expect((await simulated(now)).failure).toMatchObject({ property: "ambient" });
    expect((await simulated(() => ({}), now)).failure).toMatchObject({ property: "ambient" });
    const later = async (): Promise<unknown> => {
      await Promise.resolve();
      return Math.random();
    };
    expect((await simulated(later)).failure).toMatchObject({ property: "ambient" });
    expect((await simulated(() => ({}), later)).failure).toMatchObject({ property: "ambient" });
  });

  it("fails when a promise of its nodes is rejected unheard", async () => {
    const lost = (): void => void Promise.reject(new Error("oops"));
    expect((await simulated(() => ({}), lost)).failure).toMatchObject({
      property: "noUnhandledRejection",
      what: expect.stringContaining("oops"),
    });
  });
});
