import { describe, expect, it } from "vitest";
import { killed, normal, shutdown } from "@espalier/heartbeat";
import { decide } from "../src/decide.ts";
import { broken, crash, Drive, flags, spec } from "./drive.ts";

const three = [spec("a"), spec("b"), spec("c")];

/** The restarts that still count. */
function attempts({ state }: Drive): number {
  return state.attempts.reduce((sum, { count }) => sum + count, 0);
}

describe("starting", () => {
  it("starts the children from first to last, then is ready (R-910)", () => {
    expect(new Drive(flags(), three).boot().news()).toBe("+a1 +b1 +c1 ready");
  });

  it("a child that does not start stops those before it in reverse order, without a retry (R-913)", () => {
    const drive = new Drive(flags(), three);
    drive.script["c"] = ["fail"];
    drive.boot();
    expect(drive.news()).toBe("+a1 +b1 !c -b1 -a1 end:shutdown");
    expect(drive.ended).toEqual({
      type: "shutdown",
      detail: { type: "failed-to-start-child", id: "c", cause: broken },
    });
    expect(drive.reports.at(2)).toEqual({ type: "start-failed", id: "c", cause: broken, decision: "roll-back" });
  });

  it("a child that chooses not to run keeps its place, a temporary one does not (R-912)", () => {
    const drive = new Drive(flags(), [spec("a"), spec("b", { restart: "temporary" }), spec("c")]);
    Object.assign(drive.script, { a: ["ignore"], b: ["ignore"] });
    drive.boot();
    expect(drive.news()).toBe("~a ~b +c1 ready");
    expect(drive.shape()).toBe("a:absent c:running");
  });

  it("with no children is ready at once", () => {
    expect(new Drive(flags(), []).boot().news()).toBe("ready");
  });
});

describe("intensity", () => {
  it("allows as many restarts as it says; the next crash ends the supervisor with shutdown (R-931, R-933)", () => {
    const drive = new Drive(flags({ intensity: { restarts: 2, withinSeconds: 5 } }), three).boot();
    drive.news();
    drive.crash("a").crash("b");
    expect(drive.news()).toBe("+a2 +b2");
    drive.crash("c");
    expect(drive.news()).toBe("-b2 -a2 end:shutdown");
    expect(drive.ended).toEqual(shutdown);
    expect(drive.reports.filter((report) => report.type === "gave-up")).toEqual([
      { type: "gave-up", id: "c", attempts: 3, intensity: { restarts: 2, withinSeconds: 5 }, nowMs: 0 },
    ]);
    expect(drive.reports.find((report) => report.type === "child-ended" && report.id === "c")).toMatchObject({
      decision: "give-up",
    });
  });

  it("counts restarts of all children together (R-932)", () => {
    const drive = new Drive(flags(), three).boot().crash("a").crash("b");
    expect(drive.ended).toEqual(shutdown);
  });

  it("counts the restart of a group once (R-932)", () => {
    const drive = new Drive(flags({ strategy: "one-for-all" }), three).boot().crash("a");
    expect(attempts(drive)).toBe(1);
  });

  it("counts failed attempts, so a child that never starts ends the supervisor (R-932, R-950)", () => {
    const drive = new Drive(flags({ intensity: { restarts: 3, withinSeconds: 5 } }), three).boot();
    drive.script["b"] = ["fail", "fail", "fail", "fail"];
    drive.news();
    drive.crash("b").settle();
    expect(drive.news()).toBe("!b !b !b -c1 -a1 end:shutdown");
  });

  it("does not count clean ends of transient and temporary children (R-934)", () => {
    const specs = [spec("a", { restart: "transient" }), spec("b", { restart: "temporary" })];
    const drive = new Drive(flags({ intensity: { restarts: 0, withinSeconds: 5 } }), specs).boot();
    drive.crash("a", normal).crash("b", crash);
    expect(drive.ended).toBeNull();
    expect(drive.shape()).toBe("a:absent");
  });

  it("forgets restarts outside the window (R-930)", () => {
    const drive = new Drive(flags(), three).boot().crash("a");
    drive.nowMs = 5_999;
    expect(drive.crash("a").ended).toEqual(shutdown);

    const later = new Drive(flags(), three).boot().crash("a");
    later.nowMs = 6_000;
    expect(later.crash("a").ended).toBeNull();
  });
});

