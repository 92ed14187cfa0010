import { describe, expect, it } from "vitest";
import type { Restart } from "../src/restart.ts";
import { type Member, planRestart } from "../src/strategy.ts";

/** `"a b! c-"`: a and b run, b is temporary, c has no process. */
function members(line: string): Member[] {
  return line.split(" ").map((word) => {
    const restart: Restart = word.includes("!") ? "temporary" : "permanent";
    return { id: word.charAt(0), restart, running: !word.includes("-") };
  });
}

describe("who is restarted with a child that crashed", () => {
  it("is nobody under one-for-one (R-940)", () => {
    expect(planRestart("one-for-one", members("a b- c"), "b")).toEqual({ stop: [], start: ["b"] });
  });

  it("is everybody under one-for-all: stopped in reverse order, started in order (R-941)", () => {
    expect(planRestart("one-for-all", members("a b- c d"), "b")).toEqual({
      stop: ["d", "c", "a"],
      start: ["a", "b", "c", "d"],
    });
  });

  it("is everybody after it under rest-for-one (R-942)", () => {
    expect(planRestart("rest-for-one", members("a b- c d"), "b")).toEqual({
      stop: ["d", "c"],
      start: ["b", "c", "d"],
    });
  });

  it("is itself alone under rest-for-one when it is the last", () => {
    expect(planRestart("rest-for-one", members("a b-"), "b")).toEqual({ stop: [], start: ["b"] });
  });

  it("temporary siblings are stopped and not started again (R-943)", () => {
    expect(planRestart("one-for-all", members("a- b! c"), "a")).toEqual({ stop: ["c", "b"], start: ["a", "c"] });
    expect(planRestart("rest-for-one", members("a! b- c!"), "b")).toEqual({ stop: ["c"], start: ["b"] });
  });

  it("members that had no process are started too (R-947)", () => {
    expect(planRestart("one-for-all", members("a- b- c"), "b")).toEqual({ stop: ["c"], start: ["a", "b", "c"] });
  });
});
