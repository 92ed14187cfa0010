import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { DevToolsError } from "../errors.ts";

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

const checkout = import.meta.url.endsWith(".ts");
/** The package's own folder: this file is three below it, in `src/node/page` or `dist/node/page`. */
const root = path.join(import.meta.dirname, "..", "..", "..");
const code = path.join(root, checkout ? "src" : "dist");
const sources = path.join(root, "src");
const extension = checkout ? ".ts" : ".js";

/**
 * What the server may send beside the html, by path: the modules of the page, its styles, and the libraries. A request names one of these or nothing: its path
 * never becomes the name of a file.
 */
export class PageFiles {
  readonly #files: Map<string, string> = new Map();
  readonly #read: Map<string, { readonly changedMs: number; readonly file: PageFile }> = new Map();
  #styles: readonly string[] = [];

  /** @throws DevToolsError when the package is not whole. */
  constructor() {
    this.#list();
    for (const [name, file] of Object.entries(libraryFiles())) this.#files.set(libraryPath(name), file);
  }

  #list(): void {
    for (const name of filesBelow(code)) {
      if (name.startsWith("node/") || !name.endsWith(extension)) continue;
      this.#files.set(`/page/${name}`, path.join(code, name));
    }
    const styles = filesBelow(path.join(sources, "browser")).filter((name) => name.endsWith(".css"));
    for (const name of styles) this.#files.set(`/page/browser/${name}`, path.join(sources, "browser", name));
    // The page's own first: the others build on its variables.
    this.#styles = styles.sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
  }

  get(requested: string): PageFile | undefined {
    const file = this.#files.get(requested);
    if (file === undefined) return undefined;
    const changedMs = checkout ? statSync(file).mtimeMs : 0;
    const known = this.#read.get(requested);
    if (known?.changedMs === changedMs) return known.file;
    const read = { changedMs, file: readPageFile(file) };
    this.#read.set(requested, read);
    return read.file;
  }

  /** The html that loads the rest. In a checkout files may have come and gone. */
  html(): PageFile {
    if (checkout) this.#list();
    const links = this.#styles.map((name) => `<link rel="stylesheet" href="/page/browser/${name}">`);
    const html = [
      "<!doctype html>",
      '<html lang="en">',
      "<head>",
      '<meta charset="utf-8">',
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      '<meta name="color-scheme" content="light dark">',
      "<title>Espalier</title>",
      '<link rel="icon" href="data:,">',
      ...links,
      `<script type="importmap">${importMap}</script>`,
      `<script type="module" src="/page/browser/main${extension}"></script>`,
      "</head>",
      "<body>",
      "<noscript>This page needs JavaScript. <code>npx espalier top</code> shows a program in a terminal.</noscript>",
      '<div id="app"></div>',
      "</body>",
      "</html>",
      "",
    ];
    return { type: "text/html; charset=utf-8", body: Buffer.from(html.join("\n")) };
  }
}

/** What modules of the page may import by name. */
export const libraries: readonly string[] = ["preact", "preact/hooks", "@preact/signals", "@preact/signals-core"];

const importMap = JSON.stringify({ imports: Object.fromEntries(libraries.map((name) => [name, libraryPath(name)])) });

/** What the page may do, and who may frame it. The import map is the only script that is in the html. */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash("sha256").update(importMap).digest("base64")}'`,
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function libraryPath(name: string): string {
  return `/library/${name.replace("@preact/", "preact-").replace("/", "-")}.js`;
}

function libraryFiles(): Readonly<Record<string, string>> {
  const own = createRequire(import.meta.url);
  // What it needs is beside it, and may not be beside us.
  const signals = own.resolve("@preact/signals");
  const core = createRequire(signals).resolve("@preact/signals-core");
  return {
    preact: own.resolve("preact"),
    "preact/hooks": own.resolve("preact/hooks"),
    "@preact/signals": asModule(signals),
    "@preact/signals-core": asModule(core),
  };
}

/** `require` finds the CommonJS file of a library; the module lies beside it. */
function asModule(file: string): string {
  const module = file.replace(/\.js$/, ".mjs");
  if (existsSync(module)) return module;
  throw new DevToolsError(
    "PAGE_INCOMPLETE",
    `the page's library ${path.basename(file)} has no module ${path.basename(module)} beside it`,
    "install the versions of preact and @preact/signals that @espalier/devtools names",
  );
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"));
}

function rank(name: string): number {
  return name === "page.css" ? 0 : 1;
}

function readPageFile(file: string): PageFile {
  if (file.endsWith(".css")) return { type: "text/css; charset=utf-8", body: readFileSync(file) };
  const type = "text/javascript; charset=utf-8";
  if (!file.endsWith(".ts")) return { type, body: readFileSync(file) };
  return { type, body: Buffer.from(stripped(readFileSync(file, "utf8"))) };
}

/**
 * The types become blanks, so that lines and columns stay. Node says once that the function is experimental, and would say it on the standard error of the program
 * that is looked at, which did not ask for it: its warning alone is left out.
 */
function stripped(source: string): string {
  // oxlint-disable-next-line unbound-method -- It is put back, not called.
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