describe("a restart that fails", () => {
  const patient = { restarts: 10, withinSeconds: 5 };

  it("returns to the mailbox before the next attempt (R-950)", () => {
    const drive = new Drive(flags({ intensity: patient }), three).boot();
    drive.script["b"] = ["fail", "fail"];
    drive.news();
    drive.crash("b");
    expect(drive.news()).toBe("!b");
    expect(drive.mailbox).toEqual([{ type: "retry", id: "b", turn: 1, wait: null }]);
    expect(drive.shape()).toBe("a:running b:restarting c:running");
    drive.settle();
    expect(drive.news()).toBe("!b +b2");
  });

  it("management sees it as restarting meanwhile (R-951)", () => {
    const drive = new Drive(flags({ intensity: patient }), three).boot();
    drive.script["b"] = ["fail"];
    drive.crash("b");
    expect(drive.ask({ type: "start-child", spec: spec("b") })).toEqual({ type: "already-present" });
    expect(drive.ask({ type: "restart-child", id: "b" })).toEqual({ type: "restarting" });
    expect(drive.ask({ type: "delete-child", id: "b" })).toEqual({ type: "restarting" });
    drive.news();
    expect(drive.ask({ type: "terminate-child", id: "b" })).toEqual({ type: "ok" });
    drive.settle();
    expect(drive.news()).toBe("");
    expect(drive.shape()).toBe("a:running b:absent c:running");
  });

  it("the supervisor can be stopped meanwhile (R-950)", () => {
    const drive = new Drive(flags({ intensity: patient }), three).boot();
    drive.script["b"] = ["fail"];
    drive.crash("b");
    drive.news();
    drive.take({ type: "stop", cause: shutdown });
    expect(drive.news()).toBe("-c1 -a1 end:shutdown");
    expect(drive.shape()).toBe("a:absent b:absent c:absent");
  });

  it("under one-for-all stops everything again and starts from the first (R-945)", () => {
    const drive = new Drive(flags({ intensity: patient, strategy: "one-for-all" }), three).boot();
    drive.script["c"] = ["fail"];
    drive.news();
    drive.crash("a");
    expect(drive.news()).toBe("-c1 -b1 +a2 +b2 !c");
    expect(drive.shape()).toBe("a:running b:running c:restarting");
    drive.settle();
    expect(drive.news()).toBe("-b2 -a2 +a3 +b3 +c2");
  });

  it("under rest-for-one goes on from the child that failed (R-945), and those after it have no process meanwhile (R-952)", () => {
    const drive = new Drive(flags({ intensity: patient, strategy: "rest-for-one" }), [...three, spec("d")]).boot();
    drive.script["c"] = ["fail"];
    drive.news();
    drive.crash("b");
    expect(drive.news()).toBe("-d1 -c1 +b2 !c");
    expect(drive.shape()).toBe("a:running b:running c:restarting d:absent");
    drive.settle();
    expect(drive.news()).toBe("+c2 +d2");
  });

  it("is over when a sibling's crash restarts the group first", () => {
    const drive = new Drive(flags({ intensity: patient, strategy: "one-for-all" }), three).boot();
    drive.script["c"] = ["fail"];
    drive.crash("a");
    drive.news();
    drive.crash("b");
    expect(drive.news()).toBe("-a2 +a3 +b3 +c2");
    drive.settle();
    expect(drive.news()).toBe("");
  });

  it("a child that declines its restart stays without a process (R-946)", () => {
    const drive = new Drive(flags({ intensity: patient }), three).boot();
    drive.script["b"] = ["ignore"];
    drive.crash("b").settle();
    expect(drive.shape()).toBe("a:running b:absent c:running");
  });
});

describe("groups", () => {
  it("start also what had been stopped by hand or had ended cleanly (S79, R-947)", () => {
    const specs = [spec("a"), spec("b", { restart: "transient" }), spec("c")];
    const drive = new Drive(flags({ strategy: "one-for-all" }), specs).boot();
    drive.crash("b", normal);
    drive.ask({ type: "terminate-child", id: "c" });
    drive.news();
    drive.crash("a");
    expect(drive.news()).toBe("+a2 +b2 +c2");
  });

  it("several dead at once are one incident under one-for-all, and one each under one-for-one (S79, R-948)", () => {
    for (const [strategy, expected] of [
      ["one-for-all", 1],
      ["one-for-one", 2],
    ] as const) {
      const drive = new Drive(flags({ strategy, intensity: { restarts: 2, withinSeconds: 5 } }), three).boot();
      const pid = drive.pid("c");
      drive.crash("a");
      drive.take({ type: "exited", pid, cause: crash });
      expect(attempts(drive)).toBe(expected);
    }
  });

  it("siblings that die badly while they are stopped are reported and do not count (R-944, R-964)", () => {
    const drive = new Drive(flags({ strategy: "one-for-all" }), three).boot();
    drive.lastWords["b"] = killed;
    drive.crash("a");
    expect(attempts(drive)).toBe(1);
    expect(drive.reports).toContainEqual({ type: "shutdown-error", id: "b", pid: "b1", cause: killed });
  });

  it("a temporary sibling is stopped, removed, and not started again (S79, R-943)", () => {
    const specs = [spec("a"), spec("b", { restart: "temporary" }), spec("c")];
    const drive = new Drive(flags({ strategy: "one-for-all" }), specs).boot();
    drive.news();
    drive.crash("c");
    expect(drive.news()).toBe("-b1 -a1 +a2 +c2");
    expect(drive.shape()).toBe("a:running c:running");
  });
});

