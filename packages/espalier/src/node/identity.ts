import type { Host } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { createIdentity as createOn, type Identity, readIdentity as readOn } from "@espalier/wire";

/**
 * An identity that has never been before, for a node that others are to know before it starts. It is gone with the program: one that is to last is
 * the path of a key file instead.
 *
 * ```ts
 * import { createIdentity, Node } from "espalier";
 *
 * const [alice, bob] = [createIdentity(), createIdentity()];
 * await using first = await Node.start({ identity: alice, listen: "ws://127.0.0.1:0", allow: [bob.id] });
 * await using second = await Node.start({ identity: bob, allow: [alice.id] });
 * [first.ref.id, second.ref.id]; // => [alice.id, bob.id]
 * ```
 *
 * @param host where its random numbers come from: this machine unless given.
 */
export function createIdentity(host: Pick<Host, "crypto" | "random"> = nodeHost()): Identity {
  return createOn(host);
}

/**
 * The identity that a `keyText` was taken from: what a program keeps by itself instead of in a key file, in its environment for instance.
 *
 * ```ts
 * import { createIdentity, readIdentity } from "espalier";
 *
 * const identity = createIdentity();
 * readIdentity(identity.keyText()).id === identity.id; // => true
 * ```
 *
 * @throws IdentityError when the text is something else.
 */
export function readIdentity(keyText: string, host: Pick<Host, "crypto"> = nodeHost()): Identity {
  return readOn(host, keyText);
}
