import { createHash } from "node:crypto";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { contentSecurityPolicy, libraries, PageFiles } from "../../src/node/page/page-files.ts";

const files = new PageFiles();
const imported = /(?:from|import)\s*"([^"]+)"/g;

describe("the page of the dev tools", () => {
  it("loads nothing but modules that are served, and what the import map names", () => {
    const seen = new Set<string>();
    const visit = (at: string): void => {
      if (seen.has(at)) return;
      seen.add(at);
      const text = files.get(at)?.body.toString();
      if (text === undefined) throw new Error(`${at}: is imported, and not served`);
      for (const [, name = ""] of text.matchAll(imported)) {
        if (name.startsWith(".")) visit(path.posix.join(path.posix.dirname(at), name));
        else expect(libraries).toContain(name);
      }
    };
    const html = files.html().body.toString();
    const [, main = ""] = /<script type="module" src="([^"]+)">/.exec(html) ?? [];
    visit(main);
    expect(seen.size).toBeGreaterThan(10);
    for (const [, style = ""] of html.matchAll(/<link rel="stylesheet" href="([^"]+)">/g)) {
      expect(files.get(style)?.type).toBe("text/css; charset=utf-8");
    }
    const { imports } = JSON.parse(importMap(html)) as { readonly imports: Readonly<Record<string, string>> };
    expect(Object.keys(imports)).toEqual(libraries);
    for (const library of Object.values(imports))
      expect(files.get(library)?.type).toBe("text/javascript; charset=utf-8");
  });

  it("has no script in the html but the import map, whose hash the policy names", () => {
    const html = files.html().body.toString();
    expect(html.match(/<script/g)).toHaveLength(2);
    const hash = createHash("sha256").update(importMap(html)).digest("base64");
    expect(contentSecurityPolicy).toContain(`script-src 'self' 'sha256-${hash}'`);
    expect(html).not.toMatch(/ on\w+=| style=/);
  });

  it("is sent without types, with the lines where they were", () => {
    const main = files.get("/page/node/index.ts");
    expect(main).toBeUndefined();
    const parsed = files.get("/page/protocol/capability.ts")?.body.toString() as string;
    expect(parsed).not.toContain("export type");
    expect(parsed.split("\n")[12]).toMatch(/^export const planes/);
  });
});

function importMap(html: string): string {
  return /<script type="importmap">([^<]*)<\/script>/.exec(html)?.[1] ?? "";
}
