import { killed, normal, shutdown, type Cause } from "@espalier/heartbeat";
import { describe, expect, it } from "vitest";
import { type DynamicAction, DynamicChildren, type DynamicEvent, type DynamicLimits } from "../src/dynamic-children.ts";
import type { ChildSpec } from "../src/spec.ts";
import { broken, crash, spec, type Outcome } from "./drive.ts";

/** Performs the actions: processes are `p1`, `p2`, …, starts turn out as the script says. */
class Drive {
  readonly children: DynamicChildren<string>;
  readonly trace: string[] = [];
  readonly reports: unknown[] = [];
  readonly mailbox: DynamicEvent<string>[] = [];
  readonly script: Outcome[] = [];
  lastWords: Cause = shutdown;
  nowMs = 0;
  ended: Cause | null = null;
  #reply: unknown = null;
  #spawned = 0;

  readonly #template: ChildSpec;

  constructor(options: Partial<DynamicLimits & ChildSpec> = {}) {
    const { childrenMax = Infinity, intensity = { restarts: 3, withinSeconds: 5 }, ...fields } = options;
    this.#template = spec("session", fields);
    this.children = new DynamicChildren({ childrenMax, intensity }, (pid) => pid);
  }

  /** What is started: pids, or `"restarting"`. */
  get shown(): readonly string[] {
    return Array.from(this.children, ({ child }) => child);
  }

  take(event: DynamicEvent<string>): unknown {
    this.#reply = null;
    let next: DynamicEvent<string> | null = event;
    while (next !== null) {
      const actions: readonly DynamicAction<string>[] = this.children.take(next, this.nowMs);
      next = null;
      for (const action of actions) next = this.#perform(action);
    }
    return this.#reply;
  }