describe("exits of strangers", () => {
  it("are ignored (R-905)", () => {
    const drive = new Drive(flags(), three).boot();
    drive.news();
    drive.take({ type: "exited", pid: "x1", cause: crash });
    expect(drive.news()).toBe("");
    expect(drive.reports.filter((report) => report.type === "child-ended")).toEqual([]);
  });
});

describe("stopping", () => {
  it("stops the last started first, and ends with the cause it was given (R-960, R-966)", () => {
    const drive = new Drive(flags(), three).boot();
    drive.news();
    const detail = { type: "shutdown", detail: "maintenance" } as const;
    drive.take({ type: "stop", cause: detail });
    expect(drive.news()).toBe("-c1 -b1 -a1 end:shutdown");
    expect(drive.ended).toEqual(detail);
  });

  it("stops one at a time: the next only after the one before is dead (R-960)", () => {
    let { state } = new Drive(flags(), three).boot();
    const seen: string[] = [];
    let event: Parameters<typeof decide<string>>[1] = { type: "stop", cause: shutdown };
    for (let step = 0; step < 4; step += 1) {
      const decided = decide(state, event, 0);
      seen.push(decided.actions.map((action) => (action.type === "stop" ? action.pid : action.type)).join("+"));
      state = decided.state;
      event = { type: "stopped", cause: shutdown };
    }
    expect(seen).toEqual(["report+c1", "report+b1", "report+a1", "end"]);
  });
});

describe("management (R-970)", () => {
  it("startChild appends, and tells present ids apart", () => {
    const drive = new Drive(flags(), [spec("a")]).boot();
    expect(drive.ask({ type: "start-child", spec: spec("b") })).toEqual({ type: "started", pid: "b1" });
    expect(drive.ask({ type: "start-child", spec: spec("b") })).toEqual({ type: "already-started", pid: "b1" });
    drive.ask({ type: "terminate-child", id: "b" });
    expect(drive.ask({ type: "start-child", spec: spec("b") })).toEqual({ type: "already-present" });
    expect(drive.shape()).toBe("a:running b:absent");
  });

  it("a start that fails leaves no specification (R-972)", () => {
    const drive = new Drive(flags(), []).boot();
    drive.script["b"] = ["fail"];
    expect(drive.ask({ type: "start-child", spec: spec("b") })).toEqual({
      type: "failed",
      cause: broken,
      spec: spec("b"),
    });
    expect(drive.shape()).toBe("");
    expect(drive.state.attempts).toEqual([]);
  });

  it("a start that is declined keeps it, unless temporary (R-912)", () => {
    const drive = new Drive(flags(), []).boot();
    Object.assign(drive.script, { b: ["ignore"], t: ["ignore"] });
    expect(drive.ask({ type: "start-child", spec: spec("b") })).toEqual({ type: "ignored" });
    expect(drive.ask({ type: "start-child", spec: spec("t", { restart: "temporary" }) })).toEqual({ type: "ignored" });
    expect(drive.shape()).toBe("b:absent");
  });

  it("terminateChild stops without a restart (R-922), twice is fine, and a temporary child's specification goes (S77)", () => {
    const drive = new Drive(flags(), [spec("a"), spec("t", { restart: "temporary" })]).boot();
    drive.news();
    expect(drive.ask({ type: "terminate-child", id: "a" })).toEqual({ type: "ok" });
    expect(drive.ask({ type: "terminate-child", id: "a" })).toEqual({ type: "ok" });
    expect(drive.ask({ type: "terminate-child", id: "t" })).toEqual({ type: "ok" });
    expect(drive.ask({ type: "terminate-child", id: "t" })).toEqual({ type: "not-found" });
    expect(drive.news()).toBe("-a1 -t1");
    expect(drive.shape()).toBe("a:absent");
  });

  it("restartChild starts what has no process, and a failure keeps the specification (R-972)", () => {
    const drive = new Drive(flags(), [spec("a")]).boot();
    expect(drive.ask({ type: "restart-child", id: "a" })).toEqual({ type: "running" });
    expect(drive.ask({ type: "restart-child", id: "x" })).toEqual({ type: "not-found" });
    drive.ask({ type: "terminate-child", id: "a" });
    drive.script["a"] = ["fail", "ignore"];
    expect(drive.ask({ type: "restart-child", id: "a" })).toEqual({ type: "failed", cause: broken });
    expect(drive.shape()).toBe("a:absent");
    expect(drive.ask({ type: "restart-child", id: "a" })).toEqual({ type: "ignored" });
    expect(drive.ask({ type: "restart-child", id: "a" })).toEqual({ type: "started", pid: "a2" });
    expect(drive.state.attempts).toEqual([]);
  });

  it("deleteChild removes what has no process", () => {
    const drive = new Drive(flags(), [spec("a")]).boot();
    expect(drive.ask({ type: "delete-child", id: "a" })).toEqual({ type: "running" });
    drive.ask({ type: "terminate-child", id: "a" });
    expect(drive.ask({ type: "delete-child", id: "a" })).toEqual({ type: "ok" });
    expect(drive.ask({ type: "delete-child", id: "a" })).toEqual({ type: "not-found" });
  });

  it("children added at run time are in the group, after the others", () => {
    const drive = new Drive(flags({ strategy: "rest-for-one" }), [spec("a"), spec("b")]).boot();
    drive.ask({ type: "start-child", spec: spec("c") });
    drive.news();
    drive.crash("b");
    expect(drive.news()).toBe("-c1 +b2 +c2");
  });
});

