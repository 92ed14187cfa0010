import { fork } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { fileURLToPath } from "node:url";
import type { Target } from "@espalier/devtools/node";
import { benchmark, type Question, type Subject } from "./harness.ts";

// How long an answer takes of a program whose processes never wait, beside one of a server in the same event loop that does nothing: what both
// take is how long the scheduler keeps the loop. Asked one after the other, each over a connection of its own.

interface Program {
  readonly target: Extract<Target, { readonly url: string }>;
  readonly bare: string;
}

const asked = 40;
/** Between two questions: a token may ask 50 a second. */
const pauseMs = 22;

let program: Promise<Program> | null = null;

async function started(load: string): Promise<Program> {
  const child = fork(fileURLToPath(new URL("saturated.ts", import.meta.url)), [load], { stdio: "inherit" });
  const [said] = (await once(child, "message")) as [Program];
  child.unref();
  child.channel?.unref();
  return said;
}

/** The quantile, in microseconds, of what it takes until an answer is there. */
function answers(load: string, quantile: number, question: string | null): Subject {
  return async () => {
    program ??= started(load);
    const { target, bare } = await program;
    const took: number[] = [];
    for (let count = 0; count < asked; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const startedMs = performance.now();
      await (question === null ? post(bare, "", "") : post(`${target.url}v1/ask`, target.token, question));
      took.push((performance.now() - startedMs) * 1_000);
    }
    return took.toSorted((a, b) => a - b)[Math.floor((asked - 1) * quantile)] as number;
  };
}

function post(url: string, token: string, body: string): Promise<void> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers, agent: false }, (response) => {
      response.on("end", () =>
        response.statusCode === 200 ? resolve() : reject(new Error(String(response.statusCode))),
      );
      response.resume();
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const overview = JSON.stringify({ method: "overview", parameters: {} });
const table = JSON.stringify({
  method: "table",
  parameters: { sort: { by: "mailbox", descending: true, mode: "total" }, first: 0, count: 100 },
});

const questions = ["idle", "ping-pong", "fan-out"].flatMap((load): Question[] =>
  [0.5, 0.95].map((quantile) => ({
    name: `an answer while ${load}, p${quantile * 100}`,
    unit: "µs",
    subjects: {
      overview: answers(load, quantile, overview),
      "table of 100": answers(load, quantile, table),
      "node:http, nothing": answers(load, quantile, null),
    },
  })),
);

await benchmark(import.meta.url, "Answers of the dev tools while the program is busy", questions, {
  processes: 1,
  runs: 3,
  warmUpMs: 300,
});
process.exit();
