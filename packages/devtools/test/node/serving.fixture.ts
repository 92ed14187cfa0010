import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { Node, type Self } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import type { DevTools } from "../../src/node/index.ts";

/** A node with so many processes that wait. */
export async function busyNode(processes: number = 1): Promise<Node> {
  const node = await Node.start({ host: nodeHost() });
  for (let count = 0; count < processes; count += 1) void node.run(waiter).catch(() => {});
  return node;
}

function* waiter(self: Self<string>) {
  yield* self.receive();
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request as it is, with nothing added: `fetch` sets `Host` and `Origin` by itself. */
export function send(
  url: string,
  {
    method = "POST",
    path,
    headers = {},
    body = "",
  }: { method?: string; path: string; headers?: OutgoingHttpHeaders; body?: string },
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A question with a token, and whatever else. */
export function ask(
  tools: DevTools,
  token: string | null,
  question: unknown,
  headers: OutgoingHttpHeaders = {},
): Promise<Answer> {
  const authorization = token === null ? {} : { Authorization: `Bearer ${token}` };
  return send(tools.url, {
    path: "/v1/ask",
    headers: { ...authorization, ...headers },
    body: JSON.stringify(question),
  });
}

/** Bytes on a socket, and what came back until it was closed. */
export function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (text += chunk));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}
