import { refused } from "./os-process.ts";

const answerMs = 5_000;
/** Of the list of what can be debugged: one program, a few lines. */
const listMaxBytes = 256 * 1024;

/** A session with the inspector of a program on this machine, as in the Chrome DevTools Protocol. */
export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  readonly #waiting: Map<number, PromiseWithResolvers<unknown>> = new Map();
  #serial = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#took(String(data)));
    socket.addEventListener("close", () => {
      for (const { reject } of this.#waiting.values()) reject(refused("the inspector closed the connection"));
      this.#waiting.clear();
    });
  }

  /** Null: nobody listens there, or no inspector does. */
  static async at(port: number): Promise<Inspector | null> {
    const url = await addressAt(port);
    if (url === null) return null;
    const socket = new WebSocket(url);
    const opened = Promise.withResolvers<boolean>();
    socket.addEventListener("open", () => opened.resolve(true), { once: true });
    socket.addEventListener("error", () => opened.resolve(false), { once: true });
    const timer = setTimeout(() => opened.resolve(false), answerMs);
    const isOpen = await opened.promise;
    clearTimeout(timer);
    if (isOpen) return new Inspector(socket);
    socket.close();
    return null;
  }

  /** What an expression is in the program, or what its promise resolves with, as JSON has it. Rejects with a DevToolsError. */
  async evaluate(expression: string): Promise<unknown> {
    const reply = (await this.#call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      includeCommandLineAPI: false,
    })) as Evaluation;
    const { exceptionDetails: details, result } = reply;
    if (details === undefined) return result?.value;
    throw refused(
      `the program threw: ${(details.exception?.description ?? details.text ?? "something").slice(0, 500)}`,
    );
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #call(method: string, params: object): Promise<unknown> {
    this.#serial += 1;
    const id = this.#serial;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    const timer = setTimeout(() => {
      waiting.reject(
        refused(`the program did not answer within ${answerMs / 1_000} s`, "its event loop may be blocked"),
      );
    }, answerMs);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return waiting.promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    });
  }

  #took(text: string): void {
    const { id, result, error } = messageOf(text);
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (error === undefined) waiting?.resolve(result);
    else
      waiting?.reject(
        refused(
          `the inspector refused: ${typeof error.message === "string" ? error.message.slice(0, 500) : "without a reason"}`,
        ),
      );
  }
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown };
}

/** What makes no sense answers nothing: whoever waits gives up in time. */
function messageOf(text: string): Message {
  try {
    return (JSON.parse(text) ?? {}) as Message;
  } catch {
    return {};
  }
}

interface Evaluation {
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text?: string; readonly exception?: { readonly description?: string } };
}

/** The text of an answer, as far as it is not too long. */
async function beginningOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > listMaxBytes) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The address of the WebSocket of the inspector on a port; null: nobody listens there, or no inspector does. */
export async function addressAt(port: number): Promise<string | null> {
  let text: string;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`, {
      signal: AbortSignal.timeout(answerMs),
      redirect: "error",
    });
    text = await beginningOf(response);
  } catch {
    // Nobody listens, or somebody who does not speak HTTP.
    return null;
  }
  try {
    const [first] = JSON.parse(text) as readonly { readonly webSocketDebuggerUrl?: string }[];
    const url = first?.webSocketDebuggerUrl;
    return typeof url === "string" && url.startsWith(`ws://127.0.0.1:${port}/`) ? url : null;
  } catch {
    // Something else answers there.
    return null;
  }
}
