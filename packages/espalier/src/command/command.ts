import { loadIdentity } from "@espalier/wire/node";
import { nodeHost } from "@espalier/runtime/node";
import { readFile } from "node:fs/promises";
import { Container, DevTools, Node } from "../index.ts";
import { tell } from "../node/devtools.ts";
import { runChaos } from "./chaos.ts";
import { nameOfKey, parseRequest, usage, UsageError, type DevtoolsRight, type Request } from "./usage.ts";

/** Where the command says what it has to say. */
export interface Console {
  out(line: string): void;
  error(line: string): void;
}

/**
 * Runs one command.
 *
 * @param stop aborted when the program is asked to end.
 * @returns the exit code: 0, or 2 for a command line or a file that makes no sense, or 1 when something went wrong; for `chaos` and the dev
 * tools what their own usage texts say.
 */
export async function run(args: readonly string[], console: Console, stop: AbortSignal): Promise<number> {
  try {
    const request = parseRequest(args);
    switch (request.command) {
      case "help":
        console.out(usage.trimEnd());
        return 0;
      case "version":
        console.out(await version());
        return 0;
      case "key":
        console.out((await loadIdentity(nodeHost(), request.path)).id);
        return 0;
      case "chaos":
        return await runChaos(request.args, { ...console, cwd: process.cwd(), stop });
      case "devtools": {
        // Programs that only run nodes do without.
        const { devtools } = await import("@espalier/devtools/command");
        const { stdin: input, stdout: output, env } = process;
        return await devtools(request.args, { ...console, cwd: process.cwd(), stop, tty: { input, output, env } });
      }
      case "node": {
        await using running = await startNodes(request);
        await using _ = request.devtools === null ? null : await startDevtools(request.devtools);
        // The first lines are the addresses, for whoever starts nodes by program.
        for (const { ref } of running.nodes) console.out(ref.url);
        if (!stop.aborted) await untilAborted(stop);
        return 0;
      }
    }
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(error.message);
      return 2;
    }
    if (isExpected(error)) {
      console.error(`espalier: ${error.message}`);
      return 1;
    }
    throw error;
  }
}

type NodeRequest = Extract<Request, { readonly command: "node" }>;

async function startNodes(request: NodeRequest): Promise<{ readonly nodes: readonly Node[] } & AsyncDisposable> {
  const { listen, address, keys, allow, trust, data, sandbox } = request;
  const place = { ...(address === null ? {} : { address }), ...(data === null ? {} : { data }) };
  const every = { allow, ...(trust === null ? {} : { trust }), ...(sandbox === null ? {} : { sandbox }) };
  const [identity, ...others] = keys;
  if (others.length === 0 || listen === null) {
    const here = { ...place, ...(listen === null ? {} : { listen }) };
    const node = await Node.start({ ...every, ...here, ...(identity === undefined ? {} : { identity }) });
    return { nodes: [node], [Symbol.asyncDispose]: () => node.stop() };
  }
  const container = await Container.start({ listen, ...place });
  try {
    const nodes: Node[] = [];
    for (const key of keys) {
      nodes.push(
        await container.create({ ...every, identity: key, ...(data === null ? {} : { name: nameOfKey(key) }) }),
      );
    }
    return { nodes, [Symbol.asyncDispose]: () => container.stop() };
  } catch (error) {
    await container.stop();
    throw error;
  }
}

const planes: Readonly<Record<DevtoolsRight, readonly ("values" | "manage")[]>> = {
  read: [],
  values: ["values"],
  manage: ["values", "manage"],
};

/** For all nodes of the command. */
async function startDevtools(right: DevtoolsRight): Promise<AsyncDisposable> {
  const tools = await DevTools.start({ planes: planes[right] });
  tell(tools);
  return tools;
}

/** A node that does not listen has no socket that would keep the program running: it may have computations to resume. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const running = setInterval(() => {}, 2 ** 31 - 1);
  signal.addEventListener("abort", resolve, { once: true });
  await promise;
  clearInterval(running);
}

/** Errors of the world, whose message says it all; others are bugs and show where they come from. */
function isExpected(error: unknown): error is Error {
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string";
}

async function version(): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}
