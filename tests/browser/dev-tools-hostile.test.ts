import { DevTools, Node, Process, type Self, Server, Supervisor } from "espalier";
import { serveRecording } from "@espalier/devtools/node";
import { parseRecording, recordingOf } from "@espalier/devtools";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser, chromium } from "./chromium.ts";
import { Look } from "./dev-tools-look.ts";

// A program that calls everything in it something that would run, load, disguise itself or break the page.

const image = '<img src=x onerror="globalThis.owned = 1">';
const script = "</script><script>globalThis.owned = 2</script>";
const address = "javascript:globalThis.owned=3";
const style = "</style><style>*{display:none}</style>";
const disguise = "\u202egnp.exe\u200b\u0000\u001b[31m\u2066";
const formula = '=HYPERLINK("http://example.test/?"&A1,"x")';
const long = "W".repeat(1_000_000);
const breaks = "a\nb\r\nc\u2028d";

const nasty: readonly string[] = [image, script, address, style, disguise, formula, breaks, "__proto__", "constructor"];

function* waiting(self: Self<unknown>) {
  yield* self.receive();
  yield* Process.sleep("1h");
}

class Spoilt extends Error {
  override name = image;
}

function* failing() {
  throw new Spoilt(`${script}${disguise}${long}`);
}

function named(label: string) {
  const body = {
    *[label](self: Self<unknown>) {
      yield* waiting(self);
    },
  }[label];
  return body as typeof waiting;
}

const polluting: unknown = JSON.parse(
  `{"type": ${JSON.stringify(image)}, "__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}, ${JSON.stringify(script)}: ${JSON.stringify(address)}}`,
);

const Holder = Server.define({
  label: script,
  init: () => ({
    [image]: address,
    [disguise]: long,
    list: nasty,
    proto: polluting,
    toString: image,
    get trap(): string {
      throw new Error("a getter of the program was called");
    },
  }),
});

const Villain = Supervisor.define({
  intensity: { restarts: 3, within: "1m" },
  children: [
    ...nasty.map((text) => Supervisor.worker(text, named(text), [])),
    Supervisor.worker(`${long}1`, named(long), []),
    Supervisor.worker("holder", Holder, [], { name: `${image}${disguise}` }),
    Supervisor.worker("failing", failing, [], { restart: "temporary" }),
  ],
});

function poll<T>(ask: () => Promise<T> | T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(ask, { timeout: 10_000, interval: 50 });
}

let browser: Browser;
let node: Node;
let tools: DevTools;

