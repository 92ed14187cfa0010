import { describeFault, describeTiming } from "../fault/fault.ts";
import type { RunRecord } from "../record/run-record.ts";
import type { PlannedOp } from "../scenario/plan.ts";
import type { Failure, RunResult } from "../scenario/result.ts";
import { storyOf } from "./story.ts";

/** More operations than that are not listed: nobody has made them fewer. */
const opsMax = 12;

/**
 * A failure for people: what broke, by which faults and operations, how it came to that, and how to see it again.
 *
 * @param file the replay file, if there is one, as a command would name it.
 */
export function describeFailure(
  run: Pick<RunResult, "scenario" | "world" | "plan" | "traceHash" | "faults">,
  { property, what, atMs, story }: Pick<Failure, "property" | "what" | "atMs" | "story">,
  file?: string,
): string {
  const { scenario, plan, faults, traceHash } = run;
  const applied = faults.filter(({ applied }) => applied);
  return [
    `scenario ${JSON.stringify(scenario)} failed at ${atMs.toFixed(3)} ms with seed ${plan.seed}`,
    `  ${property}: ${what}`,
    applied.length === 0 ? "  no fault had been applied" : "  faults, in milliseconds since the boot:",
    ...applied.map(
      ({ fault, effective }) =>
        `    ${describeTiming(fault)}: ${describeFault(fault)}${effective === 0 ? "  (without effect)" : ""}`,
    ),
    ...describeOps(plan.ops),
    "  how it came to that:",
    ...story.map((line) => `    ${line}`),
    `  again: ${replayOf(run, file)}${file === undefined && traceHash !== "" ? `; trace hash ${traceHash}` : ""}`,
  ].join("\n");
}

function describeOps(ops: readonly PlannedOp[]): readonly string[] {
  if (ops.length === 0) return ["  no operations"];
  if (ops.length > opsMax) return [`  ${ops.length} operations`];
  return [
    "  operations, in milliseconds since the boot:",
    ...ops.map(
      ({ op, n, atMs, node, args }) =>
        `    ${atMs} ms: ${op} ${n} on ${node}${args === null ? "" : ` ${JSON.stringify(args)}`}`,
    ),
  ];
}

/** What to type to see a run again; of one in processes, to see whether it comes to the same. */
export function replayOf({ world, plan }: Pick<RunResult, "world" | "plan">, file?: string): string {
  if (file !== undefined) return `npx espalier chaos replay ${file}`;
  const crypto = plan.crypto === undefined ? "" : `, crypto: "${plan.crypto}"`;
  return `${world === "sim" ? "simulate" : "runInProcesses"}(scenario, { seed: ${plan.seed}${crypto} })`;
}

/** The same of a recorded run, which need not have failed. */
export function textOf(record: RunRecord, file?: string): string {
  const { failure, scenario, plan, endMs } = record;
  if (failure !== null) return describeFailure(record, { ...failure, story: storyOf(record) }, file);
  return `scenario ${JSON.stringify(scenario)} held for ${endMs.toFixed(3)} ms with seed ${plan.seed}\n  again: ${replayOf(record, file)}`;
}
