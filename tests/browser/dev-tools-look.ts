// The page of the dev tools, as somebody sees it who looks at a program.

import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { Browser } from "./chromium.ts";

export class Look {
  readonly page: Page;
  readonly #complaints: readonly string[];
  readonly #origin: string;
  readonly #asked: string[] = [];

  private constructor(page: Page, complaints: readonly string[], origin: string) {
    this.page = page;
    this.#complaints = complaints;
    this.#origin = origin;
    page.on("request", (request) => void this.#asked.push(request.url()));
  }

  /** @param link with its token. @param place such as `tree`; the landing page unless given. */
  static async open(browser: Browser, link: string, place: string = "now"): Promise<Look> {
    const { page, complaints } = await browser.visit("about:blank");
    const look = new Look(page, complaints, new URL(link).origin);
    page.setDefaultTimeout(10_000);
    await page.setViewportSize({ width: 1280, height: 800 });
    const [address, token = ""] = link.split("#");
    await page.goto(`${address}#${place}?${token}`);
    return look;
  }

  get main(): Locator {
    return this.page.locator("main");
  }

  get drawer(): Locator {
    return this.page.getByRole("complementary", { name: "Process" });
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  /** The row of the tree whose name begins so. */
  branch(name: string): Locator {
    return this.page.getByRole("treeitem", { name: new RegExp(`^${name.replaceAll(/[^\w ]/g, "\\$&")}(,|$)`) });
  }

  /** @param place such as `#now`. */
  async go(place: string): Promise<void> {
    await this.page.goto(`${this.page.url().split("#")[0]}${place}`);
  }

  /** Presses Tab until what has the focus is that. */
  async tabTo(wanted: Locator): Promise<void> {
    for (let presses = 0; presses < 80; presses += 1) {
      if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`${String(wanted)}: expected that Tab comes to it, 80 presses did not`);
  }

  async type(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /**
   * Closes the page. Nothing was wrong with it: it asked its own server alone, broke no policy, and wrote no error.
   *
   * @param expected what it may have complained of.
   */
  async close(expected: RegExp | null = null): Promise<void> {
    const strangers = this.#asked.filter((url) => !url.startsWith(`${this.#origin}/`) && !url.startsWith("data:"));
    await this.page.close();
    expect(strangers).toEqual([]);
    expect(this.#complaints.filter((text) => expected === null || !expected.test(text))).toEqual([]);
  }
}
