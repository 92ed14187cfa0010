import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { run } from "../../src/command/command.ts";

// The program is another OS process, the command is in this one: its start is what takes longest.

const main = path.join(import.meta.dirname, "../../src/command/main.ts");
const shop = path.join(import.meta.dirname, "shop.fixture.ts");

let folder = "";
let link = "";
let pid = 0;
let end: () => Promise<unknown>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "espalier-devtools-"));
  await chmod(folder, 0o700);
  vi.stubEnv("XDG_RUNTIME_DIR", folder);
  const program = spawn(process.execPath, [shop], { stdio: ["ignore", "pipe", "ignore"] });
  pid = program.pid!;
  end = async () => {
    program.kill("SIGKILL");
    await once(program, "exit");
    await rm(folder, { recursive: true });
  };
  [link] = await once(createInterface(program.stdout), "line");
}, 60_000);

afterAll(async () => {
  await end();
  vi.unstubAllEnvs();
});

async function command(
  line: string,
  stop: AbortSignal = new AbortController().signal,
  out: string[] = [],
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  const errors: string[] = [];
  const console = { out: (text: string) => void out.push(text), error: (text: string) => void errors.push(text) };
  const code = await run(line.split(" "), console, stop);
  return { code, out: out.join("\n"), error: errors.join("\n") };
}

test("the only program is found, and answers", { timeout: 60_000 }, async () => {
  const { code, out } = await command("ps --json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    schema: "espalier.cli/1",
    target: { pid },
    data: { rows: [{ name: "packing", mailbox: 12_000 - 1 }, {}, {}] },
  });
  const { out: tree } = await command("tree");
  // A name that would clear the screen is text.
  expect(tree).toMatch(/ clerk /);
  // oxlint-disable-next-line no-control-regex
  expect(tree).not.toMatch(/\u001B/);
});

test("doctor finds what is wrong, and says so by its exit code", { timeout: 60_000 }, async () => {
  expect(await command("doctor --observe 0s")).toMatchObject({ code: 1, out: expect.stringMatching(/packing/) });
});

test("top without a terminal is one screen, and ends", { timeout: 60_000 }, async () => {
  const { code, out } = await command("top");
  expect(code).toBe(0);
  expect(out).toMatch(/^\S+ \d+ {2}up .*processes/);
});

test("what was not found, not allowed or not meant ends with its own code", { timeout: 60_000 }, async () => {
  expect(await command("inspect nobody")).toMatchObject({
    code: 3,
    error: expect.stringMatching(/^espalier: nobody: /),
  });
  expect(await command("kill packing --yes")).toMatchObject({ code: 3, error: expect.stringMatching(/plane manage/) });
  expect(await command("ps --sort size")).toMatchObject({ code: 2 });
  expect(await command("ps --program http://127.0.0.1:1/#t=x")).toMatchObject({ code: 3 });
  expect(await command("observe nowhere.rec --no-open")).toMatchObject({
    code: 2,
    error: expect.stringMatching(/nowhere\.rec: expected a file, .* there is no such file/),
  });
});

test("a link that manages comes by the environment, where nobody else reads it", { timeout: 60_000 }, async () => {
  vi.stubEnv("ESPALIER_PROGRAM", link);
  try {
    expect(await command("inspect packing --state")).toMatchObject({ code: expect.any(Number) });
    expect(await command("kill packing --yes")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/packing: killed$/),
    });
  } finally {
    vi.stubEnv("ESPALIER_PROGRAM", "");
  }
});

test("observe serves the page of a program, and of a dump", { timeout: 60_000 }, async () => {
  const file = path.join(folder, "shop.rec");
  expect(await command(`dump ${file}`)).toMatchObject({ code: 0 });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  for (const what of ["", ` ${file}`]) {
    const stop = new AbortController();
    const out: string[] = [];
    const observing = command(`observe${what} --no-open`, stop.signal, out);
    await vi.waitFor(() => expect(out).toHaveLength(1), { timeout: 10_000 });
    const [page = "", token] = out[0]!.split("#t=");
    expect(token).toMatch(/^i\./);
    expect(await (await fetch(page)).text()).toMatch(/^<!doctype html>/i);
    stop.abort();
    expect(await observing).toMatchObject({ code: 0 });
  }
});

const hasScript = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

test.skipIf(!hasScript)(
  "on a terminal (script) top draws, obeys keys, and gives the screen back",
  { timeout: 60_000 },
  async () => {
    const line = `'${process.execPath}' '${main}' top; stty -a | tr ';' '\\n' | grep -o -- '-\\?icanon'`;
    const env = { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8", NO_COLOR: "1" };
    const terminal = spawn("script", ["-qec", line, "/dev/null"], { stdio: ["pipe", "pipe", "ignore"], env });

    onTestFinished(() => void terminal.kill("SIGKILL"));
    let shown = "";
    terminal.stdout.setEncoding("utf8").on("data", (text: string) => (shown += text));
    const until = (text: string): Promise<void> =>
      vi.waitFor(() => expect(shown).toContain(text), { timeout: 8_000, interval: 20 });
    await until("[1 Now]");
    await until("Findings");
    terminal.stdin.write("3");
    await until("[3 Processes]");
    await until("packing");
    terminal.stdin.write("q");
    expect(await once(terminal, "exit")).toEqual([0, null]);
    expect(shown.startsWith("\u001B[?1049h")).toBe(true);
    const after = shown.slice(shown.indexOf("\u001B[?1049l"));
    expect(after.slice("\u001B[?1049l".length).trim()).toBe("icanon");
  },
);
