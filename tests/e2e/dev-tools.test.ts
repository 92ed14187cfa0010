import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const service = fileURLToPath(new URL("dev-tools/billing.ts", import.meta.url));
const command = fileURLToPath(new URL("../../packages/espalier/src/command/main.ts", import.meta.url));

/** Nothing but what is started here is found, and it is found here alone. */
const folder = mkdtempSync(path.join(tmpdir(), "espalier-dev-tools-"));
const env = { ...process.env, XDG_RUNTIME_DIR: folder, ESPALIER_PROGRAM: "", ESPALIER_DEVTOOLS: "", LANG: "C.UTF-8" };

let billing: ChildProcess;
let log = "";

beforeAll(async () => {
  const port = await freePort();
  billing = spawn(process.execPath, [`--inspect-port=${port}`, service], { env, stdio: ["ignore", "pipe", "pipe"] });
  billing.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
  await once(billing.stdout!, "data");
}, 30_000);

afterAll(async () => {
  if (billing.exitCode === null && billing.kill("SIGKILL")) await once(billing, "exit");
  rmSync(folder, { recursive: true });
});

// One after the other: each begins where the one before has left the program.

test("a service that was not prepared is attached to once, and found from then on (S362)", async () => {
  const first = await espalier("ps", "--json", "--program", String(billing.pid));
  expect(first.error).toMatch(/^espalier: attached to \d+ by its inspector, which is closed again$/);
  const { rows } = JSON.parse(first.out).data as { readonly rows: readonly Record<string, unknown>[] };
  expect(rows.find(({ name }) => name === "cashier")).toMatchObject({
    handling: "cast pay",
    waitingFor: "call charge to bank",
  });
  const { code, out, error } = await espalier("inspect", "cashier");
  expect({ code, error }).toEqual({ code: 0, error: "" });
  expect(out).toMatch(/^waits on +bank \(\d+\)$/m);
  expect(out).toMatch(/^mailbox +[\d,]+/m);
});

test("what a state holds takes the right to see values, which whoever may attach has (S363)", async () => {
  const without = await espalier("inspect", "stock", "--state");
  expect(without.code).toBe(3);
  expect(without.error).toMatch(/plane values/);
  const { code, out } = await espalier("inspect", "stock", "--state", "--program", String(billing.pid));
  expect(code).toBe(0);
  expect(out).toMatch(/apples: 3/);
  expect(out).not.toContain("swordfish");
});

test("doctor ends with 1 for crashes, of which the log has three and three restarts, however many there were", async () => {
  const { code, out } = await espalier("doctor", "--json");
  expect(code).toBe(1);
  const { findings, crashes } = JSON.parse(out).data as {
    readonly findings: readonly { readonly rule: string }[];
    readonly crashes: number;
  };
  expect(findings.map(({ rule }) => rule)).toContain("flapping");
  expect(crashes).toBeGreaterThan(3);
  expect(log.match(/^prices .* crashed: TypeError/gm)).toHaveLength(3);
  expect(log.match(/^child "prices" .*; it is restarted/gm)).toHaveLength(3);
  expect(log.match(/more of this kind are only counted, for a minute$/gm)).toHaveLength(2);
});

test("the numbers of crashes and the pids in the log are those that commands take", async () => {
  const crash = await espalier("crash", /^ {2}crash +(\d+), .*handling cast price/m.exec(log)?.[1] ?? "none");
  expect(crash.out).toMatch(/TypeError: no price for quince/);
  expect(crash.out).toMatch(/^ +supervisor +restarted, \d+ of 1000 in 5 s$/m);
  // The first of the children is the bank, which lives.
  const node = /Pid\(([^.]+)\./.exec(log)?.[1] ?? "none";
  expect((await espalier("inspect", `Pid(${node}.3)`)).out).toMatch(/^bank /);
});

test("what was dumped is looked at when the program is gone", async () => {
  const file = path.join(folder, "night.json");
  expect((await espalier("dump", file)).code).toBe(0);
  billing.kill("SIGKILL");
  await once(billing, "exit");
  const observing = spawn(process.execPath, [command, "observe", file, "--no-open"], { env });
  const [link] = (await once(observing.stdout.setEncoding("utf8"), "data")) as [string];
  const [url, token] = link.trim().split("#t=");
  const answer = await fetch(`${url}v1/ask`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ method: "recording", parameters: {} }),
  });
  const { result } = (await answer.json()) as { readonly result: { readonly events: readonly object[] } };
  expect(result.events.length).toBeGreaterThan(10);
  observing.kill("SIGTERM");
  expect(await once(observing, "exit")).toEqual([0, null]);
});

async function espalier(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  const child = spawn(process.execPath, [command, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (texts.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (texts.error += text));
  const [code] = (await once(child, "close")) as [number];
  return { code, out: texts.out.trimEnd(), error: texts.error.trimEnd() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
