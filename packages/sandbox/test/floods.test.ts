import "./provide.ts";
import { Channel } from "@espalier/channels";
import { builtin, remote } from "@espalier/code";
import { Heartbeat } from "@espalier/heartbeat";
import { type Pid, Process, type Remote, type Self } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import type { SandboxLimits } from "../src/index.ts";
import { Place } from "./threadless.ts";

builtin("Channel", Channel);
builtin("Heartbeat", Heartbeat);

const idle = remote(function* (_self: Self<unknown>) {
  yield* Process.sleep("1h");
});

const sink = remote(function* (self: Self<unknown>) {
  for (;;) yield* self.receive();
});

/** What code asks for again and again, by the limit that ends it, and how often that works. */
const floods: Readonly<Record<string, readonly [limits: SandboxLimits, times: number, flood: () => unknown]>> = {
  processes: [
    { processes: 5 },
    5,
    remote({ idle }, function* (): Generator<any, any, any> {
      let n = 0;
      try {
        for (;;) {
          yield* Process.spawn(idle);
          n += 1;
        }
      } catch (error) {
        return [n, (error as Error).name, (error as Error).message];
      }
    }),
  ],
  messages: [
    { messages: 5 },
    5,
    remote({ sink }, function* (): Generator<any, any, any> {
      const pid: Pid<any> = yield* Process.spawn(sink);
      let n = 0;
      try {
        for (;;) {
          yield* Process.send(pid, n);
          n += 1;
        }
      } catch (error) {
        return [n, (error as Error).name, (error as Error).message];
      }
    }),
  ],
  sent: [
    { sent: "1KB" },
    2,
    remote({ sink }, function* (): Generator<any, any, any> {
      const pid: Pid<any> = yield* Process.spawn(sink);
      let n = 0;
      try {
        for (;;) {
          yield* Process.send(pid, "x".repeat(600));
          n += 1;
        }
      } catch (error) {
        return [n, (error as Error).name, (error as Error).message];
      }
    }),
  ],
  queued: [
    { queued: 5 },
    5,
    remote({ idle }, function* (): Generator<any, any, any> {
      const pid: Pid<any> = yield* Process.spawn(idle);
      let n = 0;
      try {
        for (;;) {
          yield* Process.send(pid, n);
          n += 1;
          yield* Process.sleep(200);
        }
      } catch (error) {
        return [n, (error as Error).name, (error as Error).message];
      }
    }),
  ],
  queuedBytes: [
    { queuedBytes: "10KB" },
    9,
    remote({ idle }, function* (): Generator<any, any, any> {
      const pid: Pid<any> = yield* Process.spawn(idle);
      let n = 0;
      try {
        for (;;) {
          yield* Process.send(pid, ["x".repeat(1_000)]);
          n += 1;
          yield* Process.sleep(200);
        }
      } catch (error) {
        return [n, (error as Error).name, (error as Error).message];
      }
    }),
  ],
  timers: [
    { timers: 5 },
    5,
    remote({ sink }, function* (): Generator<any, any, any> {
      const pid: Pid<any> = yield* Process.spawn(sink);
      let n = 0;
      try {
        for (;;) {
          yield* Process.sendAfter("1h", pid, n);
          n += 1;
        }
      } catch (error) {
        return [n, (error as Error).name, (error as Error).message];
      }
    }),
  ],
  monitors: [
    { monitors: 5 },
    5,
    remote({ sink }, function* (): Generator<any, any, any> {
      const pid: Pid<any> = yield* Process.spawn(sink);
      let n = 0;
      try {
        for (;;) {
          yield* Process.monitor(pid);
          n += 1;
        }
      } catch (error) {
        return [n, (error as Error).name, (error as Error).message];
      }
    }),
  ],
  heartbeats: [
    { heartbeats: 5 },
    5,
    remote(function* (): Generator<any, any, any> {
      let n = 0;
      try {
        for (;;) {
          yield* Heartbeat.create("1h");
          n += 1;
        }
      } catch (error) {
        return [n, (error as Error).name, (error as Error).message];
      }
    }),
  ],
  channels: [
    { channels: 5 },
    5,
    remote(function* (): Generator<any, any, any> {
      let n = 0;
      try {
        for (;;) {
          yield* Channel.create({ capacity: 1 });
          n += 1;
        }
      } catch (error) {
        return [n, (error as Error).name, (error as Error).message];
      }
    }),
  ],
};

