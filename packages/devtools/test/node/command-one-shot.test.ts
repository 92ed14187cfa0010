import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Method, Overview, Plane } from "../../src/index.ts";
import { printJson, type Envelope } from "../../src/node/command/envelope.ts";
import { runOneShot, type Reached } from "../../src/node/command/one-shot.ts";
import { parseDevtools, type OneShot } from "../../src/node/command/usage.ts";
import { crashes, node, overview, pool, processSheet, row, table, tree } from "./sheets.fixture.ts";

/** A program that answers from fixtures, and what it was asked. */
function shop({ planes = ["inspect"], after = overview }: { planes?: readonly Plane[]; after?: Overview } = {}): {
  readonly program: Reached;
  readonly asked: (readonly [method: Method, parameters: unknown])[];
} {
  const asked: (readonly [Method, unknown])[] = [];
  const overviews = [overview, after];
  const answers: { readonly [M in Method]?: (parameters: never) => unknown } = {
    capabilities: () => ({ planes, nodes: [node] }),
    overview: () => overviews.shift() ?? after,
    table: ({ filter }: { filter: { text?: string } }) =>
      filter.text === "twin"
        ? { rows: [row(7, { label: "twin" }), row(8, { label: "twin" })], matching: 2, all: 9 }
        : table,
    tree: () => tree,
    crashes: () => crashes,
    crash: () => null,
    process: ({ pid }: { pid: string }) => (pid === pool.pid ? processSheet : null),
    recording: () => ({ events: [], processes: [], lost: 3 }),
    kill: () => null,
    "trace.start": () => ({ endsInMs: 1 }),
    "trace.get": () => ({
      running: false,
      messages: [
        { pid: pool.pid, kind: "query", from: "n/1/18", sentMs: 0.5, waitedMs: 12.25, handledMs: 0.125 },
        { pid: pool.pid, kind: "tick", from: null, sentMs: 20, waitedMs: null, handledMs: null },
      ],
      total: 2,
      lost: 7,
    }),
    "trace.stop": () => null,
  };
  return {
    asked,
    program: {
      ask: async (method, parameters) => {
        asked.push([method, parameters]);
        return answers[method]!(parameters as never) as never;
      },
      close: async () => {},
    },
  };
}

async function run(
  text: string,
  program: Reached = shop().program,
): Promise<{ readonly code: number; readonly out: string; readonly error: string; readonly json: Envelope }> {
  const lines: { out: string[]; error: string[] } = { out: [], error: [] };
  const pipe = { isTTY: false } as const;
  const code = await runOneShot(
    parseDevtools(text.split(" ")) as OneShot,
    {
      out: (line) => lines.out.push(line),
      error: (line) => lines.error.push(line),
      cwd: tmpdir(),
      stop: new AbortController().signal,
      tty: { input: pipe as never, output: pipe as never, env: { LANG: "C.UTF-8" } },
    },
    async () => program,
  );
  const out = lines.out.join("\n");
  return {
    code,
    out,
    error: lines.error.join("\n"),
    json: text.includes("--json") ? JSON.parse(out) : (null as never),
  };
}

test("ps is a table, and says that there is more", async () => {
  const { code, out, error } = await run("ps", shop().program);
  expect(out.split("\n").map((line) => line.replaceAll(/ +/g, " "))).toEqual([
    "PID NAME KIND DOING FOR MAILBOX▾ ±/S RECEIVED MSG/S WORK WORK/S RST HANDLING",
    "17 db_pool server waiting 8.2s 8,412 +310 1.2M 2.0 4,000 31 0 query",
    "18 order-18 process runnable 1.2s 12 0 120 2.0 4,000 31 0 result",
    "19 order-19 process suspended 1.2s 0 0 120 2.0 4,000 31 3",
  ]);
  expect({ code, error }).toEqual({ code: 0, error: "" });
});

test("trace is a table of messages, and says what was not kept", async () => {
  const { code, out, error } = await run("trace 17 --for 1ms");
  expect(out.split("\n").map((line) => line.trim().replaceAll(/ +/g, " "))).toEqual([
    "AT KIND FROM WAITED HANDLED",
    "0.500ms query 18 12.3ms 0.125ms",
    "20.0ms tick - - -",
  ]);
  expect({ code, error }).toEqual({ code: 0, error: "espalier trace: 7 later messages were not kept" });
  const { json } = await run("trace 17 --for 1ms --json");
  expect(json).toMatchObject({ command: "trace", data: { pid: pool.pid, forMs: 1, lost: 7 } });
});

