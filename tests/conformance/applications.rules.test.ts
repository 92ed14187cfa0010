import { spawn } from "node:child_process";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { conform } from "./conform.ts";
import { applications } from "./rules/applications.ts";

conform(applications);

/** Runs the fixture; each time a line comes that `signals` has, that signal is sent. */
async function run(name: string, signals: Readonly<Record<string, NodeJS.Signals>>) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "application.fixture.ts"), name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.split("\n").filter((part) => part !== "")) {
      lines.push(line);
      const signal = signals[line];
      if (signal !== undefined) child.kill(signal);
    }
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, lines };
}

it(
  "R-1206 SIGTERM stops applications in reverse order, and the exit code says that all went well",
  { timeout: 60_000 },
  async () => {
    const { code, lines } = await run("shop", { "+shop": "SIGTERM" });
    expect(lines).toEqual(["+database", "+shop", "-shop", "-database", "stopped"]);
    expect(code).toBe(0);
  },
);

it("R-1206 a second signal kills what does not stop, and the exit code says so", { timeout: 60_000 }, async () => {
  const { code, lines } = await run("stuck", { "+stuck": "SIGINT", asked: "SIGTERM" });
  expect(lines).toEqual(["+database", "+stuck", "asked", "stopped"]);
  expect(code).toBe(1);
});
