import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { attach, DevToolsClient, runningPrograms } from "@espalier/devtools/node";
import { Container, DevTools, Node } from "espalier";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

const silent = { report: () => {} };
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "espalier-test-"));
  vi.stubEnv("XDG_RUNTIME_DIR", directory);
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** A program in an OS process of its own. */
function program(code: string, { args = [], env = {} }: { args?: readonly string[]; env?: object } = {}): ChildProcess {
  const child = spawn(process.execPath, [...args, "--input-type=module", "-e", code], {
    cwd: path.join(import.meta.dirname, "../.."),
    env: { ...process.env, XDG_RUNTIME_DIR: directory, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

async function linesOf(
  child: ChildProcess,
): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  let out = "";
  let err = "";
  child.stdout?.on("data", (chunk) => (out += String(chunk)));
  child.stderr?.on("data", (chunk) => (err += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  return { out, err, code };
}

const waits = `
  import { Node } from "espalier";
  await using node = await Node.start();
  console.log("up");
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.on("end", resolve));
`;

describe("dev tools of a node", { timeout: 20_000 }, () => {
  it("are found by programs of the same user, with a file of that user's alone, until the node stops", async () => {
    const node = await Node.start({ logger: silent, devtools: { name: "shop" } });
    const [entry] = await runningPrograms();
    expect(entry).toMatchObject({ pid: process.pid, title: "shop", target: { url: DevTools.of(node)?.url } });
    const [name = ""] = readdirSync(path.join(directory, "espalier"));
    expect(statSync(path.join(directory, "espalier")).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(directory, "espalier", name)).mode & 0o777).toBe(0o600);
    await using client = await DevToolsClient.open(entry?.target as never);
    expect([client.planes, client.nodes.map(({ id }) => id)]).toEqual([["inspect"], [node.ref.id]]);
    await node.stop();
    expect(await runningPrograms()).toEqual([]);
    expect(DevTools.of(node)).toBeUndefined();
    await expect(client.ask("overview", {})).rejects.toThrow("nobody listens there");
  });

  it("are not found where others could read the directory, and start all the same, with a warning (S358)", async () => {
    // Anybody can make a directory of that name first.
    await chmod(path.join(directory, "espalier"), 0o755);
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    try {
      await using node = await Node.start({ logger: silent, devtools: true });
      expect(DevTools.of(node)?.url).toMatch(/^http:/);
      expect(warned.mock.calls).toEqual([
        [expect.stringContaining("(mode 700), but its mode is 755"), "EspalierDevTools"],
      ]);
      expect(readdirSync(path.join(directory, "espalier"))).toEqual([]);
      await expect(runningPrograms()).rejects.toThrow("mode is 755");
      // A socket there could be anybody's.
      await expect(DevTools.start({ nodes: [node], socket: true })).rejects.toThrow("mode is 755");
    } finally {
      warned.mockRestore();
      await chmod(path.join(directory, "espalier"), 0o700);
    }
  });

  it("are of all nodes of the program when they are started by themselves", async () => {
    await using container = await Container.start({ listen: "ws://127.0.0.1:0", logger: silent });
    const one = await container.create();
    await using tools = await DevTools.start({ discoverable: false });
    await using other = await Node.start({ logger: silent });
    await using client = await DevToolsClient.open(tools.target());
    expect(client.nodes.map(({ id }) => id)).toEqual([one.ref.id, other.ref.id]);
    await expect(client.ask("overview", {})).rejects.toThrow("expected the id of one of 2 nodes");
    expect((await client.ask("overview", { node: other.ref.id })).node.id).toBe(other.ref.id);
  });

  it("are loaded when they are asked for, keep no program alive, and print no token to what is no terminal (S330)", async () => {
    const child = program(`
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ resolve(name, context, next) { const found = next(name, context); loaded.push(found.url); return found; } });
      const count = () => loaded.filter((url) => url.includes("/devtools/src/node/")).length;
      const { Node, DevTools } = await import("espalier");
      await Node.start();
      console.log(count());
      const node = await Node.start({ devtools: { socket: true } });
      console.log(count() > 0);
      console.log(DevTools.of(node).links[0].token.secret);
      const { readdirSync } = await import("node:fs");
      console.log(readdirSync(process.env.XDG_RUNTIME_DIR + "/espalier").length);
    `);
    const { out, err, code } = await linesOf(child);
    const [before, after, token = "", files] = out.split("\n");
    expect([before, after, files, code]).toEqual(["0", "true", "2", 0]);
    expect(err).toContain(`npx espalier observe ${child.pid} opens them`);
    expect(err).not.toContain(token.split(".").at(-1));
    expect(readdirSync(path.join(directory, "espalier"))).toEqual([]);
  });

  it("are asked for by the environment, at the first node, or refused by name; what a killed program left is removed", async () => {
    const refused = linesOf(program(waits, { env: { ESPALIER_DEVTOOLS: "everything" } }));
    const child = program(waits, { env: { ESPALIER_DEVTOOLS: "values" } });
    await once(child.stdout as never, "data");
    const [entry] = await runningPrograms();
    expect(entry?.pid).toBe(child.pid);
    // The file hands out reading alone.
    await using client = await DevToolsClient.open(entry?.target as never);
    expect(client.planes).toEqual(["inspect"]);
    child.kill("SIGKILL");
    await once(child, "close");
    const file = path.join(directory, "espalier", `${child.pid}.json`);
    expect(existsSync(file)).toBe(true);
    expect(await runningPrograms()).toEqual([]);
    expect(existsSync(file)).toBe(false);
    expect((await refused).err).toContain('ESPALIER_DEVTOOLS: expected read, values, manage, got "everything"');
  });
});

describe.skipIf(process.platform === "win32")(
  "attaching to a program that was not prepared",
  { timeout: 20_000 },
  () => {
    const port = 20_000 + (process.pid % 10_000);
    const inspected = { args: [`--inspect-port=${port}`] };

    it("gives dev tools of its nodes, and closes its inspector again", async () => {
      const child = program(waits, inspected);
      await once(child.stdout as never, "data");
      const target = await attach(child.pid as number, { planes: ["values"] });
      await using client = await DevToolsClient.open(target);
      expect([client.planes, client.nodes.length]).toEqual([["inspect", "values"], 1]);
      // Again: the same.
      expect(await attach(child.pid as number, { planes: ["values"] })).toEqual(target);
      await vi.waitFor(
        () => expect(fetch(`http://127.0.0.1:${port}/json/list`)).rejects.toThrow("fetch failed"),
        3_000,
      );
    });

    it("says why it does not", async () => {
      await expect(attach(2 ** 30)).rejects.toThrow("there is no such process");
      await expect(attach(process.pid)).rejects.toThrow("is this program itself");
      await expect(attach(1.5)).rejects.toThrow("expected the number of an OS process");
      const other = spawn("sleep", ["60"]);
      children.push(other);
      await expect(attach(other.pid as number)).rejects.toThrow("expected a program of Node");
      const plain = program('console.log("up"); setInterval(() => {}, 1000)', inspected);
      await once(plain.stdout as never, "data");
      await expect(attach(plain.pid as number)).rejects.toThrow("has started no node of espalier");
      expect([other.exitCode, other.signalCode, plain.exitCode]).toEqual([null, null, null]);
    });

    it("says that the program has a handler of its own for the signal, or another has the inspector's port", async () => {
      const own = program(`process.on("SIGUSR1", () => console.log("mine")); ${waits}`, inspected);
      await once(own.stdout as never, "data");
      await expect(attach(own.pid as number, { patienceMs: 200 })).rejects.toThrow("a handler of its own for SIGUSR1");
      const debugged = program('console.log("up"); setInterval(() => {}, 1000)', { args: [`--inspect=${port}`] });
      await once(debugged.stdout as never, "data");
      await expect(attach(own.pid as number, { patienceMs: 200 })).rejects.toThrow(
        `port ${port} of the inspector is taken by`,
      );
      expect([own.exitCode, debugged.exitCode]).toEqual([null, null]);
    });
  },
);
