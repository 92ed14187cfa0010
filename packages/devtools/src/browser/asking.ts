import type { StreamRequest, StreamUpdate } from "../protocol/frames.ts";
import type { Method, Question, Reply, Result, Trouble } from "../protocol/requests.ts";
import { TroubleError } from "../protocol/trouble-error.ts";
import { dropToken, token } from "./token.ts";

/** Asks the server one thing. Rejects with a {@link TroubleError}, or with a TypeError when it cannot be reached. */
export async function put<M extends Method>(question: Question<M>, signal?: AbortSignal): Promise<Result<M>> {
  const response = await post("/v1/ask", question, signal);
  const reply = (await response.json()) as Reply<M>;
  if (!reply.ok) throw new TroubleError(reply.error);
  return reply.result;
}

/**
 * A request with the token. Rejects with a {@link TroubleError} when the server refuses it; a token that the server does not know is forgotten.
 */
export async function post(
  path: string,
  body: Question | StreamRequest | StreamUpdate,
  signal?: AbortSignal,
): Promise<Response> {
  const used = token.peek();
  const response = await fetch(path, {
    method: "POST",
    headers: { authorization: `Bearer ${used ?? ""}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.ok) return response;
  const trouble = await troubleOf(response);
  if (response.status === 401 && token.peek() === used) dropToken();
  throw new TroubleError(trouble);
}

async function troubleOf(response: Response): Promise<Trouble> {
  const text = await response.text();
  try {
    const reply = JSON.parse(text) as { readonly error?: Trouble };
    if (typeof reply.error?.message === "string") return reply.error;
  } catch {
    // Not the server's own words: what follows says what is known.
  }
  const code = response.status === 401 ? "unauthorized" : response.status === 403 ? "forbidden" : "failed";
  return { code, message: `The server answered ${response.status}: ${text.slice(0, 200)}`, hint: null };
}
