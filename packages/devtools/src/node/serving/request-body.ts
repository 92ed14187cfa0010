import type { IncomingMessage } from "node:http";
import { TroubleError } from "../../protocol/trouble-error.ts";

/** Of a request, at most. */
export const bodyMaxBytes: number = 64 * 1024;

/** The body of a request. Rejects with a TroubleError when it is longer than it may be, or no JSON. */
export async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const text = await bodyOf(request);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new TroubleError({
      code: "invalid",
      message: `body: expected JSON: ${(cause as Error).message.slice(0, 200)}`,
      hint: null,
    });
  }
}

/** The body of a request as text. Rejects with a TroubleError when it is longer than it may be. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  if (Number(request.headers["content-length"] ?? 0) > bodyMaxBytes) throw tooLong();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyMaxBytes) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function tooLong(): TroubleError {
  return new TroubleError({
    code: "too-many",
    message: `body: expected at most ${bodyMaxBytes} bytes, got more`,
    hint: null,
  });
}
