import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Console } from "./command.ts";

/** What the testkit needs to know of where it was called. */
export interface ChaosTerminal extends Console {
  /** What paths are relative to. */
  readonly cwd: string;
  /** Aborted when the program is asked to end. */
  readonly stop: AbortSignal;
}

/** The testkit's door for this command. */
const door = "@espalier/testkit/command";

/** What is missing is no property that failed: sysexits.h, EX_UNAVAILABLE. */
const unavailable = 69;

/**
 * Hands a command line to the testkit, which this package does not depend on: programs need it for their tests, and not otherwise. It is the
 * one that the user's project has installed, looked for from the current folder and from the folders of the files that are named.
 */
export async function runChaos(args: readonly string[], terminal: ChaosTerminal): Promise<number> {
  const folders = [
    terminal.cwd,
    ...args.filter((arg) => !arg.startsWith("-")).map((arg) => path.resolve(terminal.cwd, arg)),
  ];
  const found = folders.map(findDoor).find((file) => file !== null);
  if (found === undefined || found === null) {
    terminal.error(
      `espalier chaos: expected the package @espalier/testkit to be installed for ${terminal.cwd}, found none; npm install --save-dev @espalier/testkit`,
    );
    return unavailable;
  }
  const { chaos } = (await import(pathToFileURL(found).href)) as {
    readonly chaos: (args: readonly string[], terminal: ChaosTerminal) => Promise<number>;
  };
  return await chaos(args, terminal);
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
