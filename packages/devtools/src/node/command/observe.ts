import { existsSync } from "node:fs";
import path from "node:path";
import { DevToolsClient } from "../client/client.ts";
import { servePage, serveRecording, type ServedPage } from "../client/served-page.ts";
import type { Target } from "../programs/target.ts";
import { openInBrowser } from "./browser.ts";
import { CommandError, exitCodes } from "./exit-code.ts";
import { findProgram } from "./find-program.ts";
import { readRecording } from "./recording-file.ts";
import type { Terminal } from "./terminal.ts";
import { planesOf, type DevtoolsRequest } from "./usage.ts";

/** Opens the page of a program or a recording, prints its link, and serves what there is to serve until it is asked to end. */
export async function observe(
  request: Extract<DevtoolsRequest, { readonly command: "observe" }>,
  terminal: Terminal,
): Promise<void> {
  await using page = await pageOf(request, terminal);
  // The link is the data of this command.
  terminal.out(page.link);
  await using opening = request.open ? await openInBrowser(page.link) : null;
  if (opening?.isOpened === false) {
    terminal.error("espalier observe: expected a system that opens files in a browser, found none; open the link");
  }
  await stopped(terminal.stop);
}

type Page = Pick<ServedPage, "link"> & AsyncDisposable;

async function pageOf(
  request: Extract<DevtoolsRequest, { readonly command: "observe" }>,
  terminal: Terminal,
): Promise<Page> {
  const { what, port } = request;
  const options = port === null ? {} : { port };
  if (what !== null && isFile(what, terminal.cwd)) {
    return await serveRecording(await readRecording(what, terminal.cwd), options);
  }
  const target = await findProgram(what, terminal, planesOf(request));
  await checkReached(target, request);
  // The program serves the page itself, unless no browser gets there.
  return "socket" in target
    ? await servePage(target, options)
    : { link: `${target.url}#t=${target.token}`, [Symbol.asyncDispose]: async () => {} };
}

/** What is no number and no link is a file, also one that there is not: it is said to be missing then. */
function isFile(what: string, cwd: string): boolean {
  if (/^\d+$/.test(what) || what === "-") return existsSync(path.resolve(cwd, what)) && !/^\d+$/.test(what);
  return !/^(?:https?|unix):/.test(what);
}

/** A browser that is sent to nowhere says less. */
async function checkReached(
  target: Target,
  { values, manage }: { readonly values: boolean; readonly manage: boolean },
): Promise<void> {
  await using client = await DevToolsClient.open(target);
  const plane = manage ? "manage" : "values";
  if ((!manage && !values) || client.planes.includes(plane)) return;
  throw new CommandError(
    exitCodes.refused,
    "FORBIDDEN",
    `--${plane}: expected a link with the plane ${plane}, this one has ${client.planes.join(", ")}`,
    `a program that is started with ESPALIER_DEVTOOLS=${plane} prints one, and espalier observe PID --${plane} attaches with that right`,
  );
}

/** Until the program is asked to end; meanwhile it runs, also where nothing else is served. */
async function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const running = setInterval(() => {}, 2 ** 31 - 1);
  signal.addEventListener("abort", resolve, { once: true });
  await promise;
  clearInterval(running);
}
