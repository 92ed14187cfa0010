import { DevToolsClient } from "../client/client.ts";
import { line, type Theme } from "../terminal/line.ts";
import { printTop, runTop } from "../terminal/top.ts";
import { isInteractive, themeOf } from "../terminal/tty.ts";
import { CommandError, exitCodeOf, exitCodes, type ExitCode } from "./exit-code.ts";
import { findProgram } from "./find-program.ts";
import { nodeOf, report, runOneShot } from "./one-shot.ts";
import { observe } from "./observe.ts";
import type { Terminal } from "./terminal.ts";
import { devtoolsUsage, parseDevtools, planesOf, type DevtoolsRequest } from "./usage.ts";

export type { Tty } from "../terminal/tty.ts";
export type { Envelope, Problem } from "./envelope.ts";
export type { ExitCode } from "./exit-code.ts";
export type { Terminal } from "./terminal.ts";

/**
 * The commands of `espalier` that look into running programs.
 *
 * @param args the command line from the name of the command on, such as `["ps", "--json"]`.
 * @returns the exit code, as the usage text says.
 */
export async function devtools(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const theme = themeOf(terminal.tty);
  try {
    return await perform(parseDevtools(args), terminal, theme);
  } catch (error) {
    report(error, terminal, theme);
    return exitCodeOf(error);
  }
}

async function perform(request: DevtoolsRequest, terminal: Terminal, theme: Theme): Promise<ExitCode> {
  switch (request.command) {
    case "help":
      terminal.out(devtoolsUsage.trimEnd());
      return exitCodes.ok;
    case "observe":
      await observe(request, terminal);
      return exitCodes.ok;
    case "top":
      await top(request, terminal, theme);
      return exitCodes.ok;
    default:
      return await runOneShot(request, terminal, async ({ program }) =>
        DevToolsClient.open(await findProgram(program, terminal, planesOf(request))),
      );
  }
}

async function top(
  request: Extract<DevtoolsRequest, { readonly command: "top" }>,
  terminal: Terminal,
  theme: Theme,
): Promise<void> {
  const { program, node: wanted, manage } = request;
  const { tty, stop } = terminal;
  const target = await findProgram(program, terminal, planesOf(request));
  await using client = await DevToolsClient.open(target);
  const { nodes, planes } = client;
  if (manage && !planes.includes("manage")) {
    const message = `espalier top: --manage: expected a link with the plane manage, this one has ${planes.join(", ")}`;
    throw new CommandError(exitCodes.refused, "FORBIDDEN", message);
  }
  // Of several nodes it begins with the first: a key goes to the next.
  const [first] = nodes;
  const { id: node } = wanted === null && first !== undefined ? first : await nodeOf(client, { node: wanted });
  if (isInteractive(tty)) return await runTop(client, tty, { nodes, node, manage, stop });
  for (const text of await printTop(client, { nodes, node, manage: false, stop }, theme)) {
    terminal.out(line([text], Infinity, theme));
  }
}
