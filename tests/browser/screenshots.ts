/**
 * Draws the pictures of docs/screenshots: the pages of the dev tools for the shop of example 15, light and dark.
 *
 *     npm run screenshots
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { main } from "../../examples/15-dev-tools.ts";
import { Browser, chromium } from "./chromium.ts";
import { smallPng } from "./small-png.ts";

const folder: string = path.join(import.meta.dirname, "../../docs/screenshots");
const size = { width: 1280, height: 800 };
/** Until a mailbox has grown long enough to be called growing, and charts have a line. */
const openMs = 40_000;

/** Each picture: its name, where it is, and what is done there. */
const pictures: readonly (readonly [name: string, place: string, act?: (page: Page) => Promise<unknown>])[] = [
  ["now", "now"],
  ["tree", "tree", (page) => open(page, "counter")],
  ["processes", "processes"],
  ["process", "tree", (page) => page.getByRole("treeitem", { name: /^packing/ }).click()],
  ["crashes", "crashes"],
  ["crash", "crashes", (page) => page.locator("table").last().getByRole("link").first().click()],
  ["timeline", "timeline", (page) => page.getByRole("button", { name: "‹ crash" }).click()],
];

/** Opens a branch of the tree. */
async function open(page: Page, name: string): Promise<void> {
  const row = page.getByRole("treeitem", { name: new RegExp(`^${name}`) });
  if ((await row.getAttribute("aria-expanded")) === "false") await row.locator(".tree-fold").click();
}

/** The folder of the checkout is nobody's business, and another one elsewhere. */
async function hideFolder(page: Page): Promise<void> {
  await page.evaluate(
    (top) => {
      const { document } = globalThis as unknown as Window;
      const walker = document.createTreeWalker(document.body, 4);
      for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
        if (text.nodeValue?.includes(top) === true) text.nodeValue = text.nodeValue.replaceAll(top, "/srv/shop");
      }
    },
    path.join(import.meta.dirname, "../.."),
  );
}

async function draw(link: string): Promise<void> {
  if (chromium === null) throw new Error("there is no Chromium here: say where it is with the variable CHROMIUM");
  const browser = await Browser.open(chromium);
  const { page, complaints } = await browser.visit(link);
  await page.setViewportSize(size);
  await page.waitForTimeout(openMs);
  for (const [name, place, act] of pictures) {
    await page.goto(`${page.url().split("#")[0]}#${place}`);
    await page.locator("main").waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      if (colorScheme === "light") await page.waitForTimeout(1_500);
      if (colorScheme === "light" && act !== undefined) await act(page);
      await page.waitForTimeout(place === "tree" ? 4_000 : 1_000);
      await hideFolder(page);
      writeFileSync(path.join(folder, `${name}-${colorScheme}.png`), smallPng(await page.screenshot()));
    }
  }
  await browser.close();
  for (const complaint of complaints) console.error(complaint);
}

interface Window {
  readonly document: {
    readonly body: object;
    createTreeWalker(root: object, texts: 4): { nextNode(): { nodeValue: string | null } | null };
  };
}

const closing = Promise.withResolvers<void>();
const links: string[] = [];
mkdirSync(folder, { recursive: true });
await main(
  (line) => {
    links.push(line);
    if (line.startsWith("manage: ")) draw(line.slice("manage: ".length)).then(closing.resolve, closing.reject);
  },
  {
    customers: 40,
    devtools: { name: "shop", planes: ["values", "manage"], discoverable: false },
    closing: closing.promise,
  },
);
