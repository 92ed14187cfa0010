import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { DevToolsError } from "../errors.ts";

/**
 * Where programs of this user say that they can be looked at, and have their sockets: `$XDG_RUNTIME_DIR/espalier`, or a directory of the user's
 * below that for temporary files.
 */
export function programsDirectory(): string {
  const { XDG_RUNTIME_DIR: runtime } = process.env;
  if (runtime !== undefined && path.isAbsolute(runtime)) return path.join(runtime, "espalier");
  return path.join(tmpdir(), `espalier-${process.getuid?.() ?? userInfo().username}`);
}

/** Makes it if it is not there. @throws DevToolsError when somebody else could read or write in it. */
export function madeProgramsDirectory(): string {
  const directory = programsDirectory();
  mkdirSync(directory, { mode: 0o700, recursive: true });
  checkProgramsDirectory(directory);
  return directory;
}

/** @throws DevToolsError when it is not a directory of this user's alone. */
export function checkProgramsDirectory(directory: string): void {
  const found = lstatSync(directory);
  const uid = process.getuid?.();
  const wrong = ((): string | null => {
    if (!found.isDirectory()) return "it is no directory";
    // Windows knows neither, and keeps a user's temporary files to the user.
    if (uid === undefined) return null;
    if (found.uid !== uid) return `it belongs to the user ${found.uid}`;
    return (found.mode & 0o077) === 0 ? null : `its mode is ${(found.mode & 0o777).toString(8)}`;
  })();
  if (wrong === null) return;
  throw new DevToolsError(
    "DIRECTORY_UNSAFE",
    `${directory}: expected a directory of this user's alone (mode 700), but ${wrong}`,
    "remove it, or set XDG_RUNTIME_DIR to a directory of yours",
  );
}
