import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  DevTools,
  DevToolsClient,
  parseTarget,
  servePage,
  serveRecording,
  TroubleError,
} from "../../src/node/index.ts";
import { recordingOf } from "../../src/index.ts";
import { busyNode, send } from "./serving.fixture.ts";

const overview = { id: "o", method: "overview", parameters: {} } as const;

describe("a page that is served for others", () => {
  it("hands on what is asked, with the token of who asks, to a program that has a Unix socket alone", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "espalier-test-"));
    await using node = await busyNode(3);
    const tools = await DevTools.start({ nodes: [node], socket: path.join(directory, "s.sock"), discoverable: false });
    await using page = await servePage(tools.target());
    const { origin } = new URL(page.link);
    expect((await send(origin, { method: "GET", path: "/" })).status).toBe(200);
    await using client = await DevToolsClient.open(page.link);
    expect((await client.ask("overview", {})).processes).toBe(3);
    const ending = new AbortController();
    const seen: string[] = [];
    for await (const frame of client.follow([overview], ending.signal)) {
      seen.push(frame.type);
      if (frame.type === "value") await tools.stop();
      if (frame.type === "note") ending.abort();
    }
    expect(seen).toEqual(["hello", "value", "bye", "note"]);
    await expect(client.ask("overview", {})).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining("nobody listens there"),
    });
    // It vouches for nobody, and can be reached from no other page.
    const body = '{"method":"overview","parameters":{}}';
    await using again = await DevTools.start({
      nodes: [node],
      socket: path.join(directory, "s.sock"),
      discoverable: false,
    });
    expect((await send(origin, { path: "/v1/ask", body })).status).toBe(401);
    const headers = { Authorization: `Bearer ${again.links[0]?.token.secret}` };
    expect((await send(origin, { path: "/v1/ask", headers, body })).status).toBe(200);
    expect((await send(origin, { path: "/v1/ask", headers: { ...headers, Host: "evil.example" }, body })).status).toBe(
      403,
    );
    expect(
      (await send(origin, { path: "/v1/ask", headers: { ...headers, Origin: "http://evil.example" }, body })).status,
    ).toBe(403);
    expect((await send(origin, { path: "/v1/else", headers, body })).status).toBe(404);
    await again.stop();
    await rm(directory, { recursive: true });
  });

  it("shows a recording, behind which there is no program", async () => {
    await using node = await busyNode(2);
    const recording = recordingOf(node);
    await using page = await serveRecording(recording);
    await using client = await DevToolsClient.open(page.link);
    expect([client.planes, client.nodes]).toEqual([["inspect"], []]);
    expect(await client.ask("recording", {})).toEqual(JSON.parse(JSON.stringify(recording)));
    await expect(client.ask("overview", {})).rejects.toThrow(TroubleError);
    await expect(client.ask("overview", {})).rejects.toThrow("there is no program here, only a recording");
  });
});

describe("a link", () => {
  it("is an address and a token, and nothing else, and is in no error", () => {
    expect(parseTarget("http://127.0.0.1:4321/#t=i.abc")).toEqual({ url: "http://127.0.0.1:4321/", token: "i.abc" });
    expect(parseTarget("unix:/run/a.sock#t=i.abc")).toEqual({ socket: "/run/a.sock", token: "i.abc" });
    for (const text of ["http://127.0.0.1:4321/", "ftp://a/#t=i.abc", "unix:a#t=i.abc", "#t=i.abc", ""]) {
      expect(() => parseTarget(text)).toThrow("link: expected http://host:port/#t=TOKEN or unix:/path#t=TOKEN");
      expect(() => parseTarget(text)).not.toThrow("i.abc");
    }
  });
});
