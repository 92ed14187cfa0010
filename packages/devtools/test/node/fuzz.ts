import { connect } from "node:net";
import { loopbackNames } from "../../src/node/serving/gate.ts";
import { LiveSource } from "../../src/node/serving/live-source.ts";
import { Answers, close, detach, listen, pageServer } from "../../src/node/serving/server.ts";
import { Token } from "../../src/node/serving/token.ts";
import { busyNode } from "./serving.fixture.ts";

/** What is changed: whole requests as the page sends them. */
const questions: readonly object[] = [
  { method: "capabilities", parameters: {} },
  { method: "overview", parameters: {} },
  {
    method: "table",
    parameters: {
      sort: { by: "mailbox", descending: true, mode: "rate" },
      filter: { text: "a", mailboxAtLeast: 1, doing: "idle", kind: "server", under: "x", system: true },
      first: 0,
      count: 50,
    },
  },
  { method: "tree", parameters: { open: ["a", "b"], troubled: true, first: 0, count: 50 } },
  { method: "process", parameters: { pid: "x" } },
  { method: "crash", parameters: { id: 1 } },
  { method: "recording", parameters: {} },
  { method: "trace.start", parameters: { pids: ["x"], maxMs: 10, maxEvents: 10 } },
  { method: "trace.get", parameters: { first: 0, count: 10 } },
  { method: "state", parameters: { pid: "x" } },
  { method: "send", parameters: { pid: "x", message: { a: [1, null] } } },
  { method: "exit", parameters: { pid: "x", reason: "y" } },
  { subscriptions: [{ id: "a", method: "overview", parameters: {} }] },
  { stream: "x", subscriptions: [] },
];

const oddities: readonly string[] = [
  '"__proto__"',
  '"constructor"',
  "null",
  "-1",
  "1e308",
  "1e9",
  "-0",
  '"1"',
  "[]",
  "{}",
  '{"__proto__":{"method":"kill"}}',
  "NaN",
  "\u0000",
  "\ud800",
  "\r\n\r\n",
  "%2e%2e%2f",
  "[".repeat(2_000),
];

const paths: readonly string[] = ["/v1/ask", "/v1/stream", "/v1/subscriptions", "/", "/page/browser/main.ts", "/v1/x"];

/** Numbers that look random, the same for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Cuts, repeats, exchanges and adds, a few times. */
function mutated(text: string, below: (count: number) => number): string {
  let next = text;
  for (let times = below(4); times > 0; times -= 1) {
    const at = below(next.length + 1);
    const end = at + below(12);
    const odd = oddities[below(oddities.length)] as string;
    const parts = [
      [next.slice(0, at), next.slice(end)],
      [next.slice(0, at), odd, next.slice(end)],
      [next.slice(0, end), next.slice(at)],
      [next.slice(0, at), String.fromCharCode(below(256)), next.slice(at)],
    ];
    next = (parts[below(parts.length)] as string[]).join("");
  }
  return next;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
}

/**
 * Sends requests that are nearly right to a real server. Resolves with the first thing that is wrong, null if nothing is: an answer with a status of 500, which no
 * request may cause, one that is neither HTTP nor a closed connection, streams that are left, or a server that answers no more.
 */
export async function fuzzDevTools({ seed, count }: FuzzOptions): Promise<string | null> {
  const below = random(seed);
  const secret = new Uint8Array(32).fill(1);
  const token = Token.make(secret, ["inspect", "values", "manage"]);
  const node = await busyNode(20);
  const source = new LiveSource(() => [node], null, "fuzz");
  let answers = new Answers(source, secret);
  const server = pageServer({ hosts: loopbackNames, tls: false }, (request, response) =>
    answers.api(request, response),
  );
  detach(server);
  const url = (await listen(server, { host: "127.0.0.1", port: 0 })).url as string;
  try {
    for (let index = 0; index < count; index += 1) {
      // Else it would be told most of the time that it asks too often.
      if (index % 40 === 0) {
        answers.end("");
        answers = new Answers(source, secret);
      }
      const body = mutated(JSON.stringify(questions[below(questions.length)]), below);
      const head = `POST ${paths[below(8)] ?? "/v1/ask"} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token.secret}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}`;
      const bytes = `${below(4) === 0 ? mutated(head, below) : head}\r\n\r\n${body}`;
      const answer = await answerTo(url, bytes);
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
      if ((answer !== "" && status === undefined) || status === "500" || answer.includes('"code":"failed"')) {
        return `seed ${seed}, request ${index}: ${JSON.stringify(bytes)} was answered with ${JSON.stringify(answer.slice(0, 1_000))}`;
      }
    }
    answers.end("");
    answers = new Answers(source, secret);
    const body = JSON.stringify(questions[0]);
    const last = await answerTo(
      url,
      `POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token.secret}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return last.startsWith("HTTP/1.1 200 ") ? null : `seed ${seed}: afterwards it answered ${JSON.stringify(last)}`;
  } finally {
    answers.end("");
    source.sampling.stop();
    await close(server);
    await node.stop();
  }
}

/** What comes back: of a stream, and of what waits for more, the beginning. */
function answerTo(url: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes));
    // A request that announces more than it has is not answered before it is given up.
    const timer = setTimeout(() => socket.destroy(), 30);
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.includes('"type":"hello"')) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}
