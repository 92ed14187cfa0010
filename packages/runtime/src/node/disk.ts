import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Disk } from "../host.ts";
import { isThere, lockFile } from "./lock-file.ts";

export const nodeDisk: Disk = {
  async read(path) {
    try {
      return new Uint8Array(await readFile(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  },

  async write(path, bytes, options) {
    // Beside the file, so that it is the same file system and the rename is one step. Who reads meanwhile sees the old file or the new one.
    const temporary = `${path}.${process.pid}-${randomBytes(6).toString("hex")}${unfinished}`;
    try {
      await makeDirectory(dirname(path), path);
      const file = await open(temporary, "wx", options?.secret === true ? 0o600 : 0o644);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(dirname(path));
  },

  async list(directory) {
    try {
      const entries = await readdir(directory, { withFileTypes: true });
      const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
      await Promise.all(names.map((name) => removeAbandoned(join(directory, name))));
      return names.filter((name) => !name.endsWith(unfinished)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  },

  async remove(path) {
    await rm(path, { force: true });
    await syncDirectory(dirname(path));
  },

  lock: lockFile,
};

/** How the names of files end that are being written. */
const unfinished = ".tmp";

/** A process that is killed while it writes leaves a file behind that is nobody's: whoever looks into the directory next removes it. */
async function removeAbandoned(path: string): Promise<void> {
  const writer = /\.(\d+)-[0-9a-f]{12}\.tmp$/.exec(path)?.[1];
  if (writer === undefined) return;
  if (Number(writer) === process.pid ? await isOlderThanProcess(path) : !isThere(Number(writer))) {
    await rm(path, { force: true });
  }
}

/** In a container every life of a program may have the same number. */
async function isOlderThanProcess(path: string): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < Date.now() - process.uptime() * 1_000;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** So that the new name survives a loss of power too. */
async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories, and needs no such thing.
  if (process.platform === "win32") return;
  const directory = await openDirectory(path);
  if (directory === null) return;
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function openDirectory(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function makeDirectory(directory: string, path: string): Promise<void> {
  try {
    const first = await mkdir(directory, { recursive: true });
    if (first === undefined) return;
    // The directories are new, and so are their names in those above.
    for (let made = directory; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
  } catch (error) {
    throw new Error(`write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
