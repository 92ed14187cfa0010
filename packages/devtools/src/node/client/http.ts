import { type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Target } from "../programs/target.ts";
import { DevToolsError } from "../errors.ts";

/** For an answer to begin. */
const answerMs = 10_000;

/** Posts a body to a program's dev tools, with a token if there is one, and resolves with the head of the answer. Rejects with a DevToolsError when there is none. */
export function post(
  target: Target | { readonly url: string } | { readonly socket: string },
  path: string,
  body: string,
  authorization: string | undefined,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const where = placeOf(target);
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    ...(authorization === undefined ? {} : { Authorization: authorization }),
  };
  // A connection of its own for each: one that is kept may be closed just when it is used again.
  const options: RequestOptions = {
    method: "POST",
    headers,
    agent: false,
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => {
      clearTimeout(timer);
      resolve(response);
    };
    const request = send(target, path, options, answered);
    const timer = setTimeout(() => {
      request.destroy(
        new DevToolsError(
          "NO_ANSWER",
          `${where}: no answer within ${answerMs / 1_000} s`,
          "the program is there, but its event loop may be blocked: started with the dev tools' option watchdog it says by whom on its standard error",
        ),
      );
    }, answerMs);
    request.on("error", (cause) => {
      clearTimeout(timer);
      reject(cause instanceof DevToolsError || signal?.aborted === true ? cause : unreachable(where, cause));
    });
    request.end(body);
  });
}

function send(
  target: { readonly url: string } | { readonly socket: string },
  path: string,
  options: RequestOptions,
  answered: (response: IncomingMessage) => void,
): ClientRequest {
  if ("socket" in target)
    return httpRequest({ ...options, socketPath: target.socket, path, host: "localhost" }, answered);
  const url = new URL(path, target.url);
  return url.protocol === "https:" ? httpsRequest(url, options, answered) : httpRequest(url, options, answered);
}

/** Where it is, for errors: without anything secret. */
export function placeOf(target: { readonly url: string } | { readonly socket: string }): string {
  return "socket" in target ? `unix:${target.socket}` : target.url.replace(/#.*/s, "");
}

function unreachable(where: string, cause: Error): DevToolsError {
  const { code } = cause as NodeJS.ErrnoException;
  const gone = code === "ECONNREFUSED" || code === "ENOENT";
  return new DevToolsError(
    "UNREACHABLE",
    gone ? `${where}: nobody listens there` : `${where}: the connection failed: ${cause.message}`,
    gone ? "the program has ended, or its dev tools were stopped" : null,
    { cause },
  );
}
