import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, test } from "vitest";
import { DevToolsClient } from "../../src/node/index.ts";
import { Inspector } from "../../src/node/attaching/inspector.ts";
import { listenerOn } from "../../src/node/attaching/os-process.ts";

// What is looked at may answer anything.

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function answering(answer: (response: ServerResponse, path: string) => void): Promise<number> {
  server = createServer((request, response) => {
    request.resume();
    answer(response, request.url ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function target(port: number): { readonly url: string; readonly token: string } {
  return { url: `http://127.0.0.1:${port}/`, token: "i.x" };
}

/** Writes until nobody reads any more. */
function pour(response: ServerResponse, piece: string): void {
  while (!response.destroyed && response.write(piece));
  response.once("drain", () => pour(response, piece));
}

const capabilities = '{"ok":true,"result":{"planes":["inspect"],"nodes":[]}}';

describe("a program that does not speak the protocol (dev tools client)", () => {
  test.each<[string, string]>([
    ["html", "<html>"],
    ["nothing", ""],
    ["null", "null"],
    ["no reply", '{"result":{}}'],
    ["an error that is none", '{"ok":false,"error":7}'],
    ["no result", '{"ok":true}'],
    ["a result that is null", '{"ok":true,"result":null}'],
    ["planes that are none", '{"ok":true,"result":{"planes":[1],"nodes":[]}}'],
    ["nodes that are none", '{"ok":true,"result":{"planes":[],"nodes":[null]}}'],
  ])("is called that: %s", async (_what, text) => {
    const port = await answering((response) => response.end(text));
    const error = await DevToolsClient.open(target(port)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "NO_ANSWER",
      message: expect.stringContaining("expected an answer of dev tools"),
    });
  });

  it("is not followed to another address, which would get the token (S359)", async () => {
    let asked = 0;
    const port = await answering((response) => {
      asked += 1;
      response.writeHead(307, { Location: `http://127.0.0.1:${port}/other` }).end();
    });
    await expect(DevToolsClient.open(target(port))).rejects.toMatchObject({ code: "NO_ANSWER" });
    expect(asked).toBe(1);
  });

  it("costs no more memory than an answer may have (S360)", async () => {
    const piece = "x".repeat(1024 * 1024);
    const port = await answering((response) => pour(response, piece));
    await expect(DevToolsClient.open(target(port))).rejects.toThrow("more than 67108864 bytes");
  });

  test.each<[string, (response: ServerResponse) => void, string]>([
    ["a line without an end", (response) => pour(response, "x".repeat(1024 * 1024)), "expected an answer of dev tools"],
    ["lines that are no frames", (response) => pour(response, "7\n"), "expected an answer of dev tools"],
    [
      "a hello without planes",
      (response) => void response.write('{"type":"hello","version":1}\n'),
      "expected an answer",
    ],
  ])("is not followed on, and asked again: %s", async (_what, pouring, says) => {
    const port = await answering((response, path) =>
      path === "/v1/ask" ? response.end(capabilities) : pouring(response),
    );
    await using client = await DevToolsClient.open(target(port));
    const ending = new AbortController();
    for await (const frame of client.follow([], ending.signal)) {
      expect(frame).toMatchObject({ type: "note", text: expect.stringContaining(says) });
      ending.abort();
    }
  });
});

describe("who listens where an inspector would (attaching)", () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ["no JSON", (response) => response.end("hello")],
    ["no list", (response) => response.end('{"a":1}')],
    ["a list without an end", (response) => pour(response, "[".repeat(64 * 1024))],
    ["a redirection", (response) => response.writeHead(302, { Location: "/json/list" }).end()],
    ["a debugger of another place", (response) => response.end('[{"webSocketDebuggerUrl":"ws://192.0.2.1:1/"}]')],
  ])("is no inspector with %s", async (_what, answer) => {
    const port = await answering(answer);
    expect(await Inspector.at(port)).toBeNull();
  });

  it.runIf(process.platform === "linux")("is found out by the kernel's tables, and not by what it says", async () => {
    const port = await answering((response) => response.end());
    expect([listenerOn(port, process.pid), listenerOn(port, process.ppid)]).toEqual(["it", "another"]);
  });
});
