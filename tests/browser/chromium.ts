// Chromium, driven from outside: that of the system, or what the variable CHROMIUM names.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium as driver, type BrowserContext, type Page, type Route } from "playwright-core";

const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser's program; null where there is none. */
export const chromium: string | null =
  [process.env["CHROMIUM"] ?? usual].flat().find((file) => existsSync(file)) ?? null;

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-lcd-text",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Visited {
  readonly page: Page;
  /** Errors and warnings in its console. */
  readonly complaints: readonly string[];
  /** The first line that it logs: for those that cannot be asked anything. */
  readonly said: Promise<string>;
}

/** A browser that knows nothing of an earlier life, and leaves nothing behind. */
export class Browser {
  readonly #context: BrowserContext;
  readonly #profile: string;

  constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  static async open(program: string): Promise<Browser> {
    const profile = mkdtempSync(path.join(tmpdir(), "espalier-browser-"));
    const context = await driver.launchPersistentContext(profile, {
      executablePath: program,
      headless: true,
      args: flags,
    });
    return new Browser(context, profile);
  }

  /**
   * A page in a tab of its own.
   *
   * @param stand answers in the place of the host that the page is said to come from.
   */
  async visit(url: string, stand: ((route: Route) => Promise<void>) | null = null): Promise<Visited> {
    const page = await this.#context.newPage();
    const complaints: string[] = [];
    const said = new Promise<string>((resolve) => {
      page.on("console", (message) => {
        if (message.type() === "log") resolve(message.text());
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
    });
    page.on("pageerror", (error) => void complaints.push(error.stack ?? error.message));
    if (stand !== null) await page.route(`${new URL(url).origin}/**`, (route) => stand(route));
    await page.goto(url);
    return { page, complaints, said };
  }

  async close(): Promise<void> {
    await this.#context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
