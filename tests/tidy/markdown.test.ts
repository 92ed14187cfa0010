import path from "node:path";
import { expect, test } from "vitest";
import { files, read } from "./repository.ts";

/** A Markdown text without its code, where `#` and `[` mean something else. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^ *```.*?^ *```$/gms, "").replaceAll(/`[^`\n]*`/g, "`code`");
}

function titles(markdown: string): string[] {
  return [...prose(markdown).matchAll(/^# (.+)$/gm)].map(([, title = ""]) => title);
}

/** The names that links can point to within a page, as GitHub makes them. */
function anchors(markdown: string): Set<string> {
  const headings = [...markdown.replaceAll(/^ *```.*?^ *```$/gms, "").matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** The links that lead nowhere. Addresses on the web are not tried. */
function brokenLinks(file: string, markdown: string, page: (file: string) => string | undefined): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [target = "", anchor] = link.split("#");
      const text = target === "" ? markdown : page(path.posix.join(path.posix.dirname(file), target));
      return text === undefined || (anchor !== undefined && !anchors(text).has(anchor));
    });
}

for (const file of files.filter((name) => name.endsWith(".md"))) {
  test(`${file} has one title, first, and its links lead somewhere`, () => {
    const text = read(file);
    expect(titles(text)).toHaveLength(1);
    expect(text).toMatch(/^# /);
    const page = (target: string): string | undefined => {
      if (files.includes(target)) return read(target);
      return files.some((name) => name.startsWith(`${target.replace(/\/$/, "")}/`)) ? "" : undefined; // a folder
    };
    expect(brokenLinks(file, text, page)).toEqual([]);
  });
}

test("a second title and links that lead nowhere are found", () => {
  const text =
    "# One\n\n```sh\n# not a title\n```\n\n# Two\n\n[a](b.md) [c](c.md#there) [d](#one) [e](#none) [f](https://x.org)";
  expect(titles(text)).toEqual(["One", "Two"]);
  const page = (file: string): string | undefined => (file === "docs/c.md" ? "# Here" : undefined);
  expect(brokenLinks("docs/a.md", text, page)).toEqual(["b.md", "c.md#there", "#none"]);
});
