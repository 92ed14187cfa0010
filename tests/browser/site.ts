// A web server for pages: programs as a bundler makes them, and packages as they are published.

import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import * as esbuild from "esbuild";

const top: string = path.join(import.meta.dirname, "../..");
const programs: string = path.join(import.meta.dirname, "page");

/** Files by their name, and headers that come with them. */
interface Asset {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const types: Readonly<Record<string, string>> = { ".html": "text/html", ".json": "application/json" };

const bundling = {
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2024",
  write: false,
  logLevel: "silent",
} as const satisfies esbuild.BuildOptions;

function textOf({ outputFiles }: esbuild.BuildResult<{ write: false }>): string {
  return outputFiles.map(({ text }) => text).join("");
}

/** Serves pages on a port of this machine. */
export class Site {
  readonly #assets = new Map<string, Asset>();
  readonly #server: Server;
  #packages: ReadonlyMap<string, string> | null = null;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500, { "content-type": "text/plain" }).end(String(error));
      });
    });
  }

  static async open(): Promise<Site> {
    const site = new Site();
    // Asked for by every browser.
    site.put("/favicon.ico", "");
    await new Promise<void>((resolve) => site.#server.listen(0, "127.0.0.1", resolve));
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  put(name: string, body: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#assets.set(name, { body, headers });
  }

  /** A page that runs a program of the folder `page`. The library is a bundle of its own, so that the names in the program stay as they are. */
  async putProgram(name: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    this.put(
      `/${name}.html`,
      `<!doctype html><title>${name}</title>
      <script type="importmap" nonce="site">{ "imports": { "espalier": "/espalier.js" } }</script>
      <script type="module" src="/${name}.js"></script>`,
      headers,
    );
    const bundle = await esbuild.build({
      ...bundling,
      entryPoints: [path.join(programs, `${name}.ts`)],
      external: ["espalier"],
    });
    this.put(`/${name}.js`, textOf(bundle));
    if (this.#assets.has("/espalier.js")) return;
    const contents = 'export * from "espalier";';
    const library = await esbuild.build({ ...bundling, minify: true, stdin: { contents, resolveDir: programs } });
    this.put("/espalier.js", textOf(library));
  }

  /** A program of the folder `page` with all that it needs in one file. */
  async putBundle(name: string): Promise<void> {
    const entryPoints = [path.join(programs, `${name}.ts`)];
    this.put(`/${name}.js`, textOf(await esbuild.build({ ...bundling, minify: true, entryPoints })));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer({ url = "/" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(url, this.url);
    const asset = this.#assets.get(pathname) ?? (await this.#fromPackage(pathname));
    if (asset === null) {
      response.writeHead(404, { "content-type": "text/plain" }).end(`${pathname} is not here\n`);
      return;
    }
    const type = types[path.extname(pathname)] ?? "text/javascript";
    response.writeHead(200, { "content-type": type, ...asset.headers }).end(asset.body);
  }

  /** A file of an installed package: of others' as it is, of ours as the build makes it. */
  async #fromPackage(pathname: string): Promise<Asset | null> {
    const [, name = "", file = ""] = /^\/node_modules\/((?:@[\w-]+\/)?[\w.-]+)\/(.+)$/.exec(pathname) ?? [];
    const folder = (this.#packages ??= findPackages()).get(name);
    if (folder === undefined) return null;
    const source = path.join(folder, file.replace(/^dist\//, "src/").replace(/\.js$/, ".ts"));
    if (name.includes("espalier") && existsSync(source)) {
      const { code } = await esbuild.transform(readFileSync(source, "utf8"), { loader: "ts", target: "es2024" });
      return { body: code.replaceAll(/((?:from|import) ?"\.{1,2}\/[^"]*)\.ts"/g, '$1.js"') };
    }
    const found = path.join(folder, file);
    return existsSync(found) ? { body: readFileSync(found, "utf8") } : null;
  }
}

/** Where each package is that is installed for ours, by name: npm puts them into one folder, pnpm each beside who uses it. */
function findPackages(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const folder of readdirSync(path.join(top, "packages"))) {
    const own = path.join(top, "packages", folder);
    found.set(folder === "espalier" ? folder : `@espalier/${folder}`, own);
    const installed = path.join(own, "node_modules");
    for (const name of existsSync(installed) ? readdirSync(installed) : []) {
      const scoped = name.startsWith("@")
        ? readdirSync(path.join(installed, name)).map((one) => `${name}/${one}`)
        : [name];
      for (const one of scoped) if (!found.has(one)) found.set(one, realpathSync(path.join(installed, one)));
    }
  }
  return found;
}
