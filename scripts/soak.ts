import { parseArgs } from "node:util";
import { soak } from "../tests/e2e/soak/soak.ts";

// npm run soak -- [--minutes N] [--sessions N] [--seed N]

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    sessions: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
  },
});
const number = (name: "minutes" | "sessions" | "seed", least: number): number => {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= least) return value;
  throw new TypeError(`--${name}: expected a number of at least ${least}, got ${values[name]}`);
};

const holds = await soak({
  seconds: number("minutes", 0.05) * 60,
  sessions: Math.floor(number("sessions", 2)),
  seed: Math.floor(number("seed", 0)),
});
process.exitCode = holds ? 0 : 1;
