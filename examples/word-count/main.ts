/**
 * A fault-tolerant word count across machines: `npm start`, or `npm start -- --help`.
 *
 * This OS process coordinates: it supervises one process per file. Each goes to a worker, an OS process of its own that knows nothing of
 * word counting, counts there, and reports to the ledger here. In the middle one worker is killed.
 */
import { CannotStartError, checkPorts, markdownFiles, parseOptions, readSources, usage } from "./options.ts";
import { runJob } from "./job.ts";
import { createScreen, type Output } from "./screen.ts";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** @returns the exit code: 0 only if the counts agree. */
export async function main(args: readonly string[], folder: string, output: Output): Promise<number> {
  try {
    const options = parseOptions(args, () => Math.floor(Math.random() * 2 ** 32));
    if (options === "help") {
      output.write(usage);
      return 0;
    }
    const chosen = options.files.length > 0;
    const from = chosen ? folder : repository;
    const sources = await readSources(chosen ? options.files : await markdownFiles(repository), from);
    if (options.port !== null) await checkPorts([options.port, options.port + 1]);
    return await runJob({ ...options, sources, screen: createScreen(output) });
  } catch (error) {
    if (!(error instanceof CannotStartError)) throw error;
    output.write(`${error.message}\n`);
    return 2;
  }
}

if (import.meta.main) {
  // Leaving by itself, so that the workers are told to go as well.
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  process.exitCode = await main(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd(), process.stdout);
}
