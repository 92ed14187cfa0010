import { describe, expect, it } from "vitest";
import { drawDelayMs, parseBackoff, waitAfter } from "../src/backoff.ts";
import type { ChildSpec } from "../src/spec.ts";
import { crash, Drive, flags, spec } from "./drive.ts";

const of = (option: string): string => `${option} of child "db"`;

describe("a back-off's options", () => {
  it("have defaults", () => {
    expect(parseBackoff({ min: "1s", max: "9s" }, of)).toEqual({
      minMs: 1_000,
      maxMs: 9_000,
      factor: 2,
      jitter: 0.2,
      resetAfterMs: 5_000,
    });
  });

  it.each([
    [null, /^backoff of child "db": expected an object/],
    [{ min: 0, max: 1 }, /^backoff\.min of child "db": expected a time above 0/],
    [{ min: 2, max: 1 }, /^backoff\.max of child "db": expected a time not below min/],
    [{ min: 1, max: "infinity" }, /^backoff\.max of child "db"/],
    [{ min: 1, max: 2, factor: 0.5 }, /^backoff\.factor of child "db": expected a number ≥ 1/],
    [{ min: 1, max: 2, jitter: 1.1 }, /^backoff\.jitter of child "db": expected a number from 0 to 1/],
  ])("%j is refused", (options, message) => {
    expect(() => parseBackoff(options as never, of)).toThrow(message);
  });
});

it("waits grow by the factor up to the maximum, and jitter only adds (R-1403)", () => {
  const backoff = parseBackoff({ min: 100, max: 1_000, factor: 3, jitter: 0.5 }, of);
  expect([0, 1, 2, 3, 4, 1_000].map((failures) => waitAfter(backoff, failures).delayMs)).toEqual([
    100, 300, 900, 1_000, 1_000, 1_000,
  ]);
  expect(drawDelayMs({ delayMs: 100, jitter: 0.5 }, 0)).toBe(100);
  expect(drawDelayMs({ delayMs: 100, jitter: 0.5 }, 0.5)).toBe(125);
});

describe("a child that backs off", () => {
  const backoff = parseBackoff({ min: 100, max: 400, jitter: 0 }, of);
  const patient = { intensity: { restarts: 9, withinSeconds: 5 } };
  const children = (...fields: Partial<ChildSpec>[]): ChildSpec[] =>
    ["a", "b", "c"].map((id, index) => spec(id, fields[index] ?? {}));
  const waits = ({ mailbox }: Drive): unknown[] => mailbox.map((event) => ("wait" in event ? event.wait : event.type));

  it("waits before it is restarted, longer each time, and from the beginning when it ran long enough (S239, R-1403)", () => {
    const drive = new Drive(flags(patient), children({ backoff })).boot();
    const seen: unknown[] = [];
    for (const ranMs of [0, 0, 0, 249, 250, 0]) {
      drive.nowMs += ranMs;
      drive.crash("a");
      expect(drive.shape()).toBe("a:restarting b:running c:running");
      seen.push(drive.reports.findLast((report) => report.type === "backing-off")?.delayMs);
      drive.settle();
    }
    expect(seen).toEqual([100, 200, 400, 400, 100, 200]);
  });

  it("counts as a restart when it is attempted, not when it waits (R-932)", () => {
    const drive = new Drive(flags({ intensity: { restarts: 1, withinSeconds: 1 } }), children({ backoff })).boot();
    drive.crash("a").settle().crash("a");
    expect(drive.ended).toBeNull();
    drive.nowMs = 2_000;
    drive.settle();
    expect(drive.shape()).toBe("a:running b:running c:running");
    drive.crash("a");
    expect(drive.ended).toBeNull();
    drive.settle();
    expect(drive.news()).toContain("end:shutdown");
  });

  it("stops its group before the wait, under each strategy, and starts it after (R-1403)", () => {
    const drive = new Drive(flags({ ...patient, strategy: "one-for-all" }), children({}, { backoff })).boot();
    drive.news();
    drive.crash("b");
    expect(drive.news()).toBe("-c1 -a1");
    expect(drive.shape()).toBe("a:absent b:restarting c:absent");
    drive.settle();
    expect(drive.news()).toBe("+a2 +b2 +c2");
  });

  it("is overtaken by the restart of a group that it belongs to (R-947)", () => {
    const drive = new Drive(flags({ ...patient, strategy: "rest-for-one" }), children({}, {}, { backoff })).boot();
    drive.crash("c").crash("a");
    expect(drive.shape()).toBe("a:running b:running c:running");
    drive.news();
    drive.settle();
    expect(drive.news()).toBe("");
  });

  it("waits again with its group when it does not start, and the wait of a later one ends for it", () => {
    const drive = new Drive(
      flags({ ...patient, strategy: "rest-for-one" }),
      children({}, { backoff }, { backoff }),
    ).boot();
    drive.script["c"] = ["fail"];
    drive.crash("c").settle();
    drive.script["c"] = ["fail"];
    drive.crash("b");
    expect(drive.shape()).toBe("a:running b:restarting c:absent");
    drive.news();
    drive.settle();
    expect(drive.news()).toBe("+b2 !c +c3");
  });

  it("a terminated one does not come back when its time is over, nor a later one of it too early (R-951)", () => {
    const drive = new Drive(flags(patient), children({ backoff })).boot();
    drive.crash("a");
    expect(drive.ask({ type: "terminate-child", id: "a" })).toEqual({ type: "ok" });
    expect(drive.ask({ type: "restart-child", id: "a" })).toMatchObject({ type: "started" });
    drive.crash("a");
    const [early, due] = drive.mailbox.splice(0);
    drive.take(early!);
    expect(drive.shape()).toBe("a:restarting b:running c:running");
    drive.take(due!);
    expect(drive.shape()).toBe("a:running b:running c:running");
  });

  it("of a node that cannot be reached, it waits without being asked to, and the attempts do not count", () => {
    const on = {} as never;
    const unreachable = { type: "noconnection", node: "b" } as const;
    const drive = new Drive(flags(), children({ on })).boot();
    drive.crash("a", crash).settle();
    for (const delayMs of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      drive.crash("a", unreachable);
      expect(waits(drive)).toEqual([{ delayMs, jitter: 0.2 }]);
      drive.settle();
    }
    expect(drive.shape()).toBe("a:running b:running c:running");
    drive.crash("a", crash).settle();
    expect(drive.ended).not.toBeNull();
  });
});
