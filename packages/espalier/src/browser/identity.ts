import type { Host } from "@espalier/runtime";
import { browserHost } from "@espalier/runtime/browser";
import { createIdentity as createOn, type Identity, readIdentity as readOn } from "@espalier/wire";

/**
 * An identity that has never been before. It is gone with the page, unless its `keyText` is kept and read again: see {@link readIdentity}.
 *
 * @param host where its random numbers come from: this page unless given.
 */
export function createIdentity(host: Pick<Host, "crypto" | "random"> = browserHost()): Identity {
  return createOn(host);
}

/**
 * The identity that its `keyText` was taken from, as `localStorage` can keep it:
 *
 * ```ts no-run
 * import { createIdentity, readIdentity } from "espalier/browser";
 *
 * declare const localStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };
 *
 * const kept = localStorage.getItem("node.key");
 * const identity = kept === null ? createIdentity() : readIdentity(kept);
 * if (kept === null) localStorage.setItem("node.key", identity.keyText());
 * ```
 *
 * Whoever can read the text is the node: any script of the page's origin can read `localStorage`.
 *
 * @throws IdentityError when the text is something else.
 */
export function readIdentity(keyText: string, host: Pick<Host, "crypto"> = browserHost()): Identity {
  return readOn(host, keyText);
}
