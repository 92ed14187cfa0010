import { batch, effect } from "@preact/signals";
import { protocolVersion, type Frame } from "../protocol/frames.ts";
import { TroubleError } from "../protocol/trouble-error.ts";
import { post, put } from "./asking.ts";
import { Lines } from "./lines.ts";
import {
  connection,
  followed,
  nodes,
  notes,
  type Note,
  planes,
  receive,
  restartsOfProgram,
  skipped,
  subscriptions,
} from "./store.ts";
import { token } from "./token.ts";

// One stream a page. It tells the server what is followed, asks for nothing while the page is hidden, and comes back by itself.

const lineLimit = 8_000_000;
const silenceLimitMs = 20_000;
const firstRetryMs = 250;
const longestRetryMs = 5_000;
/** Between two updates of what is followed: scrolling changes it often. */
const updateEveryMs = 100;
/** What the program says in passing. */
const noteMs = 10_000;

let stream: string | null = null;
let life: string | null = null;
let noteSerial = 0;
let abort = new AbortController();

/** Connects, and stays connected. Another token begins anew. */
export function connect(): void {
  effect(() => {
    abort.abort();
    abort = new AbortController();
    if (token.value === null) return;
    void staying(abort.signal);
  });
  effect(() => {
    void followed.value;
    update();
  });
  document.addEventListener("visibilitychange", update);
}

async function staying(signal: AbortSignal): Promise<void> {
  let retryMs = firstRetryMs;
  while (!signal.aborted) {
    let ended: string | null = null;
    let why = "The program closed the connection.";
    try {
      if (connection.peek().state === "refused") connection.value = { state: "connecting" };
      const capabilities = await put({ method: "capabilities", parameters: {} }, signal);
      batch(() => {
        planes.value = capabilities.planes;
        nodes.value = capabilities.nodes;
      });
      if (capabilities.nodes.length === 0) {
        connection.value = { state: "file" };
        return;
      }
      ended = await following(signal, () => {
        retryMs = firstRetryMs;
      });
    } catch (error) {
      const refused =
        error instanceof TroubleError && ["unauthorized", "forbidden", "invalid"].includes(error.code) ? error : null;
      // A token that is refused is forgotten, which ends this; one that came in its place goes on by itself.
      if (signal.aborted && (refused === null || token.peek() !== null)) return;
      if (refused !== null) {
        connection.value = { state: "refused", why: refused.message, hint: refused.hint };
        return;
      }
      why = whyLost(error);
    } finally {
      stream = null;
    }
    if (signal.aborted) return;
    const retryAtMs = Date.now() + retryMs;
    connection.value = ended === null ? { state: "lost", why, retryAtMs } : { state: "ended", why: ended, retryAtMs };
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  }
}

/** What `fetch` says of a program that is not there differs from browser to browser, and helps nobody. */
function whyLost(error: unknown): string {
  if (error instanceof TroubleError || error instanceof RangeError) return error.message;
  if (error instanceof SyntaxError) return `The program sent a line that is not JSON: ${error.message}.`;
  return "The program does not answer.";
}

/** Reads the stream until it ends. Gives the program's reason, if it had one. */
async function following(signal: AbortSignal, onOpen: () => void): Promise<string | null> {
  const silence = new AbortController();
  const response = await post("/v1/stream", { subscriptions: wanted() }, AbortSignal.any([signal, silence.signal]));
  if (response.body === null) throw new TypeError("The answer to a request for a stream has no body.");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const lines = new Lines(lineLimit);
  let reason: string | null = null;
  try {
    for (;;) {
      const timer = setTimeout(() => silence.abort(), silenceLimitMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return reason;
      for (const line of lines.push(value)) {
        const frame = JSON.parse(line) as Frame;
        if (frame.type === "bye") reason = frame.reason;
        if (frame.type === "hello") onOpen();
        take(frame);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function take(frame: Frame): void {
  if (frame.type === "value" || frame.type === "trouble") receive(frame);
  else if (frame.type === "beat") skipped.value += frame.skipped;
  else if (frame.type === "note") tell("program", frame.text);
  else if (frame.type === "hello") greet(frame);
}

function greet(hello: Extract<Frame, { readonly type: "hello" }>): void {
  const version: number = hello.version;
  if (version !== protocolVersion) {
    throw new TroubleError({
      code: "invalid",
      message: `The program speaks version ${version} of the dev tools' protocol, this page another.`,
      hint: "Load the page again: the program has been started with another version of the dev tools.",
    });
  }
  batch(() => {
    stream = hello.stream;
    planes.value = hello.planes;
    nodes.value = hello.nodes;
    if (life !== null && life !== hello.life) {
      restartsOfProgram.value += 1;
      tell("page", "The program was started again. What is shown is of its new life.");
    }
    life = hello.life;
    connection.value = { state: "open" };
  });
  // What is followed may have changed while the request was on its way.
  update();
}

/** A program says how often it takes samples, and says it anew when that changes: what it said before is not so any more. */
function tell(from: Note["from"], text: string): void {
  noteSerial += 1;
  const serial = noteSerial;
  notes.value = [...notes.peek().filter((note) => note.from !== from), { serial, from, text }];
  if (from === "page") return;
  setTimeout(() => {
    notes.value = notes.peek().filter((note) => note.serial !== serial);
  }, noteMs);
}

/** Nobody looks at a hidden page: it follows nothing. */
function wanted(): ReturnType<typeof subscriptions> {
  return document.hidden ? [] : subscriptions();
}

let updating = false;
let changed = false;

function update(): void {
  changed = true;
  if (!updating) void updateSoon();
}

async function updateSoon(): Promise<void> {
  updating = true;
  try {
    while (changed) {
      // A turn, so that all the components of a page are there.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (stream === null) return;
      changed = false;
      await post("/v1/subscriptions", { stream, subscriptions: wanted() }, abort.signal);
      await new Promise((resolve) => setTimeout(resolve, updateEveryMs));
    }
  } catch {
    // The stream is gone, or about to be: the next one begins with what is followed then.
    changed = false;
  } finally {
    updating = false;
  }
}
