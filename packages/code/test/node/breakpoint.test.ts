import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const fixture = fileURLToPath(new URL("./breakpoint.fixture.ts", import.meta.url));

interface Report {
  /** The lines that the engine gave the breakpoint, in the script that it has when it is set. */
  readonly resolved: readonly number[];
  readonly pauses: readonly {
    readonly how: "breakpoint" | "step";
    readonly function: string;
    readonly line: number;
    readonly isInFile: boolean;
    readonly variables: Readonly<Record<string, unknown>>;
  }[];
  readonly value: unknown;
}

/** Runs the fixture with a breakpoint on a line. */
async function debug(line: number): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [fixture, String(line)], { timeout: 50_000 });
  return JSON.parse(stdout) as Report;
}

describe("a debugger finds locally defined code that is compiled (S213)", { timeout: 60_000 }, () => {
  it("pauses at a breakpoint on the author's line, before and after a move, with the author's variables", async () => {
    const { resolved, pauses, value } = await debug(9);
    expect(resolved).toEqual([9]);
    expect(value).toBe(37);
    const here = pauses.filter(({ line, how }) => line === 9 && how === "breakpoint");
    expect(here.map(({ function: name, isInFile }) => [name, isInFile])).toEqual([
      ["job", true],
      ["job", true],
    ]);
    // Nor anywhere else but where it steps to: not in the function* inside, whose script has nothing on that line.
    expect(new Set(pauses.filter(({ function: name }) => name === "job").map(({ line }) => line))).toEqual(
      new Set([9, 10]),
    );
    expect(here[0]?.variables).toEqual({ place: "alice", total: 0, alice: "alice", bob: "bob" });
    // What is not needed any more did not come along.
    expect(here[1]?.variables).toEqual({ place: "bob", total: 10 });
  });

  it("steps over a yield* to the next line, across a move", async () => {
    const { pauses } = await debug(10);
    const inJob = pauses.filter(({ function: name }) => name === "job");
    expect(inJob.map(({ how, line }) => `${how} ${line}`)).toEqual([
      "breakpoint 10",
      "step 11",
      "breakpoint 10",
      "step 11",
    ]);
    expect(inJob.map(({ variables }) => variables["total"])).toEqual([5, 5, 13, 13]);
  });

  it("pauses in a function* inside", async () => {
    const { pauses } = await debug(15);
    const inside = pauses.filter(({ line }) => line === 15);
    expect(inside.map(({ variables }) => variables)).toEqual([{ bonus: 10 }]);
  });
});
