import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What `distribution.erl` measures. */
export type ErlangQuestion = "trips" | "flood" | "connections";

/** Whether Erlang is here: on Debian, `apt-get install erlang-base`. */
export function hasErlang(): boolean {
  return spawnSync("erl", ["-noshell", "-eval", "halt()."]).status === 0;
}

let compiled: string | null = null;

/** Nanoseconds of each round trip, or of all that was asked for. */
export function askErlang(what: ErlangQuestion, bytes: number, count: number): readonly number[] {
  compiled ??= compile();
  const main = `distribution:main(${what}, ${bytes}, ${count}).`;
  const name = `espalier_bench_${process.pid}`;
  const output = run(["-noshell", "-sname", `${name}@localhost`, "-setcookie", name, "-pa", compiled, "-eval", main]);
  return JSON.parse(output) as number[];
}

function compile(): string {
  const folder = mkdtempSync(join(tmpdir(), "espalier-bench-"));
  const source = fileURLToPath(new URL("distribution.erl", import.meta.url));
  run(["-noshell", "-eval", `{ok, _} = compile:file("${source}", [report, {outdir, "${folder}"}]), halt().`]);
  return folder;
}

function run(parameters: readonly string[]): string {
  const env = { ...process.env, ERL_CRASH_DUMP: "/dev/null" };
  const { status, stdout, stderr } = spawnSync("erl", parameters, { encoding: "utf8", timeout: 60_000, env });
  if (status !== 0) throw new Error(`erl failed with ${status}: ${stderr}${stdout}`);
  return stdout;
}
