import { DevTools, Node } from "espalier";
import { serveRecording } from "@espalier/devtools/node";
import { recordingOf, stateAt } from "@espalier/devtools";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser, chromium } from "./chromium.ts";
import { Look } from "./dev-tools-look.ts";
import { breakTill, openShop } from "./dev-tools-shop.ts";

const quiet = { logger: { report: () => {} } } as const;

let browser: Browser;
let node: Node;
let tools: DevTools;

function link(plane: "inspect" | "values" | "manage" = "manage"): string {
  return tools.links.find((one) => one.plane === plane)?.url ?? "";
}

function poll<T>(ask: () => Promise<T> | T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(ask, { timeout: 10_000, interval: 50 });
}

describe.skipIf(chromium === null)("the page of the dev tools in Chromium", () => {
  beforeAll(async () => {
    [browser, node] = await Promise.all([Browser.open(chromium as string), Node.start(quiet)]);
    tools = await DevTools.start({
      nodes: [node],
      planes: ["values", "manage"],
      name: "shop",
      discoverable: false,
    });
    await openShop(node, 100, 12_000);
    await breakTill(node);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), tools?.stop()]);
    await node?.stop();
  });

  it("begins with what is wrong, and keeps the token out of the address (S375)", async () => {
    const look = await Look.open(browser, link());
    const { page } = look;
    const finding = look.main.getByRole("listitem").filter({ hasText: "mailbox-huge" });
    await finding.waitFor();
    expect(await finding.textContent()).toMatch(/12,0\d\d messages wait in the mailbox of packing \(\d+\)/);
    expect(page.url()).not.toContain("t=");
    expect(await page.title()).toBe("Now · shop · Espalier");
    await look.main.getByRole("region", { name: "Stuck handlers" }).getByText("cashier").waitFor();
    await look.main.getByRole("region", { name: "Growing mailboxes" }).getByText("packing").waitFor();
    await look.main.getByRole("region", { name: "Last deaths" }).getByText("TypeError").waitFor();
    await finding.getByRole("link", { name: "Process" }).click();
    await look.drawer.getByRole("heading", { name: "packing" }).waitFor();
    await look.close();
  });

  it("follows a crash from the landing page to its report, and to the process that came after", async () => {
    const look = await Look.open(browser, link());
    await look.main.getByRole("region", { name: "Last deaths" }).getByRole("link", { name: "till" }).first().click();
    await look.main.getByRole("heading", { name: "till crashed handling cast sell" }).waitFor();
    const text = (await look.main.textContent()) ?? "";
    expect(text).toContain("TypeError: Cannot read properties of undefined");
    expect(text).toMatch(/dev-tools-shop\.ts:\d+:\d+\)?your code/);
    expect(text).toContain("restarted, 1 of 3 in 60 s");
    await look.main.getByText("its successor is").getByRole("link", { name: "till" }).last().click();
    await look.drawer.getByRole("heading", { name: "till" }).waitFor();
    await look.drawer.getByText("idle").waitFor();
    await look.drawer.getByRole("tab", { name: "Restarts 1" }).click();
    await look.drawer.getByText("TypeError").waitFor();
    await look.close();
  });

  it("keeps the row of a process that is restarted again and again, and shows the loop, and that its supervisor gave up (S372)", async () => {
    const look = await Look.open(browser, link(), "tree");
    await look.branch("counter").locator(".tree-fold").click();
    const row = look.branch("till");
    await row.waitFor();
    const element = await row.elementHandle();
    const place = async (): Promise<number> =>
      row.evaluate((one) => [...(one.parentElement?.children ?? [])].indexOf(one));
    const at = await place();
    for (const restarts of [2, 3]) {
      await breakTill(node);
      await poll(() => row.getAttribute("aria-label")).toContain(`${restarts}\u00a0restarts`);
    }
    expect(await place()).toBe(at);
    expect(await row.evaluate((one, before) => one === before, element)).toBe(true);
    await poll(() => look.branch("counter").getAttribute("aria-label")).toContain("critical");
    expect(await look.branch("counter").textContent()).toContain("3/3 in 1\u00a0min");
    // Closed, it shows what is below.
    await look.branch("counter").locator(".tree-fold").click();
    await row.waitFor({ state: "detached" });
    await poll(() => look.branch("shop").getAttribute("aria-label")).toContain("critical");
    await look.go("#now");
    const loop = look.main.getByRole("listitem").filter({ hasText: "restart-loop" });
    await poll(() => loop.textContent()).toMatch(
      /counter \(\d+\) has had 3 of the 3 restarts that it may have in 60 s/,
    );
    await breakTill(node);
    const end = look.main.getByRole("listitem").filter({ hasText: "gave-up" });
    await poll(() => end.textContent()).toContain("gave up: 4 restarts were needed in 60 s, 3 are allowed");
    await look.close();
  });

  it("kills a process when that is confirmed, a supervisor when its name is typed, and says so as an event (S373)", async () => {
    const deeds: string[] = [];
    const unsubscribe = node.events.subscribe((event) => {
      if (event.type === "devtools.action") deeds.push(`${event.action} by ${event.by.replace(/, link .*/, "")}`);
    });
    const look = await Look.open(browser, link(), "tree");
    await look.branch("cleaner").click();
    const { drawer, dialog } = look;
    await drawer.getByRole("button", { name: "Kill…" }).click();
    await look.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(deeds).toEqual([]);
    await drawer.getByRole("button", { name: "Kill…" }).click();
    await dialog.getByText("It ends at once").waitFor();
    await dialog.getByRole("button", { name: "Kill", exact: true }).click();
    await drawer.getByText("This process has ended, its successor is").waitFor();
    expect(deeds).toEqual(["kill by dev tools"]);
    await look.branch("counter").click();
    await drawer.getByRole("button", { name: "Kill…" }).click();
    const kill = dialog.getByRole("button", { name: "Kill", exact: true });
    expect(await kill.isDisabled()).toBe(true);
    const name = (await dialog.locator(".ask-whom bdi").textContent()) ?? "";
    await dialog.getByLabel("Its name").fill(name.slice(1));
    expect(await kill.isDisabled()).toBe(true);
    await dialog.getByLabel("Its name").fill(name);
    await kill.click();
    await drawer.getByText("This process has ended, its successor is").waitFor();
    expect(deeds).toEqual(["kill by dev tools", "kill by dev tools"]);
    unsubscribe();
    await look.close();
  });

  it("offers nothing that its link may not do, and says what to do (S374)", async () => {
    const look = await Look.open(browser, link("inspect"), "tree");
    await look.branch("packing").click();
    await look.drawer.getByText("This link may only look").waitFor();
    expect(await look.drawer.getByRole("button", { name: "Kill…" }).count()).toBe(0);
    await look.drawer.getByRole("tab", { name: /^Messages/ }).click();
    await look.drawer.getByText("parcel").first().waitFor();
    expect(await look.drawer.textContent()).not.toContain('"parcel"');
    await look.close();
  });

  it("shows the state of a process that is asked for it, but no secrets", async () => {
    const look = await Look.open(browser, link("values"), "tree");
    await look.branch("counter").locator(".tree-fold").click();
    await look.branch("till").click();
    await look.drawer.getByRole("tab", { name: "State" }).click();
    await look.drawer.getByRole("button", { name: "Ask it" }).click();
    await look.drawer.getByText("of tin").waitFor();
    expect(await look.drawer.textContent()).not.toContain("open sesame");
    await look.close();
  });

  it("stays as it was while it is paused", async () => {
    const look = await Look.open(browser, link(), "processes?q=packing");
    const row = look.page.getByRole("row").filter({ hasText: "packing" });
    const waiting = async (): Promise<string> => (await row.getByRole("gridcell").nth(4).textContent()) ?? "";
    await row.waitFor();
    const first = await waiting();
    await poll(waiting).not.toBe(first);
    await look.page.keyboard.press(" ");
    await look.main.getByText("Paused just now").waitFor();
    const paused = await waiting();
    await look.main.getByText("Paused 1").waitFor();
    expect(await waiting()).toBe(paused);
    await look.page.keyboard.press(" ");
    await poll(waiting).not.toBe(paused);
    await look.close();
  });

  it("answers six questions by keyboard alone", async () => {
    const look = await Look.open(browser, link());
    const { page, drawer, main } = look;
    await main.getByRole("region", { name: "Growing mailboxes" }).getByRole("link", { name: "packing" }).waitFor();
    // Which mailbox grows?
    await look.tabTo(main.getByRole("region", { name: "Growing mailboxes" }).getByRole("link", { name: "packing" }));
    await look.type("Enter");
    await drawer.getByRole("tab", { name: /^Messages 12/ }).waitFor();
    await look.type("Escape");
    // Which handler is stuck, and on what?
    await look.tabTo(main.getByRole("region", { name: "Stuck handlers" }).getByRole("link", { name: "cashier" }));
    await look.type("Enter");
    await drawer.getByText("waits on").waitFor();
    expect(await drawer.getByRole("link", { name: "bank" }).first().isVisible()).toBe(true);
    await look.type("Escape");
    // What is restarted again and again, and why?
    await breakTill(node);
    await breakTill(node);
    await look.type("g", "t", "e");
    await look.branch("till").or(look.branch("counter")).first().waitFor();
    await look.tabTo(look.branch("shop"));
    await look.type("ArrowRight", "Enter");
    await drawer
      .getByRole("heading", { name: "counter" })
      .or(drawer.getByRole("heading", { name: "supervisor" }))
      .waitFor();
    await drawer.getByText("of 3 restarts in 60 s").waitFor();
    await look.type("Escape");
    // What blocks the event loop?
    await look.type("g", "n");
    await main.getByText("loop late", { exact: true }).waitFor();
    // What died last?
    await look.type("g", "c");
    const report = main
      .getByRole("table")
      .last()
      .getByRole("link", { name: /TypeError/ })
      .first();
    await report.waitFor();
    await look.tabTo(report);
    await look.type("Enter");
    await main.getByRole("heading", { name: /till crashed/ }).waitFor();
    // How many processes are there, and which?
    await look.type("g", "p", "/");
    await page.keyboard.type("till");
    await main.getByText(/^1 of \d+$/).waitFor();
    await look.type("Enter", "Enter");
    await drawer.getByRole("heading", { name: "till" }).waitFor();
    await look.type("?");
    await page.getByRole("dialog", { name: /keys/i }).waitFor();
    await look.close();
  });

  it("lets nobody in with a token that is wrong, or none", async () => {
    const wrong = await Look.open(browser, `${tools.url}#t=AAAA`);
    await wrong.page.getByRole("heading", { name: "The program did not let this page in" }).waitFor();
    await wrong.page.getByText("npx espalier observe").waitFor();
    expect(wrong.page.url()).not.toContain("AAAA");
    await wrong.close(/401/);
    const none = await Look.open(browser, `${tools.url}#`);
    await none.page.getByRole("heading", { name: "This page needs the link that the program printed" }).waitFor();
    await none.close();
  });

  it("shows a recording from a file, and who lived at each of its moments", async () => {
    const recording = recordingOf(node);
    await using served = await serveRecording(JSON.parse(JSON.stringify(recording)));
    const look = await Look.open(browser, served.link, "");
    await look.main.getByRole("heading", { name: /^Timeline of/ }).waitFor();
    expect(await look.page.getByRole("navigation", { name: "Pages" }).getByRole("link").allTextContents()).toEqual([
      "Timeline",
    ]);
    const lived = async (): Promise<string> =>
      (await look.main.getByRole("heading", { name: /^Processes then/ }).textContent()) ?? "";
    await look.main.getByRole("button", { name: "‹ crash" }).click();
    const selected = look.main.getByRole("listitem").and(look.page.locator("[aria-current=time]"));
    await poll(() => selected.allTextContents().then((all) => all.join())).toMatch(/till .*ends: TypeError/);
    const slider = look.main.getByRole("slider", { name: "moment" });
    for (const part of [0, 0.5, 1]) {
      const atMs = recording.fromMs + (recording.toMs - recording.fromMs) * part;
      await slider.evaluate((one, value) => {
        (one as unknown as { value: string }).value = String(value);
        one.dispatchEvent(new Event("input"));
      }, atMs);
      const shown = Number(await slider.inputValue());
      await poll(lived).toContain(`${stateAt(recording, shown).living} lived`.replace(" ", "\u00a0"));
    }
    await look.close();
  });

  it("shows the nodes of a program, one at a time", async () => {
    await using other = await Node.start(quiet);
    await using both = await DevTools.start({ nodes: [node, other], name: "two", discoverable: false });
    const look = await Look.open(browser, both.links[0]?.url ?? "", "tree");
    await look.branch("shop").waitFor();
    await look.page.getByLabel("Node").selectOption(other.ref.id);
    await look.main.getByText("No process is here.").waitFor();
    expect(look.page.url()).toContain(other.ref.id);
    await look.close();
  });
});