describe("automatic shutdown", () => {
  const transient = { restart: "transient", significant: true } as const;
  const temporary = { restart: "temporary", significant: true } as const;

  it("any-significant: the first significant child that ends cleanly ends the supervisor (R-992)", () => {
    const drive = new Drive(flags({ autoShutdown: "any-significant" }), [spec("a"), spec("b", transient)]).boot();
    drive.news();
    drive.crash("b", normal);
    expect(drive.news()).toBe("-a1 end:shutdown");
    expect(drive.reports.slice(-2)).toEqual([
      { type: "auto-shutdown", id: "b" },
      { type: "child-stopping", id: "a", pid: "a1", byHand: false },
    ]);
  });

  it("children that are not significant end as they like", () => {
    const specs = [spec("a", { restart: "transient" }), spec("b", transient)];
    for (const autoShutdown of ["any-significant", "all-significant"] as const) {
      expect(new Drive(flags({ autoShutdown }), specs).boot().crash("a", normal).ended).toBeNull();
    }
  });

  it("all-significant: the last of them does (R-992)", () => {
    const specs = [spec("a"), spec("b", transient), spec("c", temporary)];
    const drive = new Drive(flags({ autoShutdown: "all-significant" }), specs).boot();
    expect(drive.crash("b", normal).ended).toBeNull();
    expect(drive.crash("c", crash).ended).toEqual(shutdown);
  });

  it("a significant child that crashes and is restarted does not count (S87, R-991)", () => {
    const drive = new Drive(flags({ autoShutdown: "any-significant" }), [spec("b", transient)]).boot();
    expect(drive.crash("b").ended).toBeNull();
  });

  it("one that waits for its restart is active (R-992)", () => {
    const specs = [spec("b", transient), spec("c", transient)];
    const drive = new Drive(flags({ autoShutdown: "all-significant" }), specs).boot();
    drive.script["b"] = ["fail"];
    drive.crash("b");
    expect(drive.crash("c", normal).ended).toBeNull();
  });

  it("one that is terminated by hand, or with its group, does not count (S87, R-990)", () => {
    const specs = [spec("a"), spec("b", temporary), spec("c", transient)];
    const drive = new Drive(flags({ autoShutdown: "any-significant", strategy: "one-for-all" }), specs).boot();
    drive.ask({ type: "terminate-child", id: "c" });
    drive.crash("a");
    expect(drive.ended).toBeNull();
  });

  it("a significant child cannot be added where nothing would come of it (R-904)", () => {
    const drive = new Drive(flags(), []).boot();
    expect(drive.ask({ type: "start-child", spec: spec("b", transient) })).toEqual({
      type: "invalid",
      problem: 'significant of child "b": expected false while autoShutdown is "never", got true',
    });
  });
});

describe("whoever performs the actions", () => {
  it("must bring results one at a time, and nothing else meanwhile", () => {
    const idle = new Drive(flags(), three).state;
    const { state } = decide(idle, { type: "boot" }, 0);
    expect(() => decide(state, { type: "stopped", cause: shutdown }, 0)).toThrow(
      "a result answers its own kind of step",
    );
    expect(() => decide(state, { type: "terminate-child", id: "a" }, 0)).toThrow("its mailbox waits");
    expect(() => decide(state, { type: "boot" }, 0)).toThrow("boot does not happen to a supervisor that is starting");
    expect(() => decide(idle, { type: "started", pid: "a1" }, 0)).toThrow("a result answers a step");
  });
});
