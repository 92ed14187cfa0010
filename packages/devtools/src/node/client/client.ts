import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Plane } from "../../protocol/capability.ts";
import { type Frame, protocolVersion, type Subscription } from "../../protocol/frames.ts";
import type { Method, Parameters, Reply, Result, Trouble } from "../../protocol/requests.ts";
import type { NodeSheet } from "../../protocol/sheets.ts";
import { TroubleError } from "../../protocol/trouble-error.ts";
import { parseTarget, type Target } from "../programs/target.ts";
import { DevToolsError } from "../errors.ts";
import { placeOf, post } from "./http.ts";

const replyMaxBytes = 64 * 1024 * 1024;
const lineMaxBytes = 8 * 1024 * 1024;
/** For the whole of an answer, once it has begun. */
const replyMs = 60_000;
/** A stream has a beat every five seconds. */
const silenceMs = 20_000;
const firstRetryMs = 250;
const longestRetryMs = 5_000;

/** Asks a program's dev tools, over TCP or a Unix socket. */
export class DevToolsClient implements AsyncDisposable {
  readonly #target: Target;
  readonly #closing: AbortController = new AbortController();
  /** What the token allows. */
  readonly planes: readonly Plane[];
  /** The nodes of the program when it was opened. */
  readonly nodes: readonly NodeSheet[];

  private constructor(target: Target, planes: readonly Plane[], nodes: readonly NodeSheet[]) {
    this.#target = target;
    this.planes = planes;
    this.nodes = nodes;
  }

  /**
   * Rejects with a DevToolsError when the program cannot be reached, and with a TroubleError when it refuses the token.
   *
   * @param target or a link, such as a program prints it.
   */
  static async open(target: Target | string): Promise<DevToolsClient> {
    const found = typeof target === "string" ? parseTarget(target) : target;
    const { planes, nodes } = (await ask(found, "capabilities", {}, undefined)) ?? {};
    if (isTexts(planes) && isNodes(nodes)) return new DevToolsClient(found, planes, nodes);
    throw notDevTools(found, 200);
  }

  /** Where it asks, for people: without the token. */
  get place(): string {
    return placeOf(this.#target);
  }

  /** Rejects with a TroubleError when the program refuses, or fails; with a DevToolsError when it does not answer. */
  ask<M extends Method>(method: M, parameters: Parameters<M>): Promise<Result<M>> {
    return ask(this.#target, method, parameters, this.#closing.signal);
  }

  /**
   * Follows the answers to methods: each stream begins with a `hello`, whose `life` tells whether the program was started again. When the connection is lost a
   * `note` says so, and it connects again and again until `signal` is aborted, which ends it without an error.
   *
   * Throws a TroubleError when the program refuses: no other attempt would do better.
   */
  async *follow(subscriptions: readonly Subscription[], signal: AbortSignal): AsyncIterable<Frame> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    let retryMs = firstRetryMs;
    while (!either.aborted) {
      let why = "the program closed the connection";
      try {
        for await (const frame of stream(this.#target, subscriptions, either)) {
          retryMs = firstRetryMs;
          if (frame.type === "bye") why = frame.reason;
          yield frame;
        }
      } catch (error) {
        if (either.aborted) return;
        if (error instanceof TroubleError && error.code !== "busy" && error.code !== "too-many") throw error;
        if (!(error instanceof Error)) throw error;
        why = error.message;
      }
      if (either.aborted) return;
      yield { type: "note", text: `${why}; trying again` };
      await sleep(retryMs, undefined, { signal: either }).catch(ignoreAbort);
      retryMs = Math.min(longestRetryMs, retryMs * 2);
    }
  }

  /** What is under way is given up. Idempotent. */
  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function ask<M extends Method>(
  target: Target,
  method: M,
  parameters: Parameters<M>,
  signal: AbortSignal | undefined,
): Promise<Result<M>> {
  const body = JSON.stringify({ method, parameters });
  const response = await post(target, "/v1/ask", body, `Bearer ${target.token}`, signal);
  const reply = await replyOf<M>(target, response);
  if (!reply.ok) throw new TroubleError(reply.error);
  return reply.result;
}

async function replyOf<M extends Method>(target: Target, response: IncomingMessage): Promise<Reply<M>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const tooSlow = new DevToolsError(
    "NO_ANSWER",
    `${placeOf(target)}: the answer was not whole within ${replyMs / 1_000} s`,
  );
  const timer = setTimeout(() => response.destroy(tooSlow), replyMs);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > replyMaxBytes) {
        response.destroy();
        throw new DevToolsError("NO_ANSWER", `${placeOf(target)}: the answer has more than ${replyMaxBytes} bytes`);
      }
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  const reply = parsed(Buffer.concat(chunks).toString("utf8")) as Partial<Reply<M>> | null;
  if (reply?.ok === true || (reply?.ok === false && isTrouble(reply.error))) return reply as Reply<M>;
  throw notDevTools(target, response.statusCode);
}

async function* stream(
  target: Target,
  subscriptions: readonly Subscription[],
  signal: AbortSignal,
): AsyncGenerator<Frame, void, void> {
  const response = await post(
    target,
    "/v1/stream",
    JSON.stringify({ subscriptions }),
    `Bearer ${target.token}`,
    signal,
  );
  if (response.statusCode !== 200) {
    const reply = await replyOf(target, response);
    throw reply.ok ? notDevTools(target, response.statusCode) : new TroubleError(reply.error);
  }
  const silence = setTimeout(() => response.destroy(new Error(`nothing came for ${silenceMs / 1_000} s`)), silenceMs);
  try {
    let rest = "";
    response.setEncoding("utf8");
    for await (const chunk of response as AsyncIterable<string>) {
      silence.refresh();
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > lineMaxBytes) throw notDevTools(target, response.statusCode);
      for (const line of lines) yield frameOf(target, response, line);
    }
  } finally {
    clearTimeout(silence);
    response.destroy();
  }
}

function frameOf(target: Target, response: IncomingMessage, line: string): Frame {
  const frame = parsed(line) as Frame | null;
  const isHello = frame?.type !== "hello" || (isTexts(frame.planes) && isNodes(frame.nodes));
  if (typeof frame?.type !== "string" || !isHello) throw notDevTools(target, response.statusCode);
  const version: number = frame.type === "hello" ? frame.version : protocolVersion;
  if (version === protocolVersion) return frame;
  throw new TroubleError({
    code: "invalid",
    message: `${placeOf(target)}: speaks version ${version} of the protocol, and this client version ${protocolVersion}`,
    hint: "use the client of the package that the program uses",
  });
}

/** Null: it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isTrouble(error: Trouble | undefined): boolean {
  return typeof error?.code === "string" && typeof error.message === "string";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isNodes(value: unknown): boolean {
  return Array.isArray(value) && value.every((item: Partial<NodeSheet> | null) => typeof item?.id === "string");
}

function notDevTools(target: Target, statusCode: number = 0): DevToolsError {
  return new DevToolsError(
    "NO_ANSWER",
    `${placeOf(target)}: expected an answer of dev tools, got something else with the status ${statusCode}`,
    "another program may listen there now",
  );
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "AbortError") throw error;
}
