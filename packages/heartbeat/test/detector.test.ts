import { HostWatch, leaseParameters, Pulse } from "@espalier/heartbeat";
import { describe, expect, test } from "vitest";

const parameters = leaseParameters();

describe("a pulse", () => {
  test("counts the time for which the node ran, and a stall as little more than one beat (S125, H19, P11)", () => {
    const pulse = new Pulse(parameters);
    pulse.tick(10_000);
    pulse.tick(11_000);
    pulse.tick(12_100);
    expect(pulse.runningMs(12_100)).toBe(2_100);
    expect(pulse.runningMs(60_000)).toBe(3_600);
    pulse.tick(60_000);
    expect(pulse.runningMs(60_000)).toBe(3_600);
    pulse.tick(61_000);
    expect(pulse.runningMs(61_000)).toBe(4_600);
  });

  test("is not steady until it has run for a while after a stall", () => {
    const pulse = new Pulse(parameters);
    pulse.tick(0);
    expect(pulse.isSteady(0)).toBe(true);
    expect(pulse.isSteady(1_600)).toBe(false);
    pulse.tick(1_600);
    expect(pulse.isSteady(1_600)).toBe(false);
    pulse.tick(2_600);
    expect(pulse.isSteady(2_600)).toBe(false);
    pulse.tick(3_600);
    expect(pulse.isSteady(3_600)).toBe(true);
  });
});

describe("a home's watch over a host", () => {
  test("suspects after missed beats, trusts again, and declares it lost only after the lease, drift and delay (S125, P11, H8)", () => {
    const watch = new HostWatch(parameters);
    watch.begin(0);
    expect(watch.judge(2_500)).toBe("trusted");
    expect(watch.judge(2_501)).toBe("suspected");
    expect(watch.heard(3_000)).toBe(true);
    expect(watch.judgement).toBe("trusted");
    expect(watch.judge(3_000 + parameters.verdictMs)).toBe("suspected");
    expect(watch.judge(3_001 + parameters.verdictMs)).toBe("lost");
  });

  test("begins a new term with each verdict", () => {
    const watch = new HostWatch(parameters);
    watch.begin(0);
    watch.conclude();
    expect(watch.term).toBe(2);
    expect(watch.isWatching).toBe(false);
  });

  test("means nothing by the silence of a host that has nothing of it", () => {
    const watch = new HostWatch(parameters);
    expect(watch.judge(1e9)).toBe("trusted");
    watch.begin(1e9);
    expect(watch.judge(1e9)).toBe("trusted");
    watch.end();
    expect(watch.heard(2e9)).toBe(false);
    expect(watch.judge(3e9)).toBe("trusted");
  });

  test("beginning again does not forgive the silence so far", () => {
    const watch = new HostWatch(parameters);
    watch.begin(0);
    watch.begin(5_000);
    expect(watch.judge(parameters.verdictMs + 1)).toBe("lost");
  });
});
