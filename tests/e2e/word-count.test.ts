import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { confined } from "../../examples/word-count/job.ts";

const examples = fileURLToPath(new URL("../../examples/", import.meta.url));
const program = join(examples, "word-count/main.ts");

/** How often the worker is killed: three times in `npm test`; `npm run kills` says twenty. */
const kills = Number(process.env.ESPALIER_KILLS ?? 3);
const timeoutMs = 60_000;

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "espalier-e2e-"));
  files = await Promise.all(
    Array.from({ length: 6 }, async (_, file) => {
      const lines = Array.from(
        { length: 400 },
        (_, line) => `line ${line} of file ${file}: the quick brown fox's jump`,
      );
      const path = join(folder, `text-${file}.md`);
      await writeFile(path, lines.join("\n"));
      return path;
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe("npm start", () => {
  test.each(Array.from({ length: kills }, (_, index) => index))(
    "counts right although a worker is killed at a random moment (%i) (S132)",
    async () => {
      const { code, output } = await run(files);
      expect(output).toMatch(/Right: \d+ words/);
      expect(output).toMatch(/strike +worker-\d: SIGKILL/);
      expect(output).toMatch(/failed +worker-\d: .*was killed by SIGKILL/);
      expect(output).toMatch(/failed +.*text-\d\.md: .*unresponsive/);
      expect(output.match(/up +worker-\d/g)).toHaveLength(3);
      expect(output).toMatch(/recovered +.*text-\d\.md/);
      expect(output).toMatch(/Everything runs:\n +word-count/);
      expect(code).toBe(0);
    },
    timeoutMs,
  );

  test(
    "refuses what a frozen worker still has to say when it wakes up after the verdict (S121, P13)",
    async () => {
      const { code, output } = await run([...files, "--freeze", "--seed", "7"]);
      expect(output).toMatch(/strike +worker-\d: SIGSTOP/);
      expect(output).toMatch(/woken up +worker-\d/);
      // Nothing of the woken counters got as far as the ledger, which would have had to ignore it.
      expect(output).not.toMatch(/ignored/);
      expect(output).toMatch(/Right: \d+ words/);
      expect(code).toBe(0);
    },
    timeoutMs,
  );

  test("leaves no worker behind when it is told to end in the middle", async () => {
    const child = spawn(process.execPath, [program, ...files, "--freeze", "--seed", "7"], { cwd: folder });
    let output = "";
    await new Promise<void>((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (/strike/.test(output)) resolve();
      });
    });
    child.kill("SIGTERM");
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(143);
    const workers = [...output.matchAll(/OS process (\d+)/g)].map(([, id]) => Number(id));
    expect(new Set(workers).size).toBe(2);
    await expect.poll(() => workers.filter(isRunning), { timeout: 5_000 }).toEqual([]);
  });

  test("runs workers that have the code by its hash alone: they may not read the files of the job", async () => {
    const script = `console.log(["word-count/counter.ts", "word-count/words.ts"].map((file) =>
      process.permission.has("fs.read", ${JSON.stringify(examples)} + file)).join())`;
    const { stdout } = await promisify(execFile)(process.execPath, [...confined(folder), "-e", script]);
    expect(stdout.trim()).toBe("false,false");
  });

  test("names the files that it cannot read, before anything starts", async () => {
    const { code, output } = await run([join(folder, "none.md"), folder]);
    expect(output).toMatch(/none\.md: there is no such file/);
    expect(output).toMatch(/this is a folder; name its files/);
    expect(output).not.toMatch(/Counting/);
    expect(code).toBe(2);
  });

  test("names the port that is taken, before anything starts", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    try {
      const { code, output } = await run([...files, "--port", String(port)]);
      expect(output).toMatch(new RegExp(`port ${port} is taken`));
      expect(output).not.toMatch(/Counting/);
      expect(code).toBe(2);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("says what it takes when asked, and when an option makes no sense", async () => {
    expect(await run(["--help"])).toMatchObject({ code: 0, output: expect.stringMatching(/--freeze/) });
    expect(await run(["--seed", "x"])).toMatchObject({ code: 2, output: expect.stringMatching(/--seed: expected/) });
  });
});

/** A zombie has ended; whoever should have fetched it is gone. */
function isRunning(id: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${id}/status`, "utf8"));
  } catch {
    return false; // there is no such OS process
  }
}

async function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}
