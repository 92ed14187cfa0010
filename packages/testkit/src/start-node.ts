import { Node, type NodeOptions } from "espalier";
import type { Place } from "./scenario/place.ts";

/** What a scenario may say of a node. Its host, its key, its address and whom it lets in are the world's business. */
export type StartNodeOptions = Pick<NodeOptions, "data" | "lease" | "limits" | "netTicktime" | "trust">;

/**
 * Starts a node of Espalier at a place of a scenario, with everything that ships: codec, code store, sessions, distribution. All nodes of
 * the scenario let each other in, and nobody else. What happens to it goes into the trace, and what matters into the story.
 */
export async function startNode(place: Place, options: StartNodeOptions = {}): Promise<Node> {
  const node = await Node.start({
    ...options,
    host: place.host,
    identity: place.identity,
    listen: place.url,
    allow: place.peers.map(({ ref }) => ref.id).filter((id) => id !== place.identity.id),
    logger: place.logger,
    intercept: place.intercept,
  });
  place.attach(node);
  return node;
}
