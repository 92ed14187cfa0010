import { createInterface } from "node:readline/promises";
import { shown, type Theme } from "../terminal/line.ts";
import { isInteractive, type Tty } from "../terminal/tty.ts";
import { CommandError, exitCodes, usageError } from "./exit-code.ts";
import { findProcess } from "./find-process.ts";
import { outcome, type Asking, type Outcome } from "./outcome.ts";
import type { Action, OneShot } from "./usage.ts";

const done: Readonly<Record<Action, string>> = {
  suspend: "suspended",
  resume: "goes on",
  restart: "ended, to be started again by its supervisor",
  exit: "asked to end",
  kill: "killed",
};

/** Does it to the process, when somebody at the terminal has typed its label, or with `--yes`. */
export async function act(
  { program, node, stop }: Asking,
  { command, process, reason, yes }: Extract<OneShot, { readonly command: Action }>,
  tty: Tty,
  theme: Theme,
): Promise<Outcome> {
  const { planes } = await program.ask("capabilities", {});
  if (!planes.includes("manage")) {
    const message = `espalier ${command}: expected a link with the plane manage, this one has ${planes.join(", ")}`;
    const hint =
      "a program started with ESPALIER_DEVTOOLS=manage prints one; pass it by ESPALIER_PROGRAM or --program -";
    throw new CommandError(exitCodes.refused, "FORBIDDEN", message, hint);
  }
  const row = await findProcess(program, node, process);
  const label = shown(row.label, theme);
  if (!yes)
    await confirm(`To ${command} ${shown(row.shortPid, theme)} type its label, ${label}: `, label, command, tty, stop);
  const named = { node: node.id, pid: row.pid };
  if (command === "exit") await program.ask("exit", { ...named, ...(reason === null ? {} : { reason }) });
  else await program.ask(command, named);
  return outcome({ action: command, pid: row.pid, label: row.label }, () => [
    [`${row.shortPid} ${row.label}: ${done[command]}`],
  ]);
}

async function confirm(question: string, label: string, command: Action, tty: Tty, stop: AbortSignal): Promise<void> {
  if (!isInteractive(tty)) {
    throw usageError(`espalier ${command}: expected --yes where nobody can be asked`);
  }
  // Data goes to the standard output, which this is not.
  const reader = createInterface({ input: tty.input, output: tty.output });
  try {
    const answer = await reader.question(question, { signal: stop });
    if (answer.trim() === label.trim()) return;
  } finally {
    reader.close();
  }
  throw new CommandError(exitCodes.refused, "NOT_CONFIRMED", `espalier ${command}: not done: another label was typed`);
}
