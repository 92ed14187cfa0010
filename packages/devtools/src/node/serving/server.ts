import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Followed } from "../../protocol/frames.ts";
import { parseQuestion } from "../../protocol/parse-question.ts";
import { followedMethods, parseStreamRequest, parseStreamUpdate } from "../../protocol/parse-stream.ts";
import type { Method, Question, Reply, Result, Trouble } from "../../protocol/requests.ts";
import { TroubleError } from "../../protocol/trouble-error.ts";
import { contentSecurityPolicy, type PageFile, PageFiles } from "../page/page-files.ts";
import { answerMaxBytes, answerText } from "./answer-text.ts";
import { Allowance } from "./allowance.ts";
import { checkAddressed, type Gate, tokenOf } from "./gate.ts";
import { checkPlane, isLook } from "./planes-of.ts";
import { jsonOf } from "./request-body.ts";
import type { Source } from "./source.ts";
import { type Patience, Stream, troubleOf, usualPatience } from "./stream.ts";
import type { Token } from "./token.ts";

/** Who answers what is asked under `/v1/`. */
export type Api = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const connectionsMax = 128;
/** A recording comes whole. */
const recordingMaxBytes = 32 * 1024 * 1024;
/** Of answers that clients have not taken yet, all together: above this nobody is answered with more. */
const untakenMaxBytes = 64 * 1024 * 1024;

const statuses: Readonly<Record<Trouble["code"], number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  busy: 503,
  failed: 500,
  "too-many": 429,
};

/** The page without data for everybody who asks in the right way, and whatever the API answers. */
export function pageServer(
  gate: Gate,
  api: Api,
  authenticate?: (request: IncomingMessage) => boolean | Promise<boolean>,
): HttpServer {
  let files: PageFiles | null = null;
  const server = createServer(
    {
      maxHeaderSize: 8 * 1024,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 10_000,
      connectionsCheckingInterval: 2_000,
    },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = connectionsMax;
  return server;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Sent before the one before it was answered: its answer would be held, and nobody would be told when the connection is closed. No browser does that.
    if (response.socket === null) {
      request.socket.destroy();
      return;
    }
    for (const [name, value] of headers) response.setHeader(name, value);
    try {
      checkAddressed(request, gate);
      // A program without types may answer anything: true alone lets in.
      // oxlint-disable-next-line no-unnecessary-boolean-literal-compare
      if (authenticate !== undefined && (await authenticate(request)) !== true) {
        throw new TroubleError({
          code: "unauthorized",
          message: "the program's own check refused the request",
          hint: null,
        });
      }
      const { method, url = "" } = request;
      if (url.startsWith("/v1/")) return await api(request, response);
      files ??= new PageFiles();
      const file = url === "/" ? files.html() : files.get(url);
      if (file === undefined) throw notFound(url);
      if (method !== "GET" && method !== "HEAD") throw wrongMethod("GET", response);
      sendFile(response, file, method === "HEAD");
    } catch (error) {
      refuse(response, troubleOf(error));
    }
  }
}

const headers: readonly (readonly [string, string])[] = [
  ["Content-Security-Policy", contentSecurityPolicy],
  ["Referrer-Policy", "no-referrer"],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Cache-Control", "no-store"],
];

function sendFile(response: ServerResponse, { type, body }: PageFile, headOnly: boolean): void {
  response.writeHead(200, { "Content-Type": type, "Content-Length": body.length });
  response.end(headOnly ? undefined : body);
}

/** Answers from a source, to whom a token lets ask. */
export class Answers {
  readonly #source: Source;
  readonly #secret: Uint8Array;
  readonly #streams: Map<string, Stream> = new Map();
  /** By what the tokens were made for: as many as there are links. */
  readonly #allowances: Map<string, Allowance> = new Map();
  readonly #patience: Patience;
  /** Bytes of answers that were not taken yet. */
  #untaken = 0;

  constructor(source: Source, secret: Uint8Array, patience: Patience = usualPatience) {
    this.#source = source;
    this.#secret = secret;
    this.#patience = patience;
  }

