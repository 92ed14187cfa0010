import type { IncomingMessage } from "node:http";
import { TroubleError } from "../../protocol/trouble-error.ts";
import { Token } from "./token.ts";

/** Whether the request is from where the server is meant to be reached. All that is not known to be right is refused. */
export interface Gate {
  /** The names that a request may have in its `Host`, without the port. */
  readonly hosts: ReadonlySet<string>;
  /** Whether a proxy speaks TLS for it. */
  readonly tls: boolean;
}

/** What this machine calls itself. The port is free: a tunnel has another at its end. */
export const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * A page of another origin cannot set `Host`, and cannot leave out `Origin` where it sends a body: the first keeps out names that were made to point here (DNS
 * rebinding), the second other pages. No `Origin` at all is a program, which needs the token like everybody.
 *
 * @throws TroubleError
 */
export function checkAddressed(request: IncomingMessage, gate: Gate): void {
  checkOnce(request);
  const host = request.headers.host ?? "";
  const name = /^(\[[0-9a-f:.]+\]|[^:]+)(:\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || !gate.hosts.has(name)) {
    throw new TroubleError({
      code: "forbidden",
      message: `Host: expected one of ${[...gate.hosts].join(", ")}`,
      hint: "open the address that the program printed",
    });
  }
  const { origin } = request.headers;
  if (origin === undefined) return;
  const own = gate.tls ? [`https://${host}`] : [`http://${host}`];
  if (own.includes(origin)) return;
  throw new TroubleError({
    code: "forbidden",
    message: "Origin: expected the page's own; pages of others may not ask",
    hint: null,
  });
}

/** Of these a proxy before the server may have read another one than the server would. */
const once = ["host", "origin", "authorization"] as const;

function checkOnce({ headersDistinct }: IncomingMessage): void {
  for (const name of once) {
    const count = headersDistinct[name]?.length ?? 0;
    if (count <= 1) continue;
    throw new TroubleError({
      code: "invalid",
      message: `${name}: expected it once, got it ${count} times`,
      hint: null,
    });
  }
}

/**
 * The token of a request.
 *
 * @param secret of the server.
 * @throws TroubleError, which says nothing of what was sent.
 */
export function tokenOf(request: IncomingMessage, secret: Uint8Array, nowMs: number): Token {
  const text = /^Bearer ([\w.@-]{1,512})$/i.exec(request.headers.authorization ?? "")?.[1];
  const token = text === undefined ? null : Token.parse(text);
  if (token === null) {
    throw unauthorized(
      text === undefined
        ? "Authorization: expected a token, got none"
        : "Authorization: expected a token, got something else",
    );
  }
  if (!token.isOf(secret)) throw unauthorized("Authorization: the token is not one of this program's");
  if (token.isOver(nowMs)) throw unauthorized("Authorization: the token's time is over");
  return token;
}

function unauthorized(message: string): TroubleError {
  return new TroubleError({
    code: "unauthorized",
    message,
    hint: "open the link that the program printed; a program that was started again has other tokens, unless it was given a secret",
  });
}
