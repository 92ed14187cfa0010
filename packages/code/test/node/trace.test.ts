import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { DefinitionError, fn, remote } from "../../src/index.ts";

const fixture = fileURLToPath(new URL("./trace.fixture.ts", import.meta.url));

interface Traces {
  readonly job: string;
  readonly spread: string;
  readonly received: string;
}

function traces(...args: readonly string[]): Traces {
  return JSON.parse(execFileSync(process.execPath, [fixture, ...args], { encoding: "utf8" })) as Traces;
}

/** The frames of a trace that lie in `file`: function and line. */
function frames(trace: string, file: string): string[] {
  const all = [...trace.matchAll(/at (?:Object\.)?(\w+)(?: \[as start\])? \((.*):(\d+):\d+\)/g)];
  return all.filter(([, , at]) => at?.includes(file) === true).map(([, name, , line]) => `${name}:${line}`);
}

describe("a stack trace after moves shows the author's lines (S99)", () => {
  let plain: Traces;
  let inspected: Traces;
  beforeAll(() => {
    plain = traces();
    inspected = traces("inspector");
  }, 60_000);

  it("of the file in which the definition stands", () => {
    for (const { job } of [plain, inspected]) {
      expect(frames(job, "trace.fixture.ts").slice(0, 2)).toEqual(["deep:18", "job:19"]);
    }
  });

  it("exactly, when the engine can be asked where the function begins, however the call is laid out", () => {
    expect(frames(inspected.spread, "trace.fixture.ts")[0]).toBe("spread:30");
    // Without it the function is taken to begin where the call does.
    expect(frames(plain.spread, "trace.fixture.ts")[0]).toBe("spread:26");
  });

  it("also on a machine that has the definition from a peer", () => {
    expect(frames(inspected.received, "trace.fixture.ts")[0]).toBe("spread:30");
  });
});

it("a refused definition names the author's line first", () => {
  const undeclared = 1;
  for (const define of [
    () =>
      remote({}, function* () {
        return undeclared;
      }),
    () => fn(() => undeclared),
  ]) {
    let refused: unknown = null;
    try {
      define();
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(DefinitionError);
    expect((refused as Error).stack?.split("\n")[1]).toContain("trace.test.ts");
  }
});
