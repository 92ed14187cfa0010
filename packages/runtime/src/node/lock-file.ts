import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { DiskLock } from "../host.ts";

/** Who holds a lock: the number of an OS process is given again, so when it began counts too. */
interface Holder {
  readonly pid: number;
  readonly began: string;
}

/** A file that says which OS process has it. One whose process is gone belongs to nobody. */
export async function lockFile(path: string): Promise<DiskLock | null> {
  await mkdir(dirname(path), { recursive: true });
  const own: Holder = { pid: process.pid, began: (await beginningOf(process.pid)) ?? "" };
  const text = `${JSON.stringify({ ...own, id: randomBytes(6).toString("hex") })}\n`;
  for (;;) {
    if (await create(path, text)) {
      return {
        release: async () => {
          if ((await read(path)) === text) await rm(path, { force: true });
        },
      };
    }
    const found = await read(path);
    if (found === null) continue;
    if (await holds(found)) return null;
    // Moved away first: if somebody else has seen the same and was faster, what is moved is the new lock, and it is put back.
    const aside = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      await rename(path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw error;
    }
    const moved = await read(aside);
    if (moved !== null && moved !== found) await rename(aside, path);
    else await rm(aside, { force: true });
  }
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    await file.writeFile(text);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Whether the OS process that a lock names is there. A lock without a readable name is one that is being written. */
async function holds(text: string): Promise<boolean> {
  const { pid, began } = parse(text) ?? {};
  if (pid === undefined) return true;
  if (!isThere(pid)) return false;
  const now = await beginningOf(pid);
  return now === null || began === "" || now === began;
}

function parse(text: string): Holder | null {
  try {
    const { pid, began } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === "number" && typeof began === "string" ? { pid, began } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When an OS process began, in the words of Linux; null elsewhere. */
async function beginningOf(pid: number): Promise<string | null> {
  const stat = await read(`/proc/${pid}/stat`);
  // The name of the program may hold spaces; it ends with the last parenthesis.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}
