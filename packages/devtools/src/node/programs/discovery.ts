import { readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { checkProgramsDirectory, madeProgramsDirectory, programsDirectory } from "./directory.ts";
import type { Target } from "./target.ts";

/** A program of this user's that can be looked at. */
export interface ProgramEntry {
  /** The operating system's number of it. */
  readonly pid: number;
  /** Its title, or what its dev tools were called. */
  readonly title: string;
  /** Another one: it was started again. */
  readonly life: string;
  /** When its OS process began, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** With a token for reading. It is in a file that this user alone can read, who could attach to the program anyway. */
  readonly target: Target;
}

let announced = 0;

/**
 * Writes a file that says so, mode 600. What it returns removes it. Where there is no directory of this user's alone for it the program is not found, and says
 * so as a warning: anybody can make a directory of that name first, and must not keep the program from starting.
 */
export function announce(entry: ProgramEntry): () => void {
  try {
    return written(entry);
  } catch (error) {
    const { message } = error as Error;
    process.emitWarning(`the program is not among those that can be looked at: ${message}`, "EspalierDevTools");
    return () => {};
  }
}

/** @throws DevToolsError when the directory is not safe. */
function written(entry: ProgramEntry): () => void {
  const directory = madeProgramsDirectory();
  announced += 1;
  const file = path.join(directory, announced === 1 ? `${entry.pid}.json` : `${entry.pid}-${announced}.json`);
  // Whoever reads it meanwhile sees all of it or nothing.
  writeFileSync(`${file}.new`, JSON.stringify(entry), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return () => removeFile(file);
}

/** The programs of this user that can be looked at, the oldest first. Files of those that are no more are removed. */
export async function runningPrograms(): Promise<readonly ProgramEntry[]> {
  const directory = programsDirectory();
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  checkProgramsDirectory(directory);
  const entries = names
    .filter((name) => /^\d+(-\d+)?\.json$/.test(name))
    .flatMap((name) => entryIn(path.join(directory, name)) ?? []);
  return entries.sort((one, other) => one.startedAtMs - other.startedAtMs);
}

function entryIn(file: string): ProgramEntry | null {
  const pid = Number.parseInt(path.basename(file), 10);
  if (!isAlive(pid)) {
    removeFile(file);
    return null;
  }
  try {
    const entry = JSON.parse(readFileSync(file, "utf8")) as Partial<ProgramEntry> | null;
    const target = entry?.target as { readonly [name: string]: unknown } | undefined;
    const whole =
      entry?.pid === pid &&
      typeof entry.title === "string" &&
      typeof entry.life === "string" &&
      typeof entry.startedAtMs === "number" &&
      typeof target?.["token"] === "string" &&
      (typeof target["url"] === "string" || typeof target["socket"] === "string");
    return whole ? (entry as ProgramEntry) : null;
  } catch (error) {
    // It was removed just now, or is another version's.
    if (isMissing(error) || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whether there is a process of this user's with that number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: there is none; EPERM: it is another user's, who has it after it was this one's.
    return false;
  }
}

export function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
