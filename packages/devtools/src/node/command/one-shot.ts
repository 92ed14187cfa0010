import type { NodeSheet } from "../../protocol/sheets.ts";
import { line, shown, type Theme } from "../terminal/line.ts";
import type { Asked } from "../terminal/top.ts";
import { sizeOf, themeOf } from "../terminal/tty.ts";
import { act } from "./acting.ts";
import { envelopeSchema, printJson, targetOf, type Envelope, type Problem } from "./envelope.ts";
import { CommandError, exitCodeOf, exitCodes, usageError, type ExitCode } from "./exit-code.ts";
import { crashes, doctor, dump, inspect, ps, tree } from "./looking.ts";
import type { Asking, Outcome } from "./outcome.ts";
import type { Terminal } from "./terminal.ts";
import { trace } from "./tracing.ts";
import type { OfProgram, OneShot } from "./usage.ts";

/** A program that was reached. */
export interface Reached extends Asked {
  close(): Promise<void>;
}

/**
 * Asks, prints what came back, and says with what the command ends. Data goes to the standard output, the rest to the standard error.
 *
 * @param reach opens the program that the request means.
 */
export async function runOneShot(
  request: OneShot,
  terminal: Terminal,
  reach: (request: OfProgram) => Promise<Reached>,
): Promise<ExitCode> {
  const theme = themeOf(terminal.tty);
  const began = performance.now();
  const capture = (isComplete: boolean, costMsPerSecond: number | null): Envelope["capture"] => ({
    atMs: Date.now(),
    tookMs: Math.round(performance.now() - began),
    costMsPerSecond,
    complete: isComplete,
  });
  let target: Envelope["target"] = null;
  try {
    const program = await reach(request);
    try {
      const node = await nodeOf(program, request);
      target = targetOf(node);
      const found = await answer({ program, node, stop: terminal.stop }, request, terminal, theme);
      const { data, warnings, isComplete, exitCode } = found;
      if (request.json) {
        const { costMsPerSecond } = await program.ask("overview", { node: node.id });
        print(terminal, request, { target, capture: capture(isComplete, costMsPerSecond), data, warnings, errors: [] });
      } else {
        const { output } = terminal.tty;
        const columns = output.isTTY ? sizeOf(terminal.tty).columns : null;
        // What a pipe gets is not cut: other programs cut it as they like.
        for (const pieces of found.lines(columns, theme)) {
          terminal.out(line(pieces, columns ?? Infinity, theme).trimEnd());
        }
        for (const warning of warnings) terminal.error(`espalier ${request.command}: ${shown(warning, theme)}`);
      }
      return exitCode;
    } finally {
      await program.close();
    }
  } catch (error) {
    if (terminal.stop.aborted) return exitCodes.refused;
    const exitCode = exitCodeOf(error);
    const problem = problemOf(error);
    if (request.json) {
      print(terminal, request, { target, capture: capture(false, null), data: null, warnings: [], errors: [problem] });
    }
    report(error, terminal, theme);
    return exitCode;
  }
}

/** Says on the standard error what went wrong; of a mistake in here where it happened, too. */
export function report(error: unknown, terminal: Terminal, theme: Theme): void {
  const { message, hint } = problemOf(error);
  const isMistake = exitCodeOf(error) === exitCodes.internal;
  const text = isMistake && error instanceof Error ? (error.stack ?? message) : message;
  const begin = text.startsWith("espalier") ? "" : "espalier: ";
  // A hint that is in the message already is not said twice.
  const end = hint === null || text.includes(hint) ? "" : `; ${hint}`;
  for (const written of `${begin}${text}${end}`.split("\n")) terminal.error(shown(written, theme));
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { code: "INTERNAL", message: String(error), hint: null };
  const { code, hint } = error as { readonly code?: unknown; readonly hint?: unknown };
  return {
    code: typeof code === "string" ? code : "INTERNAL",
    message: error.message,
    hint: typeof hint === "string" ? hint : null,
  };
}

async function answer(asking: Asking, request: OneShot, { cwd, tty }: Terminal, theme: Theme): Promise<Outcome> {
  switch (request.command) {
    case "ps":
      return await ps(asking, request);
    case "tree":
      return await tree(asking, request);
    case "crashes":
      return await crashes(asking, request);
    case "inspect":
      return await inspect(asking, request);
    case "doctor":
      return await doctor(asking, request);
    case "trace":
      return await trace(asking, request);
    case "dump":
      return await dump(asking, request, cwd);
    default:
      return await act(asking, request, tty, theme);
  }
}

/** The node that is meant, by the beginning of its id. */
export async function nodeOf(program: Asked, { node: wanted }: Pick<OfProgram, "node">): Promise<NodeSheet> {
  const { nodes } = await program.ask("capabilities", {});
  const found = wanted === null ? nodes : nodes.filter(({ id }) => id.startsWith(wanted));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const ids = nodes.map(({ id }) => id).join(", ");
  if (nodes.length === 0) {
    throw new CommandError(exitCodes.refused, "NO_NODE", "expected a program with a node, it has none (any more)");
  }
  throw usageError(
    wanted === null
      ? `expected --node ID with a program of ${nodes.length} nodes: ${ids}`
      : `--node: expected the beginning of the id of one node, got ${JSON.stringify(wanted)}; there are ${ids}`,
  );
}

function print(
  terminal: Terminal,
  { command }: OneShot,
  { target, capture, data, warnings, errors }: Omit<Envelope, "schema" | "command">,
): void {
  const envelope: Envelope = { schema: envelopeSchema, command, target, capture, data, warnings, errors };
  terminal.out(printJson(envelope));
}
