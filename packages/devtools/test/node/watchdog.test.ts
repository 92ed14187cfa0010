import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { LoopBlockedEvent } from "../../src/observing/loop-blocked.ts";

interface Step {
  readonly step: string;
  /** What the node said of it. A pid is its text. */
  readonly events: readonly LoopBlockedEvent[];
}

let steps: readonly Step[] = [];
let errors = "";
let code: number | null = null;

beforeAll(async () => {
  const program = spawn(process.execPath, [fileURLToPath(new URL("watchdog.fixture.ts", import.meta.url))], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 20_000,
  });
  let output = "";
  program.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  program.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  [code] = (await once(program, "close")) as [number | null];
  steps = output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Step);
}, 30_000);

const of = (step: string): readonly LoopBlockedEvent[] | undefined =>
  steps.find((found) => found.step === step)?.events;

describe("the watchdog of the event loop", () => {
  it("names the process that blocks it, what it handles, and where it is (S364)", () => {
    const [event] = of("a server") ?? [];
    expect(event).toMatchObject({ label: "server", handling: "cast pay", several: false });
    expect(event?.pid).toMatch(/^Pid\(.{8}\.\d+\)$/);
    expect(event?.blockedMs).toBeGreaterThan(250);
    expect(event?.stack?.join("\n")).toMatch(/at chargeCard \(file:.*watchdog\.fixture\.ts:\d+:\d+\)\nat pay /);
  });

  it("says so on standard error while it lasts, with the author's lines", () => {
    // A busy machine shows the stack only when the loop is free.
    const [said, rest = ""] = errors.split(/^espalier: the event loop is free again, after [\d,]+ ms: it was /m);
    expect(said).toMatch(/^espalier: the event loop has been blocked for \d+ ms by server Pid\(.{8}\.\d+\)/m);
    expect(rest).toMatch(/^blocked by server Pid\(.{8}\.\d+\) handling cast pay$/m);
    const lines = said?.includes("at ") === true ? said : rest;
    expect(lines).toMatch(/\n {4}at chargeCard \(.*\n {4}at pay \(.*\n/);
    expect(lines).not.toContain("scheduler.ts");
  });

  it("names a process in native code, and where it was called", () => {
    const [event] = of("native code") ?? [];
    expect(event).toMatchObject({ label: "server", handling: "cast wait", several: false });
    expect(event?.stack?.join("\n")).toContain("at readSlowly (");
  });

  it("says that it is none when no process has the event loop", () => {
    const [event] = of("no process") ?? [];
    expect(event).toMatchObject({ pid: null, label: "", handling: null });
    expect(event?.stack.join("\n")).toContain("watchdog.fixture.ts:");
  });

  it("says that several had it when one turn was many short slices", () => {
    const [event] = of("several") ?? [];
    expect(event).toMatchObject({ label: "clerk", several: true });
  });

  it("says nothing of a loop that is free, of one that a debugger may have stopped, and once it was stopped (S365)", () => {
    expect([of("quiet"), of("a debugger"), of("stopped")]).toEqual([[], [], []]);
  });

  it("says three a minute on standard error, and none where that is not wanted", () => {
    expect(errors.split("nothing more")[0]?.match(/has been blocked for/g)).toHaveLength(3);
    expect(errors.split("nothing more")[1]).not.toContain("blocked");
    expect(of("not said")).toHaveLength(1);
  });

  it("does not keep the program alive", () => {
    expect(steps.at(-1)?.step).toBe("end");
    expect(code).toBe(0);
  });
});
