import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

// node bench/run.ts [file …]: the benchmarks named, or all of them, one after the other.

const folder = new URL("./", import.meta.url);
const all = readdirSync(folder)
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => file.slice(0, -".bench.ts".length));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(", ")}. There are: ${all.join(", ")}`);
  process.exit(2);
}

for (const name of wanted.length === 0 ? all : wanted) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${name}.bench.ts`, folder))], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
  console.log();
}
