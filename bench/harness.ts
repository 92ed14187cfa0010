import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

/**
 * One question, answered by several subjects in the same run: ours first, then peers and raw limits. Absolute figures drift from machine
 * to machine and from hour to hour; what can be carried away is the ratio between the lines of one table.
 */
export interface Question {
  /** What is counted, such as `"ping-pong, round trips"`. */
  readonly name: string;
  readonly unit: Unit;
  readonly subjects: Readonly<Record<string, Subject>>;
  /** What we want of the first subject, for the last line of the table. */
  readonly aim?: Aim;
}

/** `"/s"`: more is better. `"B"`, `"µs"` and `"times"`: less is better. */
export type Unit = "/s" | "B" | "µs" | "times";

/** One measurement; its result is in the question's unit. It is called again and again in an OS process of its own. */
export type Subject = () => number | Promise<number>;

export interface Aim {
  readonly value: number;
  /** Where the aim is a ratio to this subject; otherwise it is in the question's unit. */
  readonly of?: string;
}

/** How much a benchmark does for its medians. */
export interface Effort {
  /** Fresh OS processes for each subject: the compiler's choices differ between them more than between runs. */
  readonly processes: number;
  /** Measurements in each of them. */
  readonly runs: number;
  /** How long a subject runs before it is measured; once in any case. */
  readonly warmUpMs: number;
}

const usual: Effort = { processes: 3, runs: 7, warmUpMs: 400 };

/** Set in the OS process that measures one subject. */
const subjectVariable = "ESPALIER_BENCH_SUBJECT";

/** Whether this OS process measures one subject, and says its figures on standard output and nothing else. */
export const isMeasuring: boolean = process.env[subjectVariable] !== undefined;

/**
 * Runs the questions of a benchmark file and prints a table for each.
 *
 * Every subject is measured in OS processes of its own, so that it is compiled for itself alone; the subjects take turns, so that a
 * machine that slows down meanwhile slows all of them.
 *
 * @param url the file's `import.meta.url`: the measuring processes run it again.
 * @param effort for files with many subjects, which take long otherwise.
 */
export async function benchmark(
  url: string,
  title: string,
  questions: readonly Question[],
  effort: Effort = usual,
): Promise<void> {
  const { processes, runs } = effort;
  const subject = process.env[subjectVariable];
  if (subject !== undefined) {
    const [question, name] = JSON.parse(subject) as [string, string];
    const measure = questions.find((one) => one.name === question)?.subjects[name];
    if (measure === undefined) throw new Error(`no subject ${name} of ${question} in ${url}`);
    console.log(JSON.stringify(await sample(measure, effort)));
    return;
  }
  console.log(
    `# ${title}\n\n${machine()}\nMedians of ${processes} OS processes with ${runs} runs each; ± is half the distance between the quartiles.\nratio: how many times as well as this the first line does.`,
  );
  const wanted = process.argv.slice(2);
  for (const question of questions) {
    if (wanted.length > 0 && !wanted.some((word) => question.name.includes(word))) continue;
    const samples = new Map<string, number[]>();
    for (let round = 0; round < processes; round += 1) {
      for (const name of Object.keys(question.subjects)) {
        samples.set(name, [...(samples.get(name) ?? []), ...(await sampleElsewhere(url, question.name, name))]);
      }
    }
    print(question, samples);
  }
}

/** Calls `work` once and says how often it happened in a second, where one call does it `count` times. */
export async function perSecond(count: number, work: () => void | Promise<void>): Promise<number> {
  const startedMs = performance.now();
  const pending = work();
  if (pending !== undefined) await pending;
  return (count * 1000) / (performance.now() - startedMs);
}

/** Bytes of heap that each of `count` things keeps alive; `make` returns what holds them. */
export async function bytesEach(count: number, make: () => unknown): Promise<number> {
  const before = await heapBytes();
  const held = await make();
  const after = await heapBytes();
  if (held === undefined) throw new Error("expected what keeps them alive, got undefined");
  return (after - before) / count;
}

/** A benchmark that computes nothing measures nothing. */
export function expectResult(got: unknown, expected: unknown): void {
  if (got !== expected) throw new Error(`expected ${String(expected)}, got ${String(got)}`);
}

async function heapBytes(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("start node with --expose-gc");
  for (let round = 0; round < 3; round += 1) {
    gc();
    await new Promise(setImmediate);
  }
  return process.memoryUsage().heapUsed;
}

async function sample(measure: Subject, { runs, warmUpMs }: Effort): Promise<number[]> {
  const startedMs = performance.now();
  do await measure();
  while (performance.now() - startedMs < warmUpMs);
  const values: number[] = [];
  for (let run = 0; run < runs; run += 1) values.push(await measure());
  return values;
}

async function sampleElsewhere(url: string, question: string, name: string): Promise<number[]> {
  const measuring = spawn(process.execPath, ["--expose-gc", fileURLToPath(url)], {
    env: { ...process.env, [subjectVariable]: JSON.stringify([question, name]) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  measuring.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(measuring, "close")) as [number | null];
  if (code !== 0) throw new Error(`${name} of "${question}" failed; its error is above`);
  return JSON.parse(output) as number[];
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const load = loadavg().map((value) => value.toFixed(1));
  return `${model}, ${availableParallelism()} cores, load ${load.join(" ")}; ${process.platform} ${process.arch}, Node ${process.version}`;
}

function print(question: Question, samples: ReadonlyMap<string, readonly number[]>): void {
  const medians = new Map([...samples].map(([name, values]) => [name, quantile(values, 0.5)]));
  const [[first, ours]] = [...medians] as [[string, number]];
  const width = Math.max(...[...samples.keys()].map((name) => name.length));
  console.log(`\n## ${question.name}\n`);
  for (const [name, values] of samples) {
    const median = quantile(values, 0.5);
    const spread = (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median;
    const share = question.unit === "/s" ? ours / median : median / ours;
    const ratio = name === first ? "" : `  ratio ${share.toPrecision(2)}`;
    console.log(
      `  ${name.padEnd(width)}  ${figure(median, question.unit)} ±${(spread * 100).toFixed(0).padStart(2)} %${ratio}`,
    );
  }
  if (question.aim !== undefined) console.log(`  ${verdict(question, question.aim, medians, ours)}`);
}

function verdict({ unit }: Question, aim: Aim, medians: ReadonlyMap<string, number>, ours: number): string {
  const sign = unit === "/s" ? "≥" : "≤";
  const wanted = aim.of === undefined ? aim.value : aim.value * (medians.get(aim.of) ?? Number.NaN);
  const share = unit === "/s" ? ours / wanted : wanted / ours;
  const text = aim.of === undefined ? figure(aim.value, unit).trim() : `${aim.value} × ${aim.of}`;
  return `aim ${sign} ${text}: ${share >= 1 ? "met" : `${(share * 100).toFixed(0)} % of the way`}`;
}

function figure(value: number, unit: Unit): string {
  if (unit === "B") return `${value.toFixed(0).padStart(8)} B `;
  if (unit === "times") return `${value.toFixed(3).padStart(8)} times`;
  if (unit === "µs") return `${value.toPrecision(3).padStart(8)} µs`;
  const [scaled, prefix] = value >= 1e6 ? [value / 1e6, "M"] : value >= 1e3 ? [value / 1e3, "k"] : [value, " "];
  return `${scaled.toPrecision(3).padStart(8)} ${prefix}/s`;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
