import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** What opens a file in the system's browser, without a shell. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>>> = {
  darwin: ["open"],
  // `start` is a word of the shell.
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** A link that is being opened. What it returns takes the file away again. */
export interface Opening extends AsyncDisposable {
  /** Whether the system has something that opens files. */
  readonly isOpened: boolean;
}

/**
 * Opens a link in the system's browser.
 *
 * Everybody on the machine can read the arguments of a program, and the link has a token. So the browser is given a file of this user's alone
 * (mode 600, in a directory of mode 700) that sends it on to the link.
 */
export async function openInBrowser(link: string, platform: NodeJS.Platform = process.platform): Promise<Opening> {
  const folder = await mkdtemp(path.join(tmpdir(), "espalier-open-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const file = path.join(folder, "open.html");
    await writeFile(file, pageTo(link), { mode: 0o600 });
    const [command, ...args] = openers[platform] ?? ["xdg-open"];
    return { isOpened: await started(command, [...args, file]), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Whether there is such a program. It goes on by itself: some of them are the browser. */
function started(command: string, args: readonly string[]): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const opener = spawn(command, args, { stdio: "ignore", detached: true, shell: false });
  opener.once("spawn", () => {
    opener.unref();
    resolve(true);
  });
  opener.once("error", () => resolve(false));
  return promise;
}

/** A page that sends its reader on, and tells nobody where from. */
export function pageTo(link: string): string {
  const escaped = link.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
  return `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${escaped}">
<title>Espalier</title>
<a href="${escaped}">The dev tools</a>
`;
}
