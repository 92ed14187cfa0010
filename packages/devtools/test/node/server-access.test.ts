import { statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import type { Node } from "@espalier/runtime";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { DevTools, DevToolsClient, Token } from "../../src/node/index.ts";
import { ask, busyNode, raw, send } from "./serving.fixture.ts";

let node: Node;
let tools: DevTools;
const overview = { method: "overview", parameters: {} };
beforeAll(async () => {
  node = await busyNode();
  tools = await DevTools.start({ nodes: [node], planes: ["manage"], discoverable: false });
});
afterAll(async () => {
  await tools.stop();
  await node.stop();
});

const reading = (): Token => tools.links[0]?.token as Token;
const managing = (): Token => tools.links[1]?.token as Token;

describe("who may ask (dev tools)", () => {
  it("answers a token, and what was narrowed from it, as far as that goes", async () => {
    expect((await ask(tools, reading().secret, overview)).status).toBe(200);
    const narrowed = managing().narrow({ planes: ["inspect"], until: new Date(Date.now() + 60_000) });
    expect((await ask(tools, narrowed.secret, overview)).status).toBe(200);
    const refused = await ask(tools, narrowed.secret, { method: "kill", parameters: { pid: "x" } });
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      403,
      { ok: false, error: { code: "forbidden" } },
    ]);
    expect((await ask(tools, managing().narrow({ planes: [] }).secret, overview)).status).toBe(403);
  });

  test.each<[string, () => string | null, string]>([
    ["no token", () => null, "got none"],
    ["no token's text", () => "abc", "got something else"],
    ["another program's token", () => Token.make(new Uint8Array(32), ["inspect"]).secret, "not one of this program's"],
    [
      "a token whose time is over",
      () => reading().narrow({ until: new Date(Date.now() - 1_000) }).secret,
      "time is over",
    ],
    ["a token that claims more", () => managing().secret.replace(/^i/, "iv"), "not one of this program's"],
  ])("refuses %s (S320)", async (_what, token, says) => {
    const text = token();
    const answer = await ask(tools, text, overview);
    expect(answer.status).toBe(401);
    expect(answer.text).toContain(says);
    if (text !== null) expect(answer.text).not.toContain(text);
  });

  it("does not take a token from the query, or from a cookie", async () => {
    const { secret } = reading();
    const body = JSON.stringify(overview);
    expect((await send(tools.url, { path: `/v1/ask?t=${secret}`, body })).status).toBe(401);
    expect((await send(tools.url, { path: "/v1/ask", headers: { Cookie: `t=${secret}` }, body })).status).toBe(401);
  });

  it("refuses what is done to processes without the plane, and says which token would do", async () => {
    for (const method of ["suspend", "resume", "restart", "exit", "kill"]) {
      const answer = await ask(tools, reading().secret, { method, parameters: { pid: "x" } });
      expect([answer.status, answer.text]).toEqual([
        403,
        expect.stringContaining("expected a token with the plane manage"),
      ]);
    }
    const state = await ask(tools, reading().secret, { method: "state", parameters: { pid: "x" } });
    expect([state.status, state.text]).toEqual([403, expect.stringContaining("the plane values")]);
    const chaos = await ask(tools, managing().secret, { method: "chaos.list", parameters: {} });
    expect([chaos.status, chaos.text]).toEqual([403, expect.stringContaining("the plane chaos")]);
  });

  test.each([
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "localhost.",
    "[::2]",
    "127.0.0.1:1:2",
    "user@localhost",
  ])("refuses the host %j, to which a name may have been bound (S321)", async (host) => {
    const answer = await ask(tools, reading().secret, overview, { Host: host });
    expect([400, 403]).toContain(answer.status);
    expect((await send(tools.url, { method: "GET", path: "/", headers: { Host: host } })).status).not.toBe(200);
  });

  test.each(["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1", ""])(
    "refuses the origin %j (S322)",
    async (origin) => {
      const answer = await ask(tools, reading().secret, overview, { Origin: origin });
      expect([answer.status, answer.text]).toEqual([403, expect.stringContaining("Origin")]);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    },
  );

  it("takes its own origin, and none", async () => {
    const own = tools.url.slice(0, -1);
    expect((await ask(tools, reading().secret, overview, { Origin: own })).status).toBe(200);
    expect((await ask(tools, reading().secret, overview)).status).toBe(200);
    const tunnel = { Host: "localhost:9000", Origin: "http://localhost:9000" };
    expect((await ask(tools, reading().secret, overview, tunnel)).status).toBe(200);
  });

  it("gives nobody leave to ask from another page", async () => {
    const preflight = { Origin: "http://evil.example", "Access-Control-Request-Method": "POST" };
    const answer = await send(tools.url, { method: "OPTIONS", path: "/v1/ask", headers: preflight });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("what may be asked (dev tools)", () => {
  test.each([
    "/../package.json",
    "/page/../../package.json",
    "/page/%2e%2e/%2e%2e/package.json",
    "/page/browser/main.ts?x",
    "/page/node/dev-tools.ts",
    "/page/browser/",
    "//etc/passwd",
    "/library/../package.json",
    "/page/browser/main.ts%00",
    "/__proto__",
    "/v1",
  ])("has nothing at %s (S324)", async (at) => {
    // Not by an URL, which would make another path of it.
    const text = await raw(tools.url, `GET ${at} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 404 /);
    expect(text).not.toContain("@espalier/devtools");
  });

  it("serves the page to everybody on this machine, without data, and forbids it nearly everything", async () => {
    const page = await send(tools.url, { method: "GET", path: "/" });
    expect(page.status).toBe(200);
    expect(page.text).not.toContain(node.ref.id);
    expect(page.headers).toMatchObject({
      "content-security-policy": expect.stringMatching(
        /^default-src 'none'; script-src 'self' 'sha256-[^']+'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
      ),
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
  });

  it("takes a method for each path, and says which", async () => {
    const wrong = await send(tools.url, {
      method: "GET",
      path: "/v1/ask",
      headers: { Authorization: `Bearer ${reading().secret}` },
    });
    expect([wrong.status, wrong.headers.allow]).toEqual([400, "POST"]);
    expect((await send(tools.url, { method: "POST", path: "/" })).headers.allow).toBe("GET");
  });

  it("refuses a body that is too long, whether it says so before or not", async () => {
    const authorization = { Authorization: `Bearer ${reading().secret}` };
    const long = "x".repeat(70_000);
    const said = await raw(
      tools.url,
      `POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization.Authorization}\r\nContent-Length: 70000\r\n\r\n`,
    );
    expect(said).toMatch(/^HTTP\/1.1 429 [^]*expected at most 65536 bytes/);
    const chunk = `${long.length.toString(16)}\r\n${long}\r\n`;
    const unsaid = await raw(
      tools.url,
      `POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization.Authorization}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
    );
    expect(unsaid).toMatch(/^HTTP\/1.1 429 [^]*expected at most 65536 bytes/);
  });

  it("says what is wrong with a question", async () => {
    const said = async (body: string): Promise<string> =>
      (await send(tools.url, { path: "/v1/ask", headers: { Authorization: `Bearer ${reading().secret}` }, body })).text;
    expect(await said("{")).toContain("body: expected JSON");
    expect(await said("[]")).toContain("question: expected an object, got an array of 0");
    expect(await said('{"method":"constructor","parameters":{}}')).toContain(
      "question.method: expected one of capabilities, overview",
    );
    expect(await said('{"method":"overview","parameters":{"nod":"x"}}')).toContain(
      'question.parameters: expected no fields but node, got \\"nod\\"',
    );
    expect(await said('{"method":"overview","parameters":{"node":"x"}}')).toContain(
      "expected the id of one of 1 nodes",
    );
  });

  it("answers 50 questions a second with a token, and says how to ask for more", async () => {
    await using other = await DevTools.start({ nodes: [node], discoverable: false });
    const token = other.links[0]?.token as Token;
    const statuses = await Promise.all(
      Array.from({ length: 70 }, async (_, index) => {
        // What is narrowed does not count anew.
        const { secret } = index % 2 === 0 ? token : token.narrow({ planes: ["inspect"] });
        return (await ask(other, secret, { method: "capabilities", parameters: {} })).status;
      }),
    );
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(5);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(50);
  });
});

describe("where it listens (dev tools)", () => {
  test.each(["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org"])(
    "not on %s, unless somebody says who may ask (S323)",
    async (host) => {
      await expect(DevTools.start({ nodes: [node], host, discoverable: false })).rejects.toMatchObject({
        code: "ADDRESS_REFUSED",
      });
    },
  );

  it("asks whoever knows who may, behind a proxy, and needs the token all the same", async () => {
    const proxy = {
      hosts: ["ops.example.org"],
      authenticate: ({ headers }: { headers: object }) => "x-user" in headers,
    };
    await using behind = await DevTools.start({ nodes: [node], host: "127.0.0.1", proxy, discoverable: false });
    const secret = behind.links[0]?.token.secret as string;
    const headers = { Host: "ops.example.org", Origin: "https://ops.example.org" };
    expect((await ask(behind, secret, overview, { ...headers, "X-User": "kim" })).status).toBe(200);
    expect((await ask(behind, secret, overview, headers)).status).toBe(401);
    expect((await ask(behind, null, overview, { ...headers, "X-User": "kim" })).status).toBe(401);
    expect(
      (await ask(behind, secret, overview, { ...headers, "X-User": "kim", Origin: "http://ops.example.org" })).status,
    ).toBe(403);
  });

  it("refuses what is an option of nothing, and names it", async () => {
    await expect(DevTools.start({ prot: 1 } as object)).rejects.toThrow('there is no option "prot"');
    await expect(DevTools.start({ port: 70_000 })).rejects.toThrow("port: expected a whole number from 0 to 65535");
    await expect(DevTools.start({ planes: ["chaos"] })).rejects.toThrow("planes: expected `chaos` with it");
    await expect(DevTools.start({ socket: true, port: 1 })).rejects.toThrow(
      "socket: expected no host and no port with it",
    );
    await expect(DevTools.start({ secret: new Uint8Array(8) })).rejects.toThrow("secret: expected 32 bytes");
  });

  it("listens on a Unix socket of its user's alone, in a directory of its user's alone", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "espalier-test-"));
    try {
      const socket = path.join(directory, "tools.sock");
      await using onSocket = await DevTools.start({ nodes: [node], socket, discoverable: false });
      expect(statSync(socket).mode & 0o777).toBe(0o600);
      await using client = await DevToolsClient.open(onSocket.target());
      expect((await client.ask("overview", {})).processes).toBe(1);
      await expect(DevTools.start({ nodes: [node], socket, discoverable: false })).rejects.toThrow("EADDRINUSE");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("keeps its tokens out of everything that is printed of it (S325)", async () => {
    const secrets = tools.links.map(({ token }) => token.secret.split(".").at(-1) as string);
    const shown = `${inspect(tools, { depth: 9, showHidden: true })} ${JSON.stringify(tools)} ${tools.url}`;
    for (const secret of secrets) expect(shown).not.toContain(secret);
    const error = await DevToolsClient.open({ url: "http://127.0.0.1:1/", token: reading().secret }).catch(String);
    expect(error).toContain("http://127.0.0.1:1/: nobody listens there");
    expect(error).not.toContain(secrets[0]);
  });
});
