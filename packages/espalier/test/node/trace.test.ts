import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

const fixture = fileURLToPath(new URL("./trace.fixture.ts", import.meta.url));

interface Report {
  readonly a: string;
  readonly b: string;
  readonly stacks: Readonly<Record<"nested" | "caught" | "gone" | "still", string>>;
  readonly views: {
    readonly here: unknown;
    readonly there: {
      readonly count: number;
      readonly last: readonly { readonly from: string; readonly at: string }[];
    };
  };
}

let report: Report;
let log = "";
beforeAll(async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [fixture], { timeout: 50_000 });
  report = JSON.parse(stdout) as Report;
  log = stderr;
}, 60_000);

/** The frames of a trace that lie in the fixture, or in no file: function, with nodes by name, and line. */
function frames(stack: string): readonly string[] {
  return stack.split("\n").flatMap((line) => {
    const [, name, line_] =
      /^ {4}at (?:(?:Object\.)?(.+?)(?: \[as start\])? \()?file:.*trace\.fixture\.ts:(\d+):\d+\)?$/.exec(line) ?? [];
    if (line_ === undefined) return [];
    return [`${name ?? ""}:${line_}`.replaceAll(report.a, "a").replaceAll(report.b, "b")];
  });
}

describe("the stack of an error in moved code (S211)", () => {
  it("names what threw, the callers of it, the moves, and who waits", () => {
    expect(report.stacks.nested).toMatch(/^RangeError: 2 is too much\n/);
    expect(frames(report.stacks.nested)).toEqual([
      "check:5",
      "deep:10",
      "middle:15",
      "top:21",
      "deep [moved from a to b]:9",
      "middle [moved from b to a]:14",
      "top [moved from a to b]:20",
      ":69",
      "stackOf:54",
      ":69",
    ]);
  });

  it("has nothing of the scheduler, and each line in the form of a frame", () => {
    for (const stack of [report.stacks.nested, report.stacks.still]) {
      expect(stack).not.toContain("scheduler.ts");
      for (const line of stack.split("\n").slice(1)) expect(line).toMatch(/^ {4}at /);
    }
  });

  it("has no moves where there were none", () => {
    expect(frames(report.stacks.still)).toEqual(["check:5", "still:48", ":72", "stackOf:54", ":72"]);
  });

  it("names the line of a function* inside, and stays with an error that is caught and sent on", () => {
    expect(report.stacks.caught).toMatch(/^failureRangeError: 3 is too much/);
    expect(frames(report.stacks.caught)).toEqual([
      "check:5",
      "caught:28",
      "caught:30",
      "caught [moved from a to b]:25",
    ]);
  });

  it("names the line that waited when the runtime made the error", () => {
    expect(report.stacks.gone).toMatch(/^CauseError: noconnection/);
    expect(frames(report.stacks.gone).slice(0, 2)).toEqual(["gone:44", "gone [moved from a to b]:43"]);
  });

  it("is in the crash report on standard error", () => {
    expect(log).toMatch(/^top Pid\(.*\) crashed: RangeError: 2 is too much$/m);
    const told = frames(log).slice(0, 5);
    expect(told).toEqual(["check:5", "deep:10", "middle:15", "top:21", "deep [moved from a to b]:9"]);
  });
});

it("a node tells where a process on it was before: the last moves, and how many there were", () => {
  const { here, there } = report.views;
  expect(here).toBeNull();
  expect(there.count).toBe(11);
  expect(there.last.map(({ from }) => from)).toEqual(
    Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? report.b : report.a)),
  );
  for (const { at } of there.last) expect(at).toMatch(/^often \(file:.*trace\.fixture\.ts:37:5\)$/);
});