test("--json is one envelope, of every command (S334)", async () => {
  for (const text of ["ps", "tree", "crashes", "inspect 17", "doctor --observe 0s"]) {
    const { json } = await run(`${text} --json`);
    expect(json).toEqual({
      schema: "espalier.cli/1",
      command: text.split(" ")[0],
      target: { pid: 4711, title: "shop", runtime: "node v24.21.0", node: node.id, incarnation: "i1" },
      capture: {
        atMs: expect.any(Number),
        tookMs: expect.any(Number),
        costMsPerSecond: 0.4,
        complete: text !== "crashes",
      },
      data: expect.any(Object),
      warnings: text === "crashes" ? ["14 earlier crashes are not kept or not listed"] : [],
      errors: [],
    });
  }
});

test("what went wrong is in the envelope, and said to people", async () => {
  const { code, json, error } = await run("inspect nobody --json");
  expect(code).toBe(3);
  expect(json).toMatchObject({ data: null, capture: { complete: false } });
  expect(json.errors).toEqual([
    {
      code: "NO_PROCESS",
      message: "nobody: expected a process that runs, found none",
      hint: "3 have it in their name: espalier ps --filter lists them",
    },
  ]);
  expect(error).toMatch(/^espalier: nobody: expected a process that runs, found none; 3 have it in their name/);
});

test("a process is found by pid, name and label, if it is one", async () => {
  expect((await run("inspect 17")).out).toContain("db_pool  17");
  for (const logged of ["kZ3pZ6vV.17", "Pid(kZ3pZ6vV.17)"]) {
    expect((await run(`inspect ${logged}`)).out).toContain("db_pool  17");
  }
  expect((await run("inspect db_pool --json")).json.data).toMatchObject({ row: { pid: pool.pid } });
  expect(await run("inspect twin")).toMatchObject({
    code: 2,
    error: "espalier: twin: expected one process, 2 are called so: 7, 8",
  });
  expect((await run("inspect pool-1 --json")).json.data).toMatchObject({ row: { pid: pool.pid } });
  expect(await run("crashes 3")).toMatchObject({ code: 3, error: expect.stringMatching(/crash 3: expected one/) });
});

test("doctor ends with 1 for a warning and for a crash, and with 0 for a notice", async () => {
  expect(await run("doctor --observe 0s")).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^▲ orders restarted/),
  });
  const well: Overview = { ...overview, findings: [{ ...overview.findings[0]!, severity: "notice" }] };
  const { program } = shop({ after: well });
  // The first answer of the fixture is ill.
  await program.ask("overview", {});
  expect(await run("doctor --observe 0s", program)).toMatchObject({ code: 0 });
  const { program: crashing } = shop({ after: { ...well, crashes: 17 } });
  expect(await run("doctor --observe 1ms --json", crashing)).toMatchObject({
    code: 1,
    json: { data: { newCrashes: 2 } },
  });
});

test("a dump is a new file that nobody else can read (S333)", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "espalier-dump-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "shop.rec");
  expect(await run(`dump ${file}`)).toMatchObject({
    code: 0,
    error: "espalier dump: 3 earlier events were not kept",
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ lost: 3 });
  expect(await run(`dump ${file}`)).toMatchObject({ code: 2, error: expect.stringMatching(/expected a new file/) });
});

test("acts only with the plane manage, and where nobody can be asked with --yes", async () => {
  const read = shop();
  expect(await run("kill 17 --yes", read.program)).toMatchObject({
    code: 3,
    error: expect.stringMatching(/plane manage/),
  });
  const manage = shop({ planes: ["inspect", "manage"] });
  expect(await run("kill 17", manage.program)).toMatchObject({
    code: 2,
    error: expect.stringMatching(/expected --yes/),
  });
  expect([...read.asked, ...manage.asked].map(([method]) => method)).not.toContain("kill");
  expect(await run("kill 17 --yes", manage.program)).toMatchObject({ code: 0, out: "17 pool: killed" });
  expect(manage.asked.at(-1)).toEqual(["kill", { node: node.id, pid: pool.pid }]);
});

test("another node than there is, and a mistake in here", async () => {
  expect(await run("ps --node x")).toMatchObject({ code: 2, error: expect.stringMatching(/there are kZ3pZ6vVx0n$/) });
  const broken: Reached = { ask: () => Promise.reject(new TypeError("no")), close: async () => {} };
  expect(await run("ps", broken)).toMatchObject({
    code: 4,
    error: expect.stringMatching(/^espalier: TypeError: no\n/),
  });
});

test("JSON has nothing that a terminal could take for more than text, and the same values", () => {
  const value = { name: "\u009B31m\u202E\u2028\u001B[2J\u{E0041}" };
  expect(printJson(value)).toMatch(/^[\u0020-\u007e\n]*$/);
  expect(JSON.parse(printJson(value))).toEqual(value);
});
