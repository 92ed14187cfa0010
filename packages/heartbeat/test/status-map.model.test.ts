import type { HeartbeatStatus } from "@espalier/heartbeat";
import { CompositeHeartbeat, LeafHeartbeat, lostWith, StatusMap, stopped } from "@espalier/heartbeat";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const heartbeat = new LeafHeartbeat("home", "1", 1);
const live = (version: number, remainingMs = 1_000): HeartbeatStatus => ({
  state: "live",
  remainingMs,
  epoch: 0,
  version,
});

/** What one home says over time: some live answers, then perhaps its end, then perhaps that it forgot. */
const histories = fc
  .record({ resets: fc.integer({ min: 1, max: 6 }), ends: fc.boolean(), forgets: fc.boolean() })
  .map(({ resets, ends, forgets }) => {
    const answers: HeartbeatStatus[] = Array.from({ length: resets }, (_, index) => live(index + 1));
    if (ends) answers.push({ state: "failed", cause: { type: "exit", reason: resets }, epoch: 0, version: resets + 1 });
    if (ends && forgets) answers.push({ state: "forgotten" });
    return answers;
  });

/** Any selection of a history in any order, with repetitions. */
const deliveries = histories.chain((history) =>
  fc.record({ history: fc.constant(history), delivered: fc.array(fc.constantFrom(...history), { maxLength: 20 }) }),
);

const rank = (status: HeartbeatStatus) =>
  status.state === "unknown" ? 0 : status.state === "live" ? status.version : status.state === "forgotten" ? 1e6 : 1e7;

describe("StatusMap", () => {
  test("knows the best of what arrived, whatever order and repetition (S60, P1, P2, P4, H4)", () => {
    fc.assert(
      fc.property(deliveries, ({ delivered }) => {
        const map = new StatusMap();
        map.track(heartbeat);
        let best: HeartbeatStatus = { state: "unknown" };
        for (const status of delivered) {
          const news = map.learn(heartbeat, status, 0, 0);
          expect(news).toBe(rank(status) > rank(best) ? "news" : "stale");
          if (rank(status) > rank(best)) best = status;
          expect(map.status(heartbeat, 0)).toEqual(best);
        }
      }),
    );
  });

  test("never shows live after an end, nor a second cause (S60, P1, P2)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...[1, 2, 3].map((v) => live(v))), fc.nat(3)), { maxLength: 20 }),
        (steps) => {
          const map = new StatusMap();
          map.track(heartbeat);
          let end: HeartbeatStatus | null = null;
          for (const step of steps) {
            if (typeof step !== "number") map.learn(heartbeat, step, 0, 0);
            else if (step === 0) map.lose("home", null);
            else
              map.learn(
                heartbeat,
                { state: "failed", cause: { type: "exit", reason: step }, epoch: 0, version: 9 },
                0,
                0,
              );
            const status = map.status(heartbeat, 0);
            if (end !== null) expect(status).toEqual(end);
            else if (status.state === "failed" || status.state === "unresponsive") end = status;
          }
        },
      ),
    );
  });

  test("counts time on the responder's clock, then on its own, never across (H7)", () => {
    const map = new StatusMap();
    map.track(heartbeat);
    map.learn(heartbeat, live(1, 1_000), 30, 5_000_000);
    expect(map.ageMs(heartbeat, 5_000_000)).toBe(30);
    expect(map.ageMs(heartbeat, 5_000_100)).toBe(130);
    expect(map.status(heartbeat, 5_000_100)).toMatchObject({ remainingMs: 870 });
    expect(map.status(heartbeat, 5_009_999)).toMatchObject({ state: "live", remainingMs: 0 });
  });

  test("the same answer seen later is fresher, seen earlier it is not", () => {
    const map = new StatusMap();
    map.track(heartbeat);
    map.learn(heartbeat, live(1, 1_000), 0, 100);
    map.learn(heartbeat, live(1, 800), 0, 300);
    expect(map.ageMs(heartbeat, 300)).toBe(0);
    expect(map.status(heartbeat, 300)).toMatchObject({ remainingMs: 800 });
    map.learn(heartbeat, live(1, 1_000), 250, 301);
    expect(map.ageMs(heartbeat, 301)).toBe(1);
    expect(map.status(heartbeat, 301)).toMatchObject({ remainingMs: 799 });
  });

  test("holds nothing that was not asked for, and nothing any more that is not needed (P19)", () => {
    const map = new StatusMap();
    expect(map.learn(heartbeat, live(1), 0, 0)).toBe("untracked");
    expect(map.size).toBe(0);
    map.track(heartbeat);
    map.track(heartbeat);
    expect(map.size).toBe(1);
    map.untrack(heartbeat);
    expect(map.size).toBe(0);
    expect(map.status(heartbeat, 0)).toEqual({ state: "unknown" });
    expect(map.ageMs(heartbeat, 0)).toBe(Infinity);
  });

  test("a home's new life ends what its earlier lives decided, and nothing else (H18)", () => {
    const map = new StatusMap();
    const [old, ended, now, other] = [
      heartbeat,
      new LeafHeartbeat("home", "1", 2),
      new LeafHeartbeat("home", "2", 1),
      new LeafHeartbeat("elsewhere", "1", 1),
    ];
    const both = new CompositeHeartbeat("both", other, old);
    for (const each of [old, ended, now, other, both]) map.track(each);
    map.learn(ended, { state: "stopped", cause: stopped, epoch: 0, version: 2 }, 0, 0);
    expect(map.lose("home", "2")).toEqual([old]);
    expect(map.status(old, 0)).toEqual(lostWith("home"));
    expect(map.status(ended, 0)).toMatchObject({ state: "stopped" });
    expect(map.status(now, 0)).toEqual({ state: "unknown" });
    // Decided at "elsewhere", the first in order of the two homes it cannot live without.
    expect(map.status(both, 0)).toEqual({ state: "unknown" });
    expect(map.lose("home", null)).toEqual([now]);
  });
});
