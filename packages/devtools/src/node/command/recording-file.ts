import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Recording } from "../../protocol/recording.ts";
import { parseRecording } from "../../recording/parse-recording.ts";
import { CommandError, exitCodes, usageError } from "./exit-code.ts";

/** The testkit's door for this command: it makes recordings of replay files. */
const door = "@espalier/testkit/command";

/**
 * The recording in a file that `espalier dump` wrote, or of a replay file of `espalier chaos`, whose run the testkit makes again. That is the
 * testkit that the user's project has installed, looked for from the file and from the current folder.
 *
 * @throws CommandError when it is neither, or the testkit is not there.
 */
export async function readRecording(file: string, cwd: string): Promise<Recording> {
  const absolute = path.resolve(cwd, file);
  const text = await textOf(absolute);
  if (!isReplayFile(text, absolute)) return parseRecording(text);
  const found = [path.dirname(absolute), cwd].map(findDoor).find((testkit) => testkit !== null);
  if (found === undefined || found === null) {
    const message = `${absolute} is of espalier chaos: expected the package @espalier/testkit to be installed, found none`;
    throw new CommandError(exitCodes.refused, "NO_TESTKIT", message, "npm install --save-dev @espalier/testkit");
  }
  const { recordingOfReplay } = (await import(pathToFileURL(found).href)) as {
    readonly recordingOfReplay: (file: string) => Promise<Recording>;
  };
  return await recordingOfReplay(absolute);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw usageError(`${file}: expected a file, the number of a process or a link, there is no such file`);
  }
}

/** A replay file says which version of the testkit wrote it. */
function isReplayFile(text: string, file: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CommandError(exitCodes.usage, "NOT_A_RECORDING", `${file}: expected JSON: ${(error as Error).message}`);
  }
  return typeof value === "object" && value !== null && Object.hasOwn(value, "kit");
}

/** The file behind the door for what is in this folder; null when there is none. */
function findDoor(folder: string): string | null {
  try {
    return createRequire(path.join(folder, "package.json")).resolve(door);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === "MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return null;
    throw error;
  }
}
