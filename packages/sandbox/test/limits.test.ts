import { remote } from "@espalier/code";
import { Process, type Remote } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { allowedOperations, readLimits } from "../src/index.ts";
import { Place } from "./threadless.ts";

describe("limits", () => {
  it("are what the documentation says unless said", () => {
    expect(readLimits()).toEqual({
      memoryBytes: 64 * 2 ** 20,
      bufferBytes: 16 * 2 ** 20,
      cpuMs: 1_000,
      share: 0.5,
      frames: 10_000,
      idleMs: 10_000,
      cpuTotalMs: 1_200_000,
      cpuWindowMs: 3_600_000,
      processes: 1_000,
      messages: 1_000,
      sentBytes: 4 * 2 ** 20,
      queued: 10_000,
      queuedBytes: 16 * 2 ** 20,
      timers: 10_000,
      monitors: 10_000,
      heartbeats: 1_000,
      channels: 1_000,
      operations: new Set(allowedOperations),
    });
  });

  it.each([
    [{ memory: "64 MB" as never }, /sandbox\.memory: expected bytes or a size/],
    [{ memory: "1MB" as const }, /sandbox\.memory: expected at least 16MB/],
    [{ buffers: -1 }, /sandbox\.buffers/],
    [{ cpu: 0 }, /sandbox\.cpu: expected at least 1 ms/],
    [{ share: 0 }, /sandbox\.share/],
    [{ share: 2 }, /sandbox\.share/],
    [{ frames: 0.5 }, /sandbox\.frames/],
    [{ processes: 0 }, /sandbox\.processes/],
    [{ cpuTotal: 0 }, /sandbox\.cpuTotal/],
    [{ sent: 0 }, /sandbox\.sent/],
  ])("are refused when they are none: %j", (limits, message) => {
    expect(() => readLimits(limits)).toThrow(message);
  });

  it("hold for the sandboxes that run at once, and for the strangers who have one", async () => {
    const place = await Place.start({ idle: "1s", cpuWindow: "1m" }, { sandboxes: 2, sandboxOwners: 3 });
    const answer = remote(function* answer(): Generator<any, number, any> {
      return 42;
    });
    const other = (n: number) =>
      place.stranger(
        remote({ n }, function* other(): Generator<any, number, any> {
          return n;
        }),
        `stranger ${n}`,
      );
    expect([await place.run(place.stranger(answer, "first")()), await place.run(other(1)())]).toEqual([42, 1]);
    const refused = (n: number): Promise<unknown> => place.run(other(n)()).catch((error: unknown) => error);
    expect(await refused(2)).toMatchObject({
      limit: "sandboxes",
      message: expect.stringContaining("more than 2 would run at once (limits.sandboxes)") as string,
    });
    // Those that run go on; when they have nothing to do any more there is room.
    expect(await place.run(other(1)())).toBe(1);
    place.host.advance(2_000);
    expect([place.sandboxes.size, await place.run(other(2)())]).toEqual([0, 2]);
    place.host.advance(2_000);
    expect(await refused(3)).toMatchObject({
      limit: "sandboxOwners",
      message: "more than 3 strangers have used sandboxes (limits.sandboxOwners)",
    });
    place.host.advance(60_000);
    expect(await place.run(other(3)())).toBe(3);
  });

  it("hold for the computations of a peer that have not returned", async () => {
    const place = await Place.start({ frames: 20 });
    const deeper: (n: number) => Remote<number> = remote(
      () => ({ deeper }),
      function* (n: number): Generator<any, number, any> {
        yield* Process.sleep(0);
        return n === 0 ? 0 : 1 + (yield* deeper(n - 1));
      },
    );
    expect(await place.run(place.stranger(deeper)(10))).toBe(10);
    const error: unknown = await place.run(place.stranger(deeper)(100)).catch((problem: unknown) => problem);
    expect(error).toMatchObject({ name: "SandboxError", message: expect.stringContaining("sandbox.frames") as string });
    // All of them have ended with that.
    expect(await place.run(place.stranger(deeper)(10))).toBe(10);
  });

  it("on operations are a policy", async () => {
    const place = await Place.start({ operations: ["remote", "process.register"] });
    const registers = remote(function* () {
      yield* Process.register("boss");
      return "registered";
    });
    const sleeps = remote(function* () {
      yield* Process.sleep(0);
      return "slept";
    });
    expect(await place.run(place.stranger(registers)())).toBe("registered");
    await expect(place.run(place.stranger(sleeps)())).rejects.toThrow(/policy/);
  });

  it("let a sandbox pause that has had its share, by the processor's own time", async () => {
    const place = await Place.start({ cpu: "1s", share: 0.5 });
    place.launched = (link) => {
      const honest = link.answer;
      link.answer = (bytes) => {
        const answer = honest(bytes);
        if (answer !== null) {
          // Each step computes for 400 ms.
          place.host.clock.after(400, () => {
            link.cpu = (link.cpu ?? 0) + 400;
            link.events.message(answer);
          });
        }
        return null;
      };
    };
    const chatty = remote(function* () {
      for (let n = 0; n < 20; n++) yield* Process.whereis("nobody");
      return "done";
    });
    expect(await place.run(place.stranger(chatty)())).toBe("done");
    const tookMs = place.host.clock.monotonic();
    expect(tookMs).toBeGreaterThan(14_000);
    expect(tookMs).toBeLessThan(18_000);
  });
});
