import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Recording } from "../../protocol/recording.ts";
import { TroubleError } from "../../protocol/trouble-error.ts";
import { DevToolsError } from "../errors.ts";
import type { Target } from "../programs/target.ts";
import { type Gate, loopbackNames } from "../serving/gate.ts";
import { bodyOf } from "../serving/request-body.ts";
import { Answers, close, isApiPath, listen, notFound, pageServer } from "../serving/server.ts";
import type { Source } from "../serving/source.ts";
import { Token } from "../serving/token.ts";
import { post } from "./http.ts";
import { usedMs } from "../serving/used.ts";

/** A page that this OS process serves, on this machine alone, until it is stopped. */
export interface ServedPage extends AsyncDisposable {
  /** What opens it. It has a token. */
  readonly link: string;
  stop(): Promise<void>;
}

export interface PageOptions {
  /** A free one unless given. */
  readonly port?: number;
}

const gate: Gate = { hosts: loopbackNames, tls: false };

/**
 * Serves the page for a program that a browser cannot reach: one that listens on a Unix socket. What the page asks is handed on with the page's token, so nobody
 * can do more here than there. Rejects with what the operating system says of a port that is taken.
 */
export async function servePage(target: Target, { port = 0 }: PageOptions = {}): Promise<ServedPage> {
  const server = pageServer(gate, (request, response) => handOn(target, request, response));
  return served(server, port, target.token, () => {});
}

/** Serves the page for a recording from a file: there is no program behind it. */
export async function serveRecording(recording: Recording, { port = 0 }: PageOptions = {}): Promise<ServedPage> {
  const secret = randomBytes(32);
  const answers = new Answers(new RecordingSource(recording), secret);
  const token = Token.make(secret, ["inspect"]);
  return served(pageServer(gate, answers.api), port, token.secret, () => answers.end("the page is served no more"));
}

async function served(server: HttpServer, port: number, token: string, before: () => void): Promise<ServedPage> {
  const { url } = await listen(server, { host: "127.0.0.1", port });
  const stop = async (): Promise<void> => {
    before();
    await close(server);
  };
  return { link: `${url}#t=${token}`, stop, [Symbol.asyncDispose]: stop };
}

async function handOn(target: Target, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = "" } = request;
  if (!isApiPath(url) || request.method !== "POST") throw notFound(url);
  const body = await bodyOf(request);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  let answer: IncomingMessage;
  try {
    answer = await post(target, url, body, request.headers.authorization, gone.signal);
  } catch (error) {
    if (!(error instanceof DevToolsError)) throw error;
    throw new TroubleError({ code: "busy", message: error.message, hint: error.hint });
  }
  response.writeHead(answer.statusCode ?? 502, {
    "Content-Type": answer.headers["content-type"] ?? "application/json",
  });
  try {
    await pipeline(answer, response);
  } catch {
    // One of the two went away, and the other was closed for it: the page says so, and tries again.
  }
}

/** Answers with a recording, and nothing else. */
class RecordingSource implements Source {
  readonly life: string = randomUUID();
  readonly #recording: Recording;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  nodes(): readonly [] {
    return [];
  }

  look(): never {
    throw noProgram();
  }

  async ask({ method }: Parameters<Source["ask"]>[0]): Promise<unknown> {
    if (method === "recording") return this.#recording;
    throw noProgram();
  }

  touch(): void {}

  watch(): () => void {
    return () => {};
  }

  usedMs(): number {
    return usedMs();
  }

  spent(): void {}
}

function noProgram(): TroubleError {
  return new TroubleError({
    code: "not-found",
    message: "there is no program here, only a recording",
    hint: "open the page of a running program",
  });
}
