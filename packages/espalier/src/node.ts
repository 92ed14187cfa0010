import { Node as RuntimeNode, type Host, type Logger, type Node } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";

/** How to start a node. */
export interface NodeOptions {
  /** Where crashes and the like are reported; standard error unless given. */
  readonly logger?: Logger;
  /** The world that it lives in: the real one unless given. */
  readonly host?: Host;
}

/** Starts a node. */
export async function start(options: NodeOptions = {}): Promise<Node> {
  const { host = nodeHost(), ...rest } = options;
  return await RuntimeNode.start({ host, ...rest });
}