  start(...args: unknown[]): unknown {
    return this.take({ type: "start-child", spec: this.#template, args });
  }

  exit(pid: string, cause: Cause = crash): void {
    this.take({ type: "exited", pid, cause });
  }

  settle(): void {
    while (this.mailbox.length > 0 && this.ended === null) this.take(this.mailbox.shift()!);
  }

  news(): string {
    return this.trace.splice(0).join(" ");
  }

  #perform(action: DynamicAction<string>): DynamicEvent<string> | null {
    switch (action.type) {
      case "start": {
        const outcome = this.script.shift() ?? "ok";
        if (outcome !== "ok") {
          this.trace.push(outcome === "fail" ? "!" : "~");
          return outcome === "fail" ? { type: "failed", cause: broken } : { type: "ignored" };
        }
        this.#spawned += 1;
        this.trace.push(`+p${this.#spawned}(${action.args.join(",")})`);
        return { type: "started", pid: `p${this.#spawned}` };
      }
      case "stop":
        this.trace.push(`-${action.stops.map(({ pid }) => pid).join("-")}`);
        return { type: "stopped", causes: action.stops.map(() => this.lastWords) };
      case "retry":
        this.mailbox.push(action);
        return null;
      case "reply":
        this.#reply = action.reply;
        return null;
      case "report":
        this.reports.push(action.report);
        return null;
      case "end":
        this.trace.push(`end:${action.cause.type}`);
        this.ended = action.cause;
        return null;
    }
  }
}

describe("the children of a dynamic supervisor", () => {
  it("start with their own arguments, and restart with the same (R-980, R-923)", () => {
    const drive = new Drive();
    expect(drive.start("ada", 1)).toEqual({ type: "started", pid: "p1" });
    drive.start("bob", 2);
    drive.exit("p1");
    expect(drive.news()).toBe("+p1(ada,1) +p2(bob,2) +p3(ada,1)");
    expect(drive.shown).toEqual(["p2", "p3"]);
  });

  it("are forgotten when they do not start, or decline to (R-1002, R-982)", () => {
    const drive = new Drive();
    drive.script.push("fail", "ignore");
    expect(drive.start()).toEqual({ type: "failed", cause: broken });
    expect(drive.start()).toEqual({ type: "ignored" });
    expect(drive.children.count).toBe(0);
  });

  it("are limited in number, those that wait for a restart included (R-1003)", () => {
    const drive = new Drive({ childrenMax: 2 });
    drive.start();
    drive.start();
    expect(drive.start()).toEqual({ type: "max-children" });
    drive.script.push("fail");
    drive.exit("p1");
    expect(drive.start()).toEqual({ type: "max-children" });
    drive.take({ type: "terminate-child", pid: "p1" });
    expect(drive.start()).toEqual({ type: "started", pid: "p3" });
  });

  it("count as restarting, not as active, while a restart fails, and are tried again from the mailbox (R-1004, R-950)", () => {
    const drive = new Drive();
    drive.start("ada");
    drive.script.push("fail");
    drive.exit("p1");
    expect(drive.shown).toEqual(["restarting"]);
    expect([drive.children.count, drive.children.activeCount]).toEqual([1, 0]);
    drive.settle();
    expect(drive.news()).toBe("+p1(ada) ! +p2(ada)");
    expect([drive.children.count, drive.children.activeCount]).toEqual([1, 1]);
  });

  it("are removed when they decline a restart (R-1004)", () => {
    const drive = new Drive();
    drive.start();
    drive.script.push("ignore");
    drive.exit("p1");
    expect(drive.children.count).toBe(0);
  });

  it("can be terminated once, and by their old pid while they wait for a restart (R-1005)", () => {
    const drive = new Drive();
    drive.start();
    drive.start();
    expect(drive.take({ type: "terminate-child", pid: "p1" })).toEqual({ type: "ok" });
    expect(drive.take({ type: "terminate-child", pid: "p1" })).toEqual({ type: "not-found" });
    drive.script.push("fail");
    drive.exit("p2");
    expect(drive.take({ type: "terminate-child", pid: "p2" })).toEqual({ type: "ok" });
    drive.settle();
    expect(drive.news()).toBe("+p1() +p2() -p1 !");
    expect([drive.children.count, drive.children.activeCount]).toEqual([0, 0]);
  });

  it("go for good when they end cleanly and are transient, or end at all and are temporary (R-920)", () => {
    const transient = new Drive({ restart: "transient" });
    transient.start();
    transient.start();
    transient.exit("p1", normal);
    transient.exit("p2");
    expect(transient.shown).toEqual(["p3"]);

    const temporary = new Drive({ restart: "temporary", intensity: { restarts: 0, withinSeconds: 1 } });
    temporary.start();
    temporary.exit("p1");
    expect(temporary.children.count).toBe(0);
    expect(temporary.ended).toBeNull();
  });

  it("end the supervisor together, at once, after too many restarts (R-933, R-1006)", () => {
    const drive = new Drive({ intensity: { restarts: 1, withinSeconds: 5 } });
    for (let count = 0; count < 3; count += 1) drive.start();
    drive.exit("p1");
    drive.exit("p2");
    expect(drive.news()).toBe("+p1() +p2() +p3() +p4() -p3-p4 end:shutdown");
    expect(drive.reports.slice(-2)).toEqual([
      { type: "child-ended", id: "session", pid: "p2", cause: crash, decision: "give-up" },
      { type: "gave-up", id: "session", attempts: 2, intensity: { restarts: 1, withinSeconds: 5 }, nowMs: 0 },
    ]);
  });

  it("count failed restarts too (R-932)", () => {
    const drive = new Drive();
    drive.start();
    drive.script.push("fail", "fail", "fail", "fail");
    drive.exit("p1");
    drive.settle();
    expect(drive.news()).toBe("+p1() ! ! ! end:shutdown");
  });

  it("that do not end as told are reported (R-964)", () => {
    const drive = new Drive();
    drive.start();
    drive.lastWords = killed;
    drive.take({ type: "stop", cause: shutdown });
    expect(drive.news()).toBe("+p1() -p1 end:shutdown");
    expect(drive.reports.at(-1)).toEqual({ type: "shutdown-error", id: "session", pid: "p1", cause: killed });
  });

  it("leave strangers' exits alone (R-905)", () => {
    const drive = new Drive();
    drive.start();
    drive.exit("p9");
    expect(drive.news()).toBe("+p1()");
  });

  it("without any, the supervisor ends at once", () => {
    const drive = new Drive();
    drive.take({ type: "stop", cause: shutdown });
    expect(drive.news()).toBe("end:shutdown");
  });

  it("take results one at a time, and nothing else meanwhile", () => {
    const { children } = new Drive();
    children.take({ type: "start-child", spec: spec("session"), args: [] }, 0);
    expect(() => children.take({ type: "stop", cause: shutdown }, 0)).toThrow("its mailbox waits");
    expect(() => children.take({ type: "stopped", causes: [] }, 0)).toThrow("a stop's result answers a stop");
    children.take({ type: "started", pid: "p1" }, 0);
    expect(() => children.take({ type: "ignored" }, 0)).toThrow("a start's result answers a start");
  });
});