describe("a flood (S220)", () => {
  it.each(Object.entries(floods))(
    "of %s ends with an error that names the limit",
    async (limit, [limits, times, flood]) => {
      const place = await Place.start(limits);
      const [n, name, message] = await place.run(place.stranger(flood)() as Remote<[number, string, string]>);
      expect([n, name]).toEqual([times, "SandboxError"]);
      expect(message).toContain(`(sandbox.${limit})`);
    },
  );

  it("is nothing that ends and begins again", async () => {
    const place = await Place.start({ processes: 10, heartbeats: 5 });
    const brief = remote(function* () {
      yield* Process.sleep(1);
    });
    const many = remote({ brief }, function* () {
      for (let n = 0; n < 40; n++) {
        yield* Process.spawn(brief);
        const heartbeat = yield* Heartbeat.create("1h");
        yield* Heartbeat.stop(heartbeat);
        yield* Process.sleep(30);
      }
      return "done";
    });
    expect(await place.run(place.stranger(many)())).toBe("done");
  });

  it("of messages goes on in the next second", async () => {
    const place = await Place.start({ messages: 10 });
    const steady = remote({ sink }, function* () {
      const pid: Pid<any> = yield* Process.spawn(sink);
      for (let n = 0; n < 50; n++) {
        yield* Process.send(pid, n);
        yield* Process.sleep(110);
      }
      return "done";
    });
    expect(await place.run(place.stranger(steady)())).toBe("done");
  });

  it("of what is counted within other operations is counted", async () => {
    const place = await Place.start({ heartbeats: 5 });
    const nested = remote(function* () {
      let n = 0;
      try {
        for (;;) {
          yield* Heartbeat.link(yield* Heartbeat.create("1h"), Heartbeat.create("1h"));
          n += 1;
        }
      } catch (error) {
        return [n, (error as Error).name];
      }
    });
    expect(await place.run(place.stranger(nested)())).toEqual([2, "SandboxError"]);
  });
});

describe("all processor time of a peer", () => {
  it("ends its sandbox, which does not start again before the window is over", async () => {
    const place = await Place.start({ cpu: "1s", share: 1, cpuTotal: "3s", cpuWindow: "1m", idle: "1h" });
    place.launched = (link) => {
      link.cpu = 0;
      const honest = link.answer;
      link.answer = (bytes) => {
        const answer = honest(bytes);
        if (answer !== null) {
          // Each step computes for 400 ms.
          place.host.clock.after(400, () => {
            link.cpu = (link.cpu ?? 0) + 400;
            if (!link.ended) link.events.message(answer);
          });
        }
        return null;
      };
    };
    const chatty = remote(function* () {
      for (let n = 0; n < 20; n++) yield* Process.whereis("nobody");
      return "done";
    });
    const brief = remote(function* () {
      return "done";
    });
    const first: unknown = await place.run(place.stranger(chatty)()).catch((error: unknown) => error);
    expect(first).toMatchObject({ name: "SandboxError", limit: "cpuTotal" });
    expect(place.sandboxes.size).toBe(0);
    const second: unknown = await place.run(place.stranger(brief)()).catch((error: unknown) => error);
    expect(second).toMatchObject({ name: "SandboxError", limit: "cpuTotal" });
    expect((second as Error).message).toMatch(/does not start: .*sandbox\.cpuTotal/);
    expect(place.links).toHaveLength(1);
    place.host.advance(60_000);
    expect(await place.run(place.stranger(brief)())).toBe("done");
  });
});
