import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { DiskLock } from "../host.ts";

/** What a lock file says: which OS process has it. */
interface Holder {
  /** Of this taking of the lock: never used twice. */
  readonly id: string;
  readonly pid: number;
  /** When the OS process began, because its number is given again; empty where the system does not say. */
  readonly began: string;
}

/**
 * Takes a lock that is a file. It is linked into place with its content, so nobody ever sees half of one. When the process that a file names is
 * gone, whoever comes first links its own as the one after it, under a name that is made of the dead holder's id: only one can, ever. That
 * one then puts its file in the first place.
 */
export async function lockFile(path: string): Promise<DiskLock> {
  await mkdir(dirname(path), { recursive: true });
  const id = randomBytes(9).toString("hex");
  const own: Holder = { id, pid: process.pid, began: (await beginningOf(process.pid)) ?? "" };
  const unplaced = `${path}.${id}.tmp`;
  let isWritten = false;
  try {
    for (;;) {
      const { chain, free } = await follow(path);
      const last = chain.at(-1);
      if (last !== undefined && (await isHeld(last))) return { type: "taken", pid: last.pid };
      if (!isWritten) await writeDurably(unplaced, `${JSON.stringify(own)}\n`);
      isWritten = true;
      if (!(await place(unplaced, free))) continue;
      const now = await follow(path);
      if (now.chain.at(-1)?.id !== id) {
        // What it came after was replaced before it came.
        await rm(free, { force: true });
        continue;
      }
      if (free !== path) {
        await rename(unplaced, path);
        for (const holder of now.chain.slice(0, -1)) await rm(after(path, holder), { force: true });
      }
      return { type: "locked", release: () => release(path, id) };
    }
  } finally {
    await rm(unplaced, { force: true });
  }
}

async function release(path: string, id: string): Promise<void> {
  if ((await read(path))?.id === id) await rm(path, { force: true });
}

/** Those that had the lock one after the other, the last of them now, and the name of the file of the next. */
async function follow(path: string): Promise<{ readonly chain: readonly Holder[]; readonly free: string }> {
  const chain: Holder[] = [];
  let free = path;
  for (let holder = await read(path); holder !== null; holder = await read(free)) {
    chain.push(holder);
    free = after(path, holder);
  }
  return { chain, free };
}

function after(path: string, holder: Holder): string {
  return `${path}.after-${holder.id}.tmp`;
}

async function place(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function read(path: string): Promise<Holder | null> {
  const text = await readText(path);
  return text === null ? null : parse(path, text);
}

function parse(path: string, text: string): Holder {
  try {
    const { id, pid, began } = JSON.parse(text) as Partial<Holder>;
    if (typeof id === "string" && /^[0-9a-f]{1,64}$/.test(id) && typeof pid === "number" && typeof began === "string") {
      return { id, pid, began };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(
    `lock ${path}: expected a file that says which OS process has the lock, found something else; remove it when no process uses the directory`,
  );
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Linux says ESRCH when a process ends while its entry is read.
    if (code === "ENOENT" || code === "ESRCH") return null;
    throw error;
  }
}

/** Whether the OS process that a lock names is there. */
async function isHeld({ pid, began }: Holder): Promise<boolean> {
  if (!isThere(pid)) return false;
  if (began === "") return true;
  const now = await beginningOf(pid);
  return now === null ? isThere(pid) : now === began;
}

/** Whether there is an OS process of that number. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * When an OS process began, as Linux knows it: in which boot, and how long after that. Null elsewhere, and "dead" of
 * one that has ended and whose parent has not asked for its end yet.
 */
async function beginningOf(pid: number): Promise<string | null> {
  const stat = await readText(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name of the program may hold spaces; it ends with the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return "dead";
  const boot = ((await readText("/proc/sys/kernel/random/boot_id")) ?? "").trim();
  return `${boot} ${fields[19] ?? ""}`;
}
