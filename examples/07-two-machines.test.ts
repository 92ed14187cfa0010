import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { main } from "./07-two-machines.ts";
import { linesOf } from "./lines.ts";

const command = fileURLToPath(import.meta.resolve("espalier/command"));

it("computes on two machines that know nothing of it, supervises there, and is refused as a stranger", async () => {
  const folder = await mkdtemp(join(tmpdir(), "espalier-two-machines-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
  const espalier = async (...args: readonly string[]): Promise<string> => {
    // In a folder with nothing in it: what the machines run comes to them by its hash.
    const child = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    stack.defer(async () => {
      child.kill();
      await ended;
    });
    for await (const line of createInterface(child.stdout)) return line;
    throw new Error(`espalier ${args.join(" ")} printed nothing`);
  };

  const identity = join(folder, "me.key");
  const me = await espalier("key", identity);
  const aliceKey = await espalier("key", "alice.key");
  const alice = await espalier("node", "--listen", "0", "--key", "alice.key", "--allow", me);
  const bob = await espalier("node", "--listen", "0", "--key", "bob.key", "--allow", me, "--allow", aliceKey);

  expect(await linesOf((print) => main({ identity, alice, bob }, print))).toEqual([
    "sum: 315",
    "the clerk is at Bob's",
    "the clerk is at Bob's again",
    expect.stringMatching(/^a stranger: noconnection, because refused: the key \S+ is not on this node's allow list$/),
  ]);
}, 30_000);
