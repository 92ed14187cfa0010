import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Disk } from "../host.ts";

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
    const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    try {
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
};

/** So that the new name survives a loss of power too. */
async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories, and needs no such thing.
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
