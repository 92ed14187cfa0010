import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import {
  createIdentity,
  type Identity,
  Node,
  type NodeDown,
  NodeRef,
  Nodes,
  type NodeUp,
  Process,
  type Self,
  Server,
} from "espalier";
import { nodeCrypto } from "@espalier/runtime/node";
import { webSocketNetwork } from "@espalier/wire/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser, chromium, type Visited } from "./chromium.ts";
import { Counter, echo, idle, tour, watch } from "./page/shared.ts";
import { fromHex, results, type Vector } from "./page/vectors.ts";
import { Site } from "./site.ts";

const top: string = path.join(import.meta.dirname, "../..");
const tools = path.join(top, "tests/node_modules/.bin");
const withTools: NodeJS.ProcessEnv = { ...process.env, PATH: `${tools}${path.delimiter}${process.env["PATH"]}` };
const known: Identity = createIdentity();
const stranger: Identity = createIdentity();

let browser: Browser;
let site: Site;
let server: Node;

function read(file: string): string {
  return readFileSync(path.join(top, file), "utf8");
}

async function startServer(): Promise<Node> {
  const node = await Node.start({ listen: "ws://127.0.0.1:0", allow: [known.id], logger: { report: () => {} } });
  await node.run(function* () {
    yield* Server.start(Counter, undefined, { name: "counter" });
    yield* Process.register("echo", yield* Process.spawn(echo));
  });
  return node;
}

/** A page with a node in it. */
async function visit(identity: Identity = known): Promise<Visited> {
  const visited = await browser.visit(`${site.url}/program.html`);
  await start(visited.page, identity);
  return visited;
}

async function start(page: Page, identity: Identity = known): Promise<void> {
  const keys = [identity.keyText(), server.ref.id] as const;
  expect(await page.evaluate(([key, id]) => program.start(key, [id]), keys)).toBe(identity.id);
}

/** The incarnation of the page that is connected with the server next. */
function nextUp(): Promise<string> {
  return new Promise((resolve) => {
    void server.run(function* (self: Self<NodeUp | NodeDown>) {
      yield* self.monitorNodes();
      for (;;) {
        const message = yield* self.receive();
        if (message.type === "nodeup" && message.node.id === known.id) return resolve(message.incarnation);
      }
    });
  });
}

/** What a page is to know that reads it from its own address. */
function options(): string {
  return encodeURIComponent(JSON.stringify([known.keyText(), server.ref.url]));
}

/** What the server is told of the process of that name in the page, and of its connections. */
async function watchPage(name: string): Promise<string[]> {
  const told: string[] = [];
  await new Promise<void>((resolve) => {
    const tell = (what: string): void => {
      told.push(what);
      resolve();
    };
    void server.run(function* () {
      yield* Process.spawn(watch, new NodeRef(known.id, null), name, tell);
    });
  });
  return told;
}

