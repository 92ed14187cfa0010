import { Node, type Report } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { type Cause, isClean, type LocalGenerator, Process, Supervisor } from "espalier";
import { expect, it } from "vitest";
import { conform } from "./conform.ts";
import { processes } from "./rules/processes.ts";

conform(processes);

const clean: readonly Cause[] = [
  { type: "normal" },
  { type: "shutdown" },
  { type: "shutdown", detail: { any: "thing" } },
];

const crashes: readonly Cause[] = [
  { type: "kill" },
  { type: "killed" },
  { type: "noproc" },
  { type: "noconnection" },
  { type: "timeout" },
  { type: "exit", reason: "normal" },
  { type: "exit", reason: "shutdown" },
  { type: "error", error: { name: "Error", message: "broken" } },
];

it.each([...clean, ...crashes])(
  "R-122 only normal and shutdown are clean: no report, and a transient child is not restarted: $type",
  async (cause) => {
    const isExpected = clean.includes(cause);
    expect(isClean(cause)).toBe(isExpected);
    const host = new ManualHost();
    const reports: Report[] = [];
    await using node = await host.wait(Node.start({ host, logger: { report: (report) => void reports.push(report) } }));
    let starts = 0;
    const ends = function* ends(): LocalGenerator<void> {
      starts += 1;
      if (starts === 1) yield* Process.exit(cause);
      yield* Process.sleep("1h");
    };
    const Tree = Supervisor.define({
      children: [Supervisor.worker("child", ends, [], { restart: "transient" })],
    });
    await host.wait(
      node.run(function* () {
        yield* Supervisor.start(Tree);
        yield* Process.sleep("1s");
      }),
    );
    expect(starts).toBe(isExpected ? 1 : 2);
    expect(reports.filter(({ type }) => type === "crash")).toHaveLength(isExpected ? 0 : 1);
    await host.wait(node.stop());
  },
);
