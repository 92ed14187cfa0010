import type { DevTools, DevToolsOptions, Plane } from "@espalier/devtools/node";
import type { Node } from "@espalier/runtime";
import type { Check } from "../options.ts";

export type { DevToolsOptions };

// What the dev tools need of a program is here, and costs nothing: where its nodes are, and how they are started from outside. They are loaded when they are
// asked for.

/** The same for all copies of this package in an OS process. */
const registry: unique symbol = Symbol.for("espalier.nodes") as never;
const hook: unique symbol = Symbol.for("espalier.devtools") as never;

interface Shared {
  [registry]?: Set<Node>;
  /** What whoever attaches to the OS process calls. */
  [hook]?: (planes: readonly Plane[]) => Promise<object>;
}

const shared = globalThis as Shared;
const served = new WeakMap<Node, DevTools>();

export const aDevToolsOption: Check = {
  expected: "true, false or an object of options",
  is: (value) => typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value)),
};

/**
 * Serves dev tools for nodes of this OS process: all that were started here and run, unless told which.
 *
 * - Errors: TypeError naming an option that there is not, or that is something else; DevToolsError for an address that others could reach, and for a directory
 *   of sockets that others could read; what the operating system says of a port or a path that is taken.
 *
 * ```ts
 * import { DevTools, Node } from "espalier";
 *
 * await using node = await Node.start();
 * await using tools = await DevTools.start({ nodes: [node], discoverable: false });
 * tools.url.startsWith("http://127.0.0.1:"); // => true
 * tools.links.map((link) => link.plane); // => ["inspect"]
 * ```
 */
export async function start(options: DevToolsOptions = {}): Promise<DevTools> {
  const { DevTools } = await import("@espalier/devtools/node");
  return DevTools.start(options);
}

/** What `Node.start` with the option `devtools` started for this node, until that stops. */
export function of(node: Node): DevTools | undefined {
  return served.get(node);
}

/** The node can be found from now on, until it stops, and has the dev tools that were asked for. When those do not start the node is stopped. */
export async function lookedAt(node: Node, devtools: boolean | DevToolsOptions): Promise<void> {
  const nodes = (shared[registry] ??= new Set());
  nodes.add(node);
  shared[hook] ??= attached;
  node.kernel.closers.push(async () => {
    nodes.delete(node);
    await served.get(node)?.stop();
    served.delete(node);
  });
  try {
    await byEnvironment();
    if (devtools === false) return;
    const options = devtools === true ? {} : devtools;
    const tools = await start({ nodes: [node], ...options });
    served.set(node, tools);
    tell(tools);
  } catch (error) {
    await node.stop();
    throw error;
  }
}

let asked = false;

/** At the first node of the program: for all of its nodes, until it ends. */
async function byEnvironment(): Promise<void> {
  const { ESPALIER_DEVTOOLS: value } = process.env;
  if (asked || value === undefined || value === "" || value === "0") return;
  asked = true;
  const planes = Object.hasOwn(byWord, value) ? byWord[value] : undefined;
  if (planes === undefined) {
    throw new TypeError(`ESPALIER_DEVTOOLS: expected ${Object.keys(byWord).join(", ")}, got ${JSON.stringify(value)}`);
  }
  tell(await start({ planes }));
}

const byWord: Readonly<Record<string, readonly Plane[]>> = {
  read: [],
  values: ["values"],
  manage: ["values", "manage"],
};

/** Links have tokens, and what is no terminal may be a log that others read. */
export function tell(tools: DevTools): void {
  const lines = process.stderr.isTTY
    ? tools.links.map(({ plane, url }) => `dev tools (${plane}): ${url}`)
    : [`dev tools: ${tools.url}; npx espalier observe ${process.pid} opens them`];
  process.stderr.write(`${lines.join("\n")}\n`);
}

const attachedTools = new Map<string, Promise<DevTools>>();

/**
 * Somebody who may run code in this OS process attaches to it: the same dev tools for the same planes, however often. Those for reading can be found from now
 * on, by the same user, so that nobody has to attach again.
 */
async function attached(planes: readonly Plane[]): Promise<object> {
  const key = planes.join();
  let starting = attachedTools.get(key);
  if (starting === undefined) attachedTools.set(key, (starting = start({ planes, discoverable: planes.length === 0 })));
  const tools = await starting;
  return tools.target(tools.links.at(-1)?.plane);
}
