import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeHost } from "@espalier/runtime/node";
import { afterEach, beforeEach, expect, test } from "vitest";

const { disk } = nodeHost();

let folder: string;
let path: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "espalier-"));
  path = join(folder, "data", "lock");
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** Another OS process that asks for the lock whenever it is told to, and tells what came of it. */
async function other(): Promise<ChildProcess> {
  const child = fork(new URL("lock-holder.ts", import.meta.url), [path]);
  children.push(child);
  await once(child, "message");
  return child;
}

async function askTo(child: ChildProcess): Promise<string> {
  const answer = once(child, "message");
  child.send("lock");
  const [type] = await answer;
  return type as string;
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

test("a lock belongs to one, also of two in the same OS process, until it is given back", async () => {
  const first = await disk.lock(path);
  expect(await disk.lock(path)).toEqual({ type: "taken", pid: process.pid });
  if (first.type === "locked") await first.release();
  const second = await disk.lock(path);
  expect(second.type).toBe("locked");
  // Who gives back twice takes nothing from whoever came after.
  if (first.type === "locked") await first.release();
  expect((await disk.lock(path)).type).toBe("taken");
});

test("of many that ask at once for a free lock one gets it", async () => {
  const locks = await Promise.all(Array.from({ length: 20 }, () => disk.lock(path)));
  expect(locks.filter(({ type }) => type === "locked")).toHaveLength(1);
  expect(await readdir(join(folder, "data"))).toEqual(["lock"]);
});

test("a process that was killed has no lock any more, and one of those that want it gets it", async () => {
  const holder = await other();
  expect(await askTo(holder)).toBe("locked");
  expect(await disk.lock(path)).toEqual({ type: "taken", pid: holder.pid });
  const rivals = await Promise.all([other(), other(), other()]);
  for (let round = 0; round < 5; round += 1) {
    const before = JSON.parse(await readFile(path, "utf8")) as { pid: number };
    await killed([holder, ...rivals].find(({ pid }) => pid === before.pid) as ChildProcess);
    const living = rivals.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    if (living.length < 2) break;
    const answers = await Promise.all(living.map(askTo));
    expect(answers.toSorted()).toEqual(["locked", ...living.slice(1).map(() => "taken")]);
  }
}, 20_000);

test("of many that find a dead holder one gets the lock, also when another died half-way before them (S205)", async () => {
  for (let round = 0; round < 20; round += 1) {
    const fresh = join(folder, `round-${round}`);
    const dead = { id: "d1", pid: 2 ** 22 + 1, began: "long ago" };
    await writeFile(fresh, `${JSON.stringify(dead)}\n`);
    // It had linked its file as the next one, and was killed before it put it into the first place.
    if (round % 2 === 1) await writeFile(`${fresh}.after-d1.tmp`, `${JSON.stringify({ ...dead, id: "d2" })}\n`);
    const locks = await Promise.all(Array.from({ length: 12 }, () => disk.lock(fresh)));
    expect(locks.filter(({ type }) => type === "locked")).toHaveLength(1);
    expect((await readdir(folder)).filter((name) => name.startsWith(`round-${round}`))).toEqual([`round-${round}`]);
    await rm(fresh);
  }
});

test("nobody who comes late takes the lock from whoever took it over, however often its holders die", async () => {
  let inside = 0;
  let taken = 0;
  let most = 0;
  const contend = async (): Promise<void> => {
    while (taken < 60) {
      const lock = await disk.lock(path);
      if (lock.type === "taken") continue;
      taken += 1;
      inside += 1;
      most = Math.max(most, inside);
      // Whoever believes that it has the lock too would say so now.
      for (let turn = 0; turn < 3; turn += 1) await readFile(path);
      inside -= 1;
      // It dies: its file stays, and names a process that is not there.
      const dead = `${path}.dead-${taken}`;
      await writeFile(dead, JSON.stringify({ id: `d${taken}`, pid: 2 ** 22 + 1, began: "" }));
      await rename(dead, path);
    }
  };
  await Promise.all(Array.from({ length: 8 }, contend));
  expect(most).toBe(1);
}, 20_000);

test("a process that got the number of a dead holder does not hold its lock", async () => {
  const own = { id: "d1", pid: process.pid, began: "another boot 1" };
  await disk.write(path, new TextEncoder().encode(JSON.stringify(own)));
  expect((await disk.lock(path)).type).toBe(process.platform === "linux" ? "locked" : "taken");
});

test("a file that is no lock is not taken for one that is free", async () => {
  await disk.write(path, new Uint8Array());
  await expect(disk.lock(path)).rejects.toThrow(
    `lock ${path}: expected a file that says which OS process has the lock`,
  );
});
