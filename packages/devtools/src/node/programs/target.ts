import { DevToolsError } from "../errors.ts";

/** A program's dev tools, and what lets somebody ask them: `http://…` or the path of a Unix socket. */
export type Target =
  | { readonly url: string; readonly token: string }
  | { readonly socket: string; readonly token: string };

/**
 * The target that a link is: `http://127.0.0.1:4321/#t=…`, or `unix:/path#t=…`.
 *
 * @throws DevToolsError that does not repeat the link: it has a token.
 */
export function parseTarget(link: string): Target {
  const [, address = "", token = ""] = /^([^#]*)#(?:.*&)?t=([\w.@-]+)/.exec(link) ?? [];
  if (token !== "" && address.startsWith("unix:/")) return { socket: address.slice("unix:".length), token };
  if (token !== "" && URL.canParse(address) && /^https?:$/.test(new URL(address).protocol))
    return { url: address, token };
  throw new DevToolsError(
    "UNREACHABLE",
    "link: expected http://host:port/#t=TOKEN or unix:/path#t=TOKEN, got something else",
    "take the whole of the link that the program printed",
  );
}