describe.skipIf(chromium === null)("what is heard of the page of the dev tools", () => {
  let look: Look;

  beforeAll(async () => {
    [browser, node] = await Promise.all([Browser.open(chromium as string), Node.start(quiet)]);
    tools = await DevTools.start({ nodes: [node], planes: ["values", "manage"], name: "shop", discoverable: false });
    await openShop(node, null, 0);
    await breakTill(node);
    look = await Look.open(browser, link());
    await look.main.getByText("loop late", { exact: true }).waitFor();
  });
  afterAll(async () => {
    await look?.close();
    await Promise.all([browser?.close(), tools?.stop()]);
    await node?.stop();
  });

  /** The page without what differs from time to time: numbers, times, ids, and where its files are. */
  async function heard(place: Locator): Promise<string> {
    return (await place.ariaSnapshot())
      .split("\n")
      .filter((line) => !/listitem: at |\/url: /.test(line))
      .join("\n")
      .replaceAll(node.ref.id, "NODE")
      .replaceAll(node.ref.id.slice(0, 8), "NODE")
      .replaceAll(/(file:\/\/)?\/[\w./@+-]*\/(?=[\w-]+\.ts)/g, "")
      .replaceAll("\u00a0", " ")
      .replaceAll(/(?<!level=)\d[\d,.:]*/g, "N")
      .replaceAll(/N [kMG]B/g, "N B")
      .replaceAll(/\bN (ms|s|min|h)\b( N (s|min))?/g, "T")
      .replaceAll(/(–|\+N\/s|N\/s|(?<!\w)N %)/g, "N")
      .concat("\n");
  }

  for (const [name, place, seen] of [
    ["now", "#now", "Findings"],
    ["tree", "#tree", "packing"],
    ["processes", "#processes?sort=pid", "packing"],
    ["crashes", "#crashes", "till"],
    ["crash", "#crash/1", "decision"],
    ["timeline", "#timeline", "Processes then"],
    ["lifetimes", "#lifetimes", "Moves, the newest first"],
    ["network", "#network", "handshakes"],
  ] as const) {
    it(`is the same on the page ${name}`, async () => {
      await look.go(place);
      await look.main.getByText(seen).first().waitFor();
      if (name === "tree") await look.branch("counter").waitFor();
      await expect(await heard(look.main.locator("> :not(.notices)").first())).toMatchFileSnapshot(`heard/${name}.txt`);
    });
  }

  it("is the same of a process, and of an action that is asked about", async () => {
    await look.go("#tree");
    await look.branch("packing").click();
    await look.drawer.getByText("at home").waitFor();
    await expect(await heard(look.drawer)).toMatchFileSnapshot("heard/process.txt");
    await look.drawer.getByRole("button", { name: "Kill…" }).click();
    await expect(await heard(look.dialog)).toMatchFileSnapshot("heard/kill.txt");
    await look.page.keyboard.press("Escape");
  });
});
