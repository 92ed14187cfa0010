import type { HeartbeatStatus, LeafHeartbeat } from "@espalier/heartbeat";
import { Heartbeats } from "@espalier/heartbeat";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

// The registry of one node against a model that keeps a list and looks at all of it every time.

const stallMs = 20;

type Step =
  | { readonly type: "create"; readonly durationMs: number }
  | { readonly type: "stop" | "fail" | "verdict"; readonly which: number }
  | { readonly type: "reset"; readonly which: number; readonly durationMs: number }
  | { readonly type: "wait"; readonly ms: number }
  | { readonly type: "due" | "judge" }
  | { readonly type: "register"; readonly which: number; readonly id: string }
  | { readonly type: "unregister" | "acknowledge"; readonly id: string };

const durations = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constant(Infinity));
const which = fc.nat({ max: 30 });
const id = fc.constantFrom("r1", "r2", "r3", "r4");
const kinds: readonly fc.Arbitrary<Step>[] = [
  fc.record({ type: fc.constant("create" as const), durationMs: durations }),
  fc.record({ type: fc.constantFrom("stop" as const, "fail" as const, "verdict" as const), which }),
  fc.record({ type: fc.constant("reset" as const), which, durationMs: durations }),
  fc.record({ type: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ type: fc.constantFrom("due" as const, "judge" as const) }),
  fc.record({ type: fc.constant("register" as const), which, id }),
  fc.record({ type: fc.constantFrom("unregister" as const, "acknowledge" as const), id }),
];

/** Every run has a mixture of its own: some are almost all resets, others almost all registrations. */
const runs: fc.Arbitrary<readonly Step[]> = fc
  .tuple(...kinds.map(() => fc.nat({ max: 8 })))
  .map((weights) => kinds.map((arbitrary, index) => ({ arbitrary, weight: weights[index] ?? 0 })))
  .filter((mixture) => mixture.some(({ weight }) => weight > 0))
  .chain((mixture) => fc.array(fc.oneof(...mixture), { minLength: 10, maxLength: 80 }));

type Phase = "live" | "due" | "doubtful" | "stopped" | "failed" | "unresponsive" | "expired";

interface Modelled {
  readonly heartbeat: LeafHeartbeat;
  /** The largest of (accepted at + duration) over its start and its resets (P3, P4). */
  deadlineMs: number;
  phase: Phase;
}

const isLive = ({ phase }: Modelled) => phase === "live" || phase === "due" || phase === "doubtful";
const isWaiting = ({ phase }: Modelled) => phase === "due" || phase === "doubtful";
const endedBy = { stop: "stopped", fail: "failed", verdict: "unresponsive" } as const;

describe("the registry", () => {
  test("gives the answers of a list that is searched (S51, S54, P1, P3, P4, P5, P9, P10)", () => {
    fc.assert(
      fc.property(runs, (steps) => play(steps)),
      { numRuns: 500 },
    );
  });

  test("expires everything by its deadline and two rounds of input, and nothing before (S52, P3, P5)", () => {
    const lags = fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 20 }), lags, (durationsMs, lagsMs) => {
        const heartbeats = new Heartbeats({ node: "a", incarnation: "1" }, { stallMs });
        const created = durationsMs.map((durationMs) => ({ durationMs, heartbeat: heartbeats.create(durationMs, 0) }));
        let now = 0;
        let turn = 0;
        // Every step of the event loop is late by a lag of its own.
        const late = () => (now += lagsMs[turn++ % lagsMs.length] ?? 0);
        while (heartbeats.nextDeadline() < Infinity) {
          now = Math.max(now, heartbeats.nextDeadline());
          late();
          for (let waiting = heartbeats.due(now); waiting; waiting = heartbeats.judge(late())) {
            for (const { durationMs, heartbeat } of created) {
              const { state } = heartbeats.status(heartbeat, now);
              if (state === "expired") expect(now).toBeGreaterThanOrEqual(durationMs);
              else expect(now - durationMs).toBeLessThanOrEqual(5 * 50);
            }
          }
        }
        for (const { heartbeat } of created) expect(heartbeats.status(heartbeat, now).state).toBe("expired");
      }),
    );
  });
});

