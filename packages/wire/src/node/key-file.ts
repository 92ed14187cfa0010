import type { Host } from "@espalier/runtime";
import { stat } from "node:fs/promises";
import { IdentityError } from "../errors.ts";
import { loadIdentity as loadAnywhere, type Identity } from "../identity/identity.ts";

const ownerOnly = 0o600;
const groupAndOthers = 0o077;

/**
 * The identity in the key file at `path`, which is made when there is none.
 *
 * @throws IdentityError naming the path, when the file is no key file, or one that others than its owner can read, or when the disk refuses.
 */
export async function loadIdentity(host: Pick<Host, "crypto" | "random" | "disk">, path: string): Promise<Identity> {
  const mode = await modeOf(path);
  if (mode !== null && (mode & groupAndOthers) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(3, "0");
    throw new IdentityError(
      `${path}: expected a key file that only its owner can read, got mode ${shown}; run "chmod ${ownerOnly.toString(8)} ${path}"`,
    );
  }
  try {
    return await loadAnywhere(host, path);
  } catch (error) {
    if (error instanceof IdentityError) throw error;
    // What the system says of a disk that is full names no file.
    throw new IdentityError(`${path}: the key could be neither read nor made: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Null where there is no file yet, or no such modes. */
async function modeOf(path: string): Promise<number | null> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw new IdentityError(`${path}: expected a key file, got a directory`);
    return process.platform === "win32" ? null : status.mode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
