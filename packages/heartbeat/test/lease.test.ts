import { LeaseHolder, leaseParameters } from "@espalier/heartbeat";
import { describe, expect, test } from "vitest";

const parameters = leaseParameters();
const at = (now: number, wall = now): { now: number; wall: number } => ({ now, wall });

describe("leaseParameters", () => {
  test("has a verdict only after the lease, the drift and the delay (S123, H11)", () => {
    expect(leaseParameters()).toEqual({
      beatMs: 1_000,
      leaseMs: 5_000,
      driftMax: 0.01,
      delayMs: 500,
      verdictMs: 5_550,
    });
    expect(leaseParameters({ beat: "100ms", lease: "1s", driftMax: 0, delay: 50 }).verdictMs).toBe(1_050);
  });

  test.each([
    [{ beat: 0 }, "beat: expected more than 0 ms, got 0"],
    [{ lease: "1s" }, "lease: expected at least two beats (2000 ms), got 1000"],
    [{ lease: "infinity" }, "lease: expected at least two beats (2000 ms), got Infinity"],
    [{ delay: "infinity" }, "delay: expected a finite duration, got Infinity"],
    [{ driftMax: 1 }, "driftMax: expected 0 ≤ driftMax < 1, got 1"],
    [{ driftMax: Number.NaN }, "driftMax: expected 0 ≤ driftMax < 1, got NaN"],
  ] as const)("refuses %j", (options, message) => {
    expect(() => leaseParameters(options)).toThrow(message);
  });
});

describe("a lease", () => {
  function held(): LeaseHolder {
    const lease = new LeaseHolder(parameters);
    lease.need(at(0));
    expect(lease.acknowledge(lease.beat(at(1_000)), 1)).toBe("renewed");
    return lease;
  }

  test("counts from when the acknowledged beat was sent (S123, H11)", () => {
    const lease = held();
    expect(lease.holds(1, at(5_999))).toBe(true);
    expect(lease.holds(1, at(6_000))).toBe(false);
    expect(lease.isOver(at(6_000))).toBe(true);
  });

  test("does not go back when acknowledgements are overtaken", () => {
    const lease = held();
    const early = lease.beat(at(2_000));
    const late = lease.beat(at(3_000));
    lease.acknowledge(late, 1);
    expect(lease.acknowledge(early, 1)).toBe("ignored");
    expect(lease.holds(1, at(7_999))).toBe(true);
  });

  test("is lost with the time for which the machine was suspended (S124, H12)", () => {
    const lease = held();
    expect(lease.holds(1, at(1_100, 60_000))).toBe(false);
  });

  test("is not prolonged by a wall clock that is set back", () => {
    const lease = held();
    expect(lease.holds(1, at(5_999, -60_000))).toBe(true);
    expect(lease.holds(1, at(6_000, -60_000))).toBe(false);
  });

  test("is not there before its first acknowledgement, and is given up after as long as a lease lasts", () => {
    const lease = new LeaseHolder(parameters);
    lease.need(at(0));
    lease.beat(at(0));
    expect(lease.holds(1, at(1))).toBe(false);
    expect(lease.isOver(at(4_999))).toBe(false);
    expect(lease.isOver(at(5_000))).toBe(true);
  });

  test("a term that lapsed never comes back: only the home's next term, said in answer to a later beat (S124)", () => {
    const lease = held();
    const early = lease.beat(at(2_000));
    lease.lapse();
    expect(lease.acknowledge(early, 1)).toBe("ignored");
    expect(lease.acknowledge(early, 2)).toBe("ignored");
    const late = lease.beat(at(7_000));
    expect(lease.acknowledge(late, 1)).toBe("ignored");
    expect(lease.lapsed).toBe(true);
    expect(lease.acknowledge(late, 2)).toBe("replaced");
    expect(lease.lapsed).toBe(false);
    expect(lease.holds(1, at(7_001))).toBe(false);
    expect(lease.holds(2, at(7_001))).toBe(true);
  });

  test("a later term ends what an earlier one granted", () => {
    const lease = held();
    expect(lease.observe(2)).toBe(true);
    expect(lease.observe(2)).toBe(false);
    expect(lease.observe(1)).toBe(false);
    expect(lease.holds(1, at(1_001))).toBe(false);
    expect(lease.holds(2, at(1_001))).toBe(false);
  });

  test("an idle lease that is nearly over is not relied on", () => {
    const young = held();
    young.need(at(3_000));
    expect(young.holds(1, at(3_000))).toBe(true);
    const old = held();
    old.need(at(5_500));
    expect(old.holds(1, at(5_500))).toBe(false);
    expect(old.isOver(at(10_499))).toBe(false);
  });

  test("a beat is answered for as long as its lease would last, then forgotten", () => {
    const lease = new LeaseHolder(parameters);
    const number = lease.beat(at(0));
    lease.beat(at(6_000));
    expect(lease.acknowledge(number, 1)).toBe("ignored");
  });
});