describe.skipIf(chromium === null)("the page of a program that is hostile", () => {
  beforeAll(async () => {
    [browser, node] = await Promise.all([
      Browser.open(chromium as string),
      Node.start({ logger: { report: () => {} } }),
    ]);
    tools = await DevTools.start({ nodes: [node], planes: ["values", "manage"], name: script, discoverable: false });
    await node.run(function* () {
      yield* Supervisor.start(Villain, undefined as never, { name: address });
      yield* Process.register(formula, yield* Process.spawn(waiting));
      for (let count = 0; count < 3; count += 1) {
        yield* Process.send(formula, polluting);
        yield* Process.send(formula, { type: `${image}${long}` });
        yield* Process.send(formula, `${disguise}${long}`);
      }
    });
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), tools?.stop()]);
    await node?.stop();
  });

  async function open(place: string): Promise<Look> {
    return Look.open(browser, tools.links.at(-1)?.url ?? "", place);
  }

  /** What ran, what was made of what it says, and what it did to the page. */
  async function harm(look: Look): Promise<unknown> {
    return look.page.evaluate(() => {
      const { document, owned, polluted } = globalThis as unknown as Window;
      const foreign = [
        ...document.querySelectorAll("img, iframe, object, embed, form[action], [onerror], body style, body script"),
      ];
      const links = [...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href") ?? "");
      return {
        owned,
        polluted: polluted ?? ({} as { polluted?: unknown }).polluted,
        foreign: foreign.map((element) => element.outerHTML.slice(0, 100)),
        links: links.filter((href) => !href.startsWith("#")),
        wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
        // What cannot be seen is shown as a sign.
        unseen: ["\u202e", "\u2066", "\u200b", "\u001b"].some((sign) => document.body.innerText.includes(sign)),
      };
    });
  }

  it("does nothing but be seen, on any page (S370)", async () => {
    const look = await open("now");
    for (const [place, seen] of [
      ["now", "failing"],
      ["tree", address],
      ["processes", "=HYPERLINK"],
      ["crashes", image],
      ["crash/1", image],
      ["timeline", formula],
      ["lifetimes", "Lifetimes"],
      ["network", "Network"],
    ] as const) {
      await look.go(`#${place}`);
      await poll(() => look.main.textContent()).toContain(seen);
      expect(await harm(look)).toEqual(none);
    }
    await look.close();
  });

  it("does nothing when its branches are opened, nor by what it holds, was sent, and says of itself", async () => {
    const look = await open("tree");
    const { page, drawer } = look;
    await page.getByRole("treeitem").nth(nasty.length).waitFor();
    await page.getByRole("treeitem").filter({ hasText: "=HYPERLINK" }).last().click();
    await drawer.getByRole("tab", { name: /^Messages/ }).click();
    await poll(() => drawer.textContent()).toContain("globalThis.owned=3");
    expect(await harm(look)).toEqual(none);
    await page.getByRole("treeitem").filter({ hasText: "holder" }).click();
    await drawer.getByRole("tab", { name: "State" }).click();
    await drawer.getByRole("button", { name: "Ask it" }).click();
    await poll(() => drawer.textContent()).toContain("trap");
    expect(await harm(look)).toEqual(none);
    for (const tab of ["Links", "Restarts", "Log", "Overview"]) {
      await drawer.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
      expect(await harm(look)).toEqual(none);
    }
    await look.close();
  });

  it("gives a spreadsheet no formulas, and JSON that is what it was", async () => {
    const look = await open("processes?sort=label");
    const { page } = look;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("row").filter({ hasText: "__proto__" }).waitFor();
    await page.getByRole("button", { name: "Copy CSV" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const csv = await clipboard(look);
    expect(csv).toContain(`"'=HYPERLINK(""http://example.test/?""&A1,""x"")"`);
    expect(csv).not.toMatch(/(^|,|\r\n)"?[=@]/);
    await page.getByRole("button", { name: "Copy JSON" }).click();
    await poll(() => clipboard(look)).toMatch(/^\[/);
    const rows = JSON.parse(await clipboard(look)) as readonly { readonly child: string | null }[];
    expect(rows.map(({ child }) => child)).toEqual(expect.arrayContaining([script, disguise, "__proto__"]));
    await look.close();
  });

  it("does nothing as a recording, either (S371)", async () => {
    await using served = await serveRecording(parseRecording(JSON.stringify(recordingOf(node))));
    const look = await Look.open(browser, served.link, "");
    await poll(() => look.main.textContent()).toContain(formula);
    expect(await harm(look)).toEqual(none);
    await look.main.getByRole("button", { name: "‹ crash" }).click();
    await poll(() => look.main.textContent()).toContain("failing");
    expect(await harm(look)).toEqual(none);
    await look.close();
  });
});

const none = { foreign: [], links: [], wide: false, unseen: false };

function clipboard(look: Look): Promise<string> {
  return look.page.evaluate(() => (globalThis as unknown as Clipboard).navigator.clipboard.readText());
}

interface Clipboard {
  readonly navigator: { readonly clipboard: { readText(): Promise<string> } };
}

interface Window {
  readonly document: {
    readonly body: { readonly innerText: string };
    readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
    querySelectorAll(
      selector: string,
    ): Iterable<{ readonly outerHTML: string; getAttribute(name: string): string | null }>;
  };
  readonly owned?: unknown;
  readonly polluted?: unknown;
}
