import { parseArgs } from "node:util";
import { fuzzCode } from "../packages/code/test/node/fuzz.ts";
import { fuzzDevTools } from "../packages/devtools/test/node/fuzz.ts";
import { type Counterexample, fuzzWire, replayWire } from "../tests/fuzz/main.ts";

// npm run fuzz -- code [--seed N] [--count N] [--size N]
// npm run fuzz -- devtools [--seed N] [--count N]
// npm run fuzz -- wire [--seed N] [--count N] [--jobs N] [--replay JSON]

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string" },
    size: { type: "string", default: "0" },
    jobs: { type: "string" },
    replay: { type: "string" },
  },
});
const [what] = positionals;
const number = (name: "seed" | "count" | "size" | "jobs", otherwise: number): number => {
  const value = Number(values[name] ?? otherwise);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`--${name}: expected a whole number, got ${values[name]}`);
};
const seed = number("seed", 1);

if (what === "code") {
  const holds = await fuzzCode({ seed, count: number("count", 100_000), size: number("size", 0) });
  process.exitCode = holds ? 0 : 1;
} else if (what === "devtools") {
  const reason = await fuzzDevTools({ seed, count: number("count", 100_000) });
  console.log(reason ?? "every request was answered or refused");
  process.exitCode = reason === null ? 0 : 1;
} else if (what === "wire" && values.replay !== undefined) {
  const reason = await replayWire(JSON.parse(values.replay) as Counterexample);
  console.log(reason ?? "every rule holds");
  process.exitCode = reason === null ? 0 : 1;
} else if (what === "wire") {
  const jobs = values.jobs === undefined ? {} : { jobs: number("jobs", 1) };
  const holds = await fuzzWire({ seed, count: number("count", 1_000_000), ...jobs });
  process.exitCode = holds ? 0 : 1;
} else {
  console.error("npm run fuzz -- code|devtools|wire [--seed N] [--count N]: expected code, devtools or wire");
  process.exitCode = 64;
}
