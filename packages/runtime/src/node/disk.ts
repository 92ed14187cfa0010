import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Disk } from "../host.ts";

/** Files of the operating system. Its errors name the path. */
export const nodeDisk: Disk = {
  async read(path) {
    try {
      return new Uint8Array(await readFile(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  },

  async write(path, bytes, options = {}) {
    // Written beside it and renamed, so that a crash leaves the old file or the new one, never half of it.
    const draft = `${path}.${randomUUID()}.draft`;
    try {
      const file = await open(draft, "wx", options.secret === true ? 0o600 : 0o644);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  },
};

/** The name is safe on the disk only once its folder is. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