function play(steps: readonly Step[]): void {
  const heartbeats = new Heartbeats({ node: "a", incarnation: "1" }, { stallMs });
  const all: Modelled[] = [];
  const registered = new Map<string, { readonly of: Modelled; told: HeartbeatStatus | null }>();
  let now = 0;

  for (const step of steps) {
    const one = "which" in step ? all[step.which % all.length] : undefined;
    switch (step.type) {
      case "create": {
        const heartbeat = heartbeats.create(step.durationMs, now);
        all.push({ heartbeat, deadlineMs: now + step.durationMs, phase: "live" });
        break;
      }
      case "wait":
        now += step.ms;
        break;
      case "stop":
      case "fail":
      case "verdict": {
        if (one === undefined) break;
        const outcome =
          step.type === "stop"
            ? heartbeats.stop(one.heartbeat)
            : step.type === "fail"
              ? heartbeats.fail(one.heartbeat, { type: "exit", reason: now })
              : heartbeats.verdict(one.heartbeat, "b");
        expect(outcome).toBe(isLive(one) ? "accepted" : "refused");
        if (isLive(one)) one.phase = endedBy[step.type];
        break;
      }
      case "reset":
        if (one === undefined) break;
        expect(heartbeats.reset(one.heartbeat, step.durationMs, now)).toBe(isLive(one) ? "accepted" : "refused");
        if (!isLive(one)) break;
        one.deadlineMs = Math.max(one.deadlineMs, now + step.durationMs);
        if (one.deadlineMs > now && isWaiting(one)) one.phase = "live";
        break;
      case "due":
        for (const each of all) if (each.phase === "live" && each.deadlineMs <= now) each.phase = "due";
        expect(heartbeats.due(now)).toBe(all.some(isWaiting));
        break;
      case "judge":
        for (const each of all.filter(isWaiting)) {
          each.phase = each.phase === "due" && now - each.deadlineMs > stallMs ? "doubtful" : "expired";
        }
        expect(heartbeats.judge(now)).toBe(all.some(isWaiting));
        break;
      case "register":
        if (one === undefined) break;
        heartbeats.register(one.heartbeat, "b", step.id);
        if (!registered.has(step.id)) registered.set(step.id, { of: one, told: null });
        break;
      case "unregister":
        expect(heartbeats.unregister("b", step.id)).toBe(registered.delete(step.id));
        break;
      case "acknowledge": {
        const known = registered.get(step.id)?.told != null;
        expect(heartbeats.acknowledge("b", step.id)).toBe(known);
        if (known) registered.delete(step.id);
        break;
      }
    }

    for (const action of heartbeats.takeActions()) {
      const registration = action.type === "tell" ? registered.get(action.id) : undefined;
      if (action.type !== "tell" || registration === undefined) throw new Error("nobody registered for this");
      expect(registration.told).toBeNull();
      registration.told = action.status;
    }
    for (const { of, told } of registered.values()) {
      expect(told === null).toBe(isLive(of));
      if (told !== null) expect(told).toEqual(heartbeats.status(of.heartbeat, now));
    }
    expect(heartbeats.unacknowledged("b").length).toBe(
      [...registered.values()].filter(({ told }) => told !== null).length,
    );
    const deadlines = all.filter(({ phase }) => phase === "live").map(({ deadlineMs }) => deadlineMs);
    expect(heartbeats.nextDeadline()).toBe(Math.min(Infinity, ...deadlines));
    for (const each of all) {
      const status = heartbeats.status(each.heartbeat, now);
      if (!isLive(each)) expect(status.state).toBe(each.phase);
      else expect(status).toMatchObject({ state: "live", remainingMs: Math.max(0, each.deadlineMs - now) });
    }
  }
}