describe.skipIf(chromium === null)("a page in Chromium", () => {
  beforeAll(async () => {
    [browser, site, server] = await Promise.all([Browser.open(chromium as string), Site.open(), startServer()]);
    await site.putProgram("program");
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), server?.stop()]);
    await site?.close();
  });

  it("calls a server of a node on Node, and is called back (S292)", async () => {
    const { page, complaints } = await visit();
    expect(await page.evaluate((url) => program.add(url, 3), server.ref.url)).toBe(3);
    expect(await page.evaluate((url) => program.addDouble(url, 4), server.ref.url)).toBe(11);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("exchanges 10,000 messages with it each way, in order", async () => {
    const { page, complaints } = await visit();
    const numbers = await page.evaluate((url) => program.echo(url, 10_000), server.ref.url);
    expect(numbers).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("runs a supervision tree", async () => {
    const { page } = await visit();
    expect(await page.evaluate(() => program.supervise())).toEqual(["life 1", "life 2"]);
    await page.close();
  });

  it("sends a computation to a node on Node, and has it back, and away again (S294)", async () => {
    const { page, complaints } = await visit();
    const [here, there] = [known.id, server.ref.id];
    const result = await page.evaluate((url) => program.tour(url, 5), server.ref.url);
    expect(result).toEqual({ places: [here, there, here, there, here, there], sum: 15 });
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("when it is closed looks like a crash to those who watch it (S293)", async () => {
    const { page } = await visit();
    await page.evaluate(() => program.spawnNamed("guest"));
    await page.evaluate((url) => program.connect(url), server.ref.url);
    const told = await watchPage("guest");
    await page.close();
    await expect.poll(() => told).toHaveLength(4);
    expect(told.toSorted()).toEqual([
      "down: connection_closed",
      "linked: noconnection",
      "monitored: noconnection",
      "watching",
    ]);
  });

  it("when it is loaded again is another incarnation of the same node", async () => {
    const { page } = await visit();
    await page.evaluate(() => program.spawnNamed("guest"));
    await page.evaluate((url) => program.connect(url), server.ref.url);
    const told = await watchPage("guest");
    await page.reload();
    await start(page);
    await page.evaluate((url) => program.connect(url), server.ref.url);
    await expect.poll(() => told.at(-1)).toMatch(/^up: /);
    expect(told.slice(1, -1).toSorted()).toEqual([
      "down: connection_closed",
      "linked: noconnection",
      "monitored: noconnection",
    ]);
    // Nobody of the earlier life is there.
    const found = await server.run(function* () {
      return yield* Process.whereisAt(new NodeRef(known.id, null), "guest");
    });
    expect(found).toBeUndefined();
    await page.close();
  });

  it("is told when a process of the server ends, and when the server is gone", async () => {
    const other = await startServer();
    await other.run(function* () {
      yield* Process.register("mortal", yield* Process.spawn(idle));
      yield* Process.register("other", yield* Process.spawn(idle));
    });
    const { page } = await visit();
    for (const name of ["mortal", "other"])
      await page.evaluate(([url, who]) => program.watch(url, who), [other.ref.url, name] as const);
    await other.run(function* () {
      const mortal = yield* Process.whereis("mortal");
      if (mortal !== undefined) yield* Process.exit(mortal, { type: "killed" });
    });
    const told = (): Promise<readonly string[]> => page.evaluate(() => program.told());
    await expect.poll(told).toContain("monitored: killed");
    await other.stop();
    await expect.poll(told).toContain("down: shutdown");
    expect((await told()).filter((what) => !/^(up|watching)/.test(what)).toSorted()).toEqual([
      "down: shutdown",
      "down: shutdown",
      "linked: killed",
      "linked: shutdown",
      "monitored: killed",
      "monitored: shutdown",
    ]);
    await page.close();
  });

  it("stays connected with the nodes that it is told to, also when the connection is lost", async () => {
    const { page } = await browser.visit(`${site.url}/program.html`);
    const isUp = nextUp();
    await page.evaluate(([key, url]) => program.start(key, [], [url]), [known.keyText(), server.ref.url] as const);
    const incarnation = await isUp;
    const isUpAgain = nextUp();
    await server.run(function* () {
      yield* Nodes.disconnect(new NodeRef(known.id, null));
    });
    expect(await isUpAgain).toBe(incarnation);
    await page.close();
  });

  it("is refused when its key is not let in", async () => {
    const { page, complaints } = await visit(stranger);
    const refused = new Promise<string>((resolve) => {
      server.events.subscribe((event) => {
        if (event.type === "node.refused") resolve(event.reason);
      });
    });
    expect(await page.evaluate((url) => program.connect(url), server.ref.url)).toBe(false);
    expect(await refused).toBe(`the key ${stranger.id} is not on this node's allow list`);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("hashes, signs, agrees and seals as Node does, and follows the vectors of the handshake", async () => {
    await site.putProgram("vectors");
    const { page, complaints } = await browser.visit(`${site.url}/vectors.html`);
    for (const [seed, message] of [
      ["00".repeat(32), ""],
      ["07".repeat(32), "ab".repeat(300)],
    ] as const) {
      const here = results(nodeCrypto, fromHex(seed), fromHex(message));
      expect(await page.evaluate(([a, b]) => vectors.results(a, b), [seed, message] as const)).toEqual(here);
    }
    const file = read("packages/wire/test/vectors/noise-cacophony.json");
    const all = (JSON.parse(file) as { readonly vectors: readonly Vector[] }).vectors;
    for (const pattern of await page.evaluate(() => vectors.patterns)) {
      const vector = all.find(({ protocol_name: name }) => name.startsWith(`Noise_${pattern}_`)) as Vector;
      const made = await page.evaluate((one) => vectors.messages(one), vector);
      expect([pattern, made]).toEqual([pattern, vector.messages.map(({ ciphertext }) => ciphertext)]);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("has a host that runs tasks in order, no timer too early, and says what it cannot do", async () => {
    await site.putProgram("host");
    const { page, complaints } = await browser.visit(`${site.url}/host.html`);
    expect(await page.evaluate(() => host.order())).toEqual({
      ran: ["first", "second", "third", "after input"],
      early: false,
      bytes: 200_000,
    });
    expect(await page.evaluate(() => host.refusals())).toEqual([
      expect.stringContaining("listen ws://0.0.0.0:7000: a page cannot accept connections"),
      expect.stringContaining("read data/node.key: a page has no disk"),
      expect.stringContaining("this host has no network"),
    ]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("has pipes as those of Node, which say as much of a failure as a browser lets them", async () => {
    const reasons: string[] = [];
    const listener = await webSocketNetwork().listen("ws://127.0.0.1:0", (pipe) => ({
      open() {},
      frame: (bytes) => pipe.send(bytes),
      closed: (reason) => void reasons.push(reason),
    }));
    const { page } = await browser.visit(`${site.url}/host.html`);
    const sizes = [0, 1, 125, 126, 65_535, 7];
    expect(await page.evaluate(([url, all]) => host.exchange(url, all), [listener.url, sizes] as const)).toEqual(sizes);
    expect(reasons).toEqual(["é".repeat(61)]);
    const [queued, drained] = await page.evaluate((url) => host.drain(url), listener.url);
    expect(queued).toBeGreaterThan(drained);
    await listener.close();
    expect(await page.evaluate((urls) => host.failures(urls), [listener.url, "http://here", "ws://x:y"])).toEqual([
      expect.stringContaining(`${listener.url}: no WebSocket opened there; a browser does not tell a page why`),
      "http://here: expected ws://host:port or wss://host:port",
      "ws://x:y: expected ws://host:port or wss://host:port",
    ]);
    await page.close();
  });

  it("that came over https: is told why it cannot open ws:", async () => {
    const { page, complaints } = await browser.visit("https://page.test/host.html", async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: `${site.url}${pathname}` }) });
    });
    expect(await page.evaluate((urls) => host.failures(urls), ["ws://example.test:7000"])).toEqual([
      expect.stringContaining("may open wss: alone (mixed content)"),
    ]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("that may not evaluate code does everything but run computations that move, and says so (S295)", async () => {
    await site.putProgram("policy", {
      "content-security-policy": "default-src 'self'; script-src 'self' 'nonce-site'; connect-src ws://127.0.0.1:*",
    });
    const { page, said } = await browser.visit(`${site.url}/policy.html#${options()}`);
    expect(JSON.parse(await said)).toEqual(["number", expect.stringContaining("allow 'unsafe-eval'")]);
    // Nor does one come from elsewhere: it is refused before it has left, and goes on where it was.
    const here = server.ref;
    const refusal = await server
      .run(tour(new NodeRef(known.id, null), here, 1))
      .catch((error: unknown) => String(error));
    expect(refusal).toContain("allow 'unsafe-eval'");
    await page.close();
  });

  it("can have its node in a worker", async () => {
    await site.putBundle("worker");
    site.put(
      "/worker.html",
      `<!doctype html><title>worker</title><script type="module">
        const worker = new Worker("/worker.js", { type: "module" });
        worker.addEventListener("message", ({ data }) => console.log(JSON.stringify(data)));
        worker.postMessage(JSON.parse(decodeURIComponent(location.hash.slice(1))));
      </script>`,
    );
    const { page, complaints, said } = await browser.visit(`${site.url}/worker.html#${options()}`);
    expect(JSON.parse(await said)).toEqual([-5, "number"]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  describe("of the documentation", () => {
    const [html = "", command = "", map = ""] = [
      ...read("docs/browsers.md").matchAll(/^```(?:html|sh|json)\n(.*?)^```/gms),
    ].map(([, code = ""]) => code);

    async function check(): Promise<void> {
      const context = await browser.visit(`${site.url}/key.html`);
      await context.page.evaluate((key) => localStorage.setItem("node.key", key), known.keyText());
      await context.page.close();
      const { page, complaints } = await browser.visit(
        `${site.url}/documented.html?server=${encodeURIComponent(server.ref.url)}`,
      );
      await expect
        .poll(() => page.locator("output").textContent(), { timeout: 20_000 })
        .toBe(`${known.id} was at ${server.ref.id}`);
      expect(complaints).toEqual([]);
      await page.close();
    }

    it("works with the library as one file", async () => {
      site.put("/key.html", "<!doctype html><title>key</title>");
      site.put("/documented.html", html);
      const folder = mkdtempSync(path.join(top, "tests/node_modules/.browser-"));
      try {
        const args = command.trim().split(" ");
        expect(args.splice(0, 2)).toEqual(["npx", "esbuild"]);
        execFileSync("esbuild", args, { cwd: folder, stdio: "pipe", env: withTools });
        site.put("/espalier.js", readFileSync(path.join(folder, "espalier.js"), "utf8"));
      } finally {
        rmSync(folder, { recursive: true });
      }
      await check();
    });

    it("works without a bundler", async () => {
      site.put("/key.html", "<!doctype html><title>key</title>");
      site.put("/documented.html", html.replace(/\{ "imports".*\}/, map));
      await check();
    });
  });
});
