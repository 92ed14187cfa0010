import { createInterface } from "node:readline";
import type { Plane } from "../../protocol/capability.ts";
import { attach } from "../attaching/attach.ts";
import { runningPrograms, type ProgramEntry } from "../programs/discovery.ts";
import { duration } from "../terminal/units.ts";
import { parseTarget, type Target } from "../programs/target.ts";
import { CommandError, exitCodes, usageError } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/**
 * The program that is meant: by its number, by its link, by the link on the standard input (`-`), by `ESPALIER_PROGRAM`, or the only one of this
 * user's that runs.
 *
 * What programs say of themselves in files is for reading. For more it takes its link, or its number: then it is attached to, as it is when it
 * has no such file.
 *
 * @param planes what is needed beside `inspect`.
 * @throws CommandError listing them when there are several.
 */
export async function findProgram(text: string | null, terminal: Terminal, planes: readonly Plane[]): Promise<Target> {
  const { env, input } = terminal.tty;
  const variable = env["ESPALIER_PROGRAM"] ?? "";
  const meant = text ?? (variable === "" ? null : variable);
  if (meant === null) return onlyOne(await runningPrograms(), planes);
  if (meant === "-") return targetOf(await lineOf(input), "the standard input");
  if (!/^\d{1,10}$/.test(meant)) return targetOf(meant, "PROGRAM");
  const pid = Number(meant);
  const entry = planes.length > 0 ? undefined : (await runningPrograms()).find((program) => program.pid === pid);
  if (entry !== undefined) return entry.target;
  const target = await attach(pid, { planes });
  terminal.error(`espalier: attached to ${pid} by its inspector, which is closed again`);
  return target;
}

function onlyOne(programs: readonly ProgramEntry[], planes: readonly Plane[]): Target {
  const [only, ...others] = programs;
  if (only === undefined) {
    const hint =
      "start one with ESPALIER_DEVTOOLS=read, Node.start({ devtools: true }) or espalier node --devtools read, or give its number: --program PID";
    const message = "expected a program with dev tools that runs, found none";
    throw new CommandError(exitCodes.refused, "NO_PROGRAM", message, hint);
  }
  if (others.length > 0) {
    const list = programs.map(
      ({ pid, title, startedAtMs }) => `  ${pid}  ${title}, up ${duration(Date.now() - startedAtMs)}`,
    );
    throw usageError(`expected PROGRAM with ${programs.length} programs that run:\n${list.join("\n")}`);
  }
  const most = planes.at(-1);
  if (most === undefined) return only.target;
  const message = `expected a link with the plane ${most}, what ${only.title} says of itself is for reading`;
  const hint = `PROGRAM ${only.pid} attaches to it with that right`;
  throw new CommandError(exitCodes.refused, "FORBIDDEN", message, hint);
}

/** The message does not repeat the link: it has a token. */
function targetOf(link: string, where: string): Target {
  try {
    return parseTarget(link.trim());
  } catch {
    throw usageError(
      `${where}: expected the number of a process, or the whole of a link, http://HOST:PORT/#t=TOKEN or unix:/PATH#t=TOKEN, got something else`,
    );
  }
}

async function lineOf(input: NodeJS.ReadStream): Promise<string> {
  const lines = createInterface({ input });
  for await (const line of lines) return line;
  throw usageError("-: expected a link on the standard input, got nothing");
}