  readonly api: Api = async (request, response) => {
    const path = request.url ?? "";
    const token = tokenOf(request, this.#secret, Date.now());
    if (!isApiPath(path)) throw notFound(path);
    if (request.method !== "POST") throw wrongMethod("POST", response);
    this.#allowance(token).question(performance.now());
    const body = await jsonOf(request);
    this.#source.touch();
    if (path === "/v1/ask") return this.#ask(body, token, response);
    checkPlane("overview", token.planes);
    if (path === "/v1/stream") this.#open(body, token, response);
    else this.#update(body, token, response);
  };

  /** How many streams are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** What is held for clients that have not taken it. */
  get unsentBytes(): number {
    let bytes = this.#untaken;
    for (const stream of this.#streams.values()) bytes += stream.unsentBytes;
    return bytes;
  }

  /** Ends all streams. */
  end(reason: string): void {
    for (const stream of this.#streams.values()) stream.end(reason);
    this.#streams.clear();
  }

  #allowance({ made }: Token): Allowance {
    let allowance = this.#allowances.get(made);
    if (allowance === undefined) this.#allowances.set(made, (allowance = new Allowance(performance.now())));
    return allowance;
  }

  async #ask(body: unknown, token: Token, response: ServerResponse): Promise<void> {
    const question = parseQuestion(body);
    checkPlane(question.method, token.planes);
    const allowance = this.#allowance(token);
    // Whoever may act may always act: somebody has to, just when there is no time.
    if (isLook(question.method)) allowance.checkLook(performance.now());
    if (this.#untaken > untakenMaxBytes) throw untakenTooMuch(this.#untaken);
    const startedMs = this.#source.usedMs();
    let result: unknown;
    let costMs: number;
    try {
      const answer = this.#answer(question, token);
      // What it waits for after this is no cost: the event loop is free meanwhile.
      costMs = this.#source.usedMs() - startedMs;
      this.#spent(allowance, costMs);
      result = await answer;
    } catch (error) {
      return send(response, 200, { ok: false, error: troubleOf(error) });
    }
    const sendingMs = this.#source.usedMs();
    try {
      const limit = question.method === "recording" ? recordingMaxBytes : answerMaxBytes;
      const text = answerText({ ok: true, result, costMs } satisfies Reply | { result: unknown }, limit);
      this.#hold(response, Buffer.byteLength(text));
      sendText(response, 200, text);
    } catch (error) {
      return send(response, 200, { ok: false, error: troubleOf(error) });
    } finally {
      this.#spent(allowance, this.#source.usedMs() - sendingMs);
    }
  }

  #spent(allowance: Allowance, ms: number): void {
    this.#source.spent(ms);
    allowance.looked(ms, performance.now());
  }

  /** Counts an answer until it is taken, and gives it up when nothing of it is taken for too long. */
  #hold(response: ServerResponse, bytes: number): void {
    if (response.destroyed) return;
    this.#untaken += bytes;
    // Node begins anew when some of it was taken.
    response.setTimeout(this.#patience.cutMs, () => response.destroy());
    response.once("close", () => {
      this.#untaken -= bytes;
    });
  }

  #answer({ method, parameters }: Question, token: Token): unknown {
    const { planes } = token;
    if (method === "capabilities") return { planes, nodes: this.#source.nodes() };
    if (isFollowed(method)) return this.#source.look({ method, parameters }, planes);
    return this.#source.ask({ method, parameters }, `dev tools, link ${token.fingerprint}`);
  }

  #open(body: unknown, token: Token, response: ServerResponse): void {
    const { subscriptions } = parseStreamRequest(body);
    // It went away while it was asking: nothing would tell that it has.
    if (response.destroyed) return;
    const allowance = this.#allowance(token);
    const release = allowance.stream();
    response.writeHead(200, { "Content-Type": "application/x-ndjson; charset=utf-8" });
    const stream = new Stream(response, this.#source, token, allowance, this.#patience);
    this.#streams.set(stream.id, stream);
    response.once("close", () => {
      this.#streams.delete(stream.id);
      release();
    });
    stream.update(subscriptions);
  }

  #update(body: unknown, token: Token, response: ServerResponse): void {
    const { stream: id, subscriptions } = parseStreamUpdate(body);
    const stream = this.#streams.get(id);
    // The id of a stream is no secret of its own: it is its token's.
    if (stream === undefined || stream.token.secret !== token.secret) {
      throw new TroubleError({
        code: "not-found",
        message: "update.stream: expected the id of a stream that is open with this token",
        hint: "open a stream with what is to be followed: POST /v1/stream",
      });
    }
    stream.update(subscriptions);
    send(response, 200, { ok: true });
  }
}

/** Whether something can be asked there. */
export function isApiPath(path: string): boolean {
  return path === "/v1/ask" || path === "/v1/stream" || path === "/v1/subscriptions";
}

function isFollowed(method: Method): method is Followed {
  return (followedMethods as readonly Method[]).includes(method);
}

/** What is said of a path that there is not. */
export function notFound(path: string): TroubleError {
  return new TroubleError({
    code: "not-found",
    message: `there is nothing at ${JSON.stringify(path.replace(/[?#].*/s, "").slice(0, 100))}`,
    hint: "the page is at /, and what can be asked at /v1/ask, /v1/stream and /v1/subscriptions",
  });
}

function untakenTooMuch(bytes: number): TroubleError {
  return new TroubleError({
    code: "busy",
    message: `${bytes} bytes of answers wait for clients that do not take them`,
    hint: "ask again in half a minute: who does not take an answer is cut then",
  });
}

function wrongMethod(expected: string, response: ServerResponse): TroubleError {
  response.setHeader("Allow", expected);
  return new TroubleError({ code: "invalid", message: `expected the method ${expected}`, hint: null });
}

function send(
  response: ServerResponse,
  status: number,
  reply: { readonly ok: boolean; readonly error?: Trouble; readonly result?: Result<Method> },
): void {
  sendText(response, status, JSON.stringify(reply));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" });
  response.end(text);
}

/** Whoever is refused may still be sending: the connection is not used again. */
function refuse(response: ServerResponse, error: Trouble): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.setHeader("Connection", "close");
  send(response, statuses[error.code], { ok: false, error });
}

/** Where a server listens. */
export interface Address {
  readonly url: string | null;
  readonly socket: string | null;
}

/** Resolves when it listens; rejects with what the operating system says. */
export function listen(
  server: HttpServer,
  where: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      if ("path" in where) return resolve({ url: null, socket: where.path });
      const { address, family, port } = server.address() as AddressInfo;
      resolve({ url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}/`, socket: null });
    });
  });
}

/** It does not keep the OS process alive, whoever is connected. */
export function detach(server: HttpServer): void {
  server.on("connection", (socket) => socket.unref());
  server.unref();
}

/** Resolves when nothing of it is left. */
export function close(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
