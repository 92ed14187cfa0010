import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { createIdentity } from "espalier";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser, chromium } from "./chromium.ts";
import { Look } from "./dev-tools-look.ts";
import type { Program } from "./dev-tools-program.ts";

const processes = 100_000;
const key: string = createIdentity().keyText();
const secret: string = randomBytes(32).toString("hex");

let browser: Browser;
let program: ChildProcess;
let link: string;
let port: number;

function poll<T>(ask: () => Promise<T> | T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(ask, { timeout: 10_000, interval: 50 });
}

/** Starts the program, and resolves with its link when it can be looked at. */
async function start(): Promise<string> {
  const setting: Program = { processes, key, port, secret };
  program = spawn(process.execPath, [path.join(import.meta.dirname, "dev-tools-program.ts"), JSON.stringify(setting)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(program.stdout as NonNullable<ChildProcess["stdout"]>), "line")) as [
    string,
  ];
  return line;
}

async function kill(): Promise<void> {
  const gone = once(program, "exit");
  program.kill("SIGKILL");
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Scrolls a list to a part of its height, and resolves when the rows that are seen there have come. */
async function scroll(list: Locator, part: number): Promise<void> {
  await list.evaluate((box, to) => {
    box.scrollTop = box.scrollHeight * to;
  }, part);
  await poll(() => list.locator(".virtual-rows").textContent()).not.toMatch(/…|^$/);
}

describe.skipIf(chromium === null)(`the page of a program with ${processes} processes`, () => {
  beforeAll(async () => {
    port = await freePort();
    [browser, link] = await Promise.all([Browser.open(chromium as string), start()]);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), kill()]);
  });

  it("scrolls through all of them in the table, with the rows of a screen, and finds some", async () => {
    const look = await Look.open(browser, link, "processes?sort=pid");
    const grid = look.page.getByRole("grid", { name: "Processes" });
    await look.main.getByText("100,003 of 100,003").waitFor();
    for (const part of [0.25, 0.5, 0.9, 0.1]) {
      await scroll(grid, part);
      expect(await look.page.getByRole("row").count()).toBeLessThan(120);
    }
    await grid.getByRole("row").nth(20).click();
    await look.type("Escape", "End");
    await grid
      .locator("[aria-rowindex='100004']")
      .getByRole("gridcell", { name: /^100\d\d\d$/ })
      .waitFor();
    expect(
      await grid.locator("[aria-rowindex='100004']").evaluate((row) => row === row.ownerDocument.activeElement),
    ).toBe(true);
    await look.type("/");
    await look.page.keyboard.type("doorman");
    await look.main.getByText("1 of 100,003").waitFor();
    await grid.getByText("doorman").waitFor();
    await look.close();
  });

  it("scrolls through all of them in the tree, which stays open when the program is killed and started again (S376)", async () => {
    const look = await Look.open(browser, link, "tree");
    const tree = look.page.getByRole("tree");
    await look.branch("hall").locator(".tree-fold").click();
    await look.main.getByText("100,003 rows").waitFor();
    for (const part of [0.5, 0.99, 0]) {
      await scroll(tree, part);
      expect(await look.page.getByRole("treeitem").count()).toBeLessThan(120);
    }
    await look.branch("hall").click();
    await look.type("Escape", "End");
    await look.branch("doorman").waitFor();
    await kill();
    await look.main.getByText("Not connected. The program does not answer.").waitFor();
    expect(await look.branch("doorman").isVisible()).toBe(true);
    link = await start();
    await look.main.getByText("The program was started again. What is shown is of its new life.").waitFor();
    await look.main.getByText("100,003 rows").waitFor();
    await scroll(tree, 0.5);
    await look.close(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_SOCKET/);
  });
});
