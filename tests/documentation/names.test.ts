import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import * as espalier from "espalier";
import { expect, test } from "vitest";

// Pages say `Process.monitor` and mean it: the name is there, and what is there has a page.

const top = path.join(import.meta.dirname, "../..");
/** What people read first. Decisions tell what was, too. */
const pages = ["*.md", "docs/*.md"].flatMap((pattern) => globSync(pattern, { cwd: top })).toSorted();
const everything: Readonly<Record<string, unknown>> = { ...espalier };
/** What a page names to say that it is not there. */
const absent = new Set(["Remote.share"]);

/** The names in a page's text, such as `Process.monitor`, whose first half is one of `doors`. Where a column is ours, the others are not. */
function namesIn(markdown: string, doors: Readonly<Record<string, unknown>>): string[] {
  const prose = markdown
    .replaceAll(/^ *```.*?^ *```$/gms, "")
    .replaceAll(/^\|.*\| Espalier \|(\n\|.*)+/gm, (table) => table.replaceAll(/^\|.*\| (.*) \|$/gm, "$1"));
  const codes = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return codes.flatMap((code) =>
    [...code.matchAll(/(?<![\w.:/])([A-Z]\w*)\.(\w+)/g)].filter(([, door = ""]) => door in doors).map(([name]) => name),
  );
}

/** Whether there is such a function, method or type. */
function exists(name: string): boolean {
  const [door = "", member = ""] = name.split(".");
  const value = everything[door] as Readonly<Record<string, unknown>> & { readonly prototype?: object };
  if (member in value || (value.prototype !== undefined && member in value.prototype)) return true;
  const file = door.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
  return globSync(`packages/*/src/**/${file}{,.namespace}.ts`, { cwd: top }).some((source) =>
    new RegExp(`^export (type|interface) [^;=(]*\\b${member}\\b`, "m").test(
      readFileSync(path.join(top, source), "utf8"),
    ),
  );
}

const texts: ReadonlyMap<string, string> = new Map(
  pages.map((page) => [page, readFileSync(path.join(top, page), "utf8")]),
);

test.each(pages)("%s names what is there", (page) => {
  const names = [...new Set(namesIn(texts.get(page) as string, everything))];
  expect(names.filter((name) => !absent.has(name) && !exists(name))).toEqual([]);
});

test("every function of a namespace is on some page", () => {
  // A page about a namespace may leave that out in its tables.
  const isOn = (page: string, door: string, name: string): boolean =>
    new RegExp(`\\b${door}\\.${name}\\b`).test(page) ||
    (page.includes(`${door}.`) && new RegExp(`\`${name}[\`(]`).test(page));
  const forgotten = Object.entries(everything).flatMap(([door, value]) => {
    if (typeof value !== "object" || value === null) return [];
    // What has two names is on a page under one of them.
    const functions = Map.groupBy(
      Object.entries(value).filter(([name]) => /^[a-z]/.test(name)),
      ([, member]) => member,
    );
    return [...functions.values()]
      .filter((aliases) => !aliases.some(([name]) => [...texts.values()].some((page) => isOn(page, door, name))))
      .map((aliases) => aliases.map(([name]) => `${door}.${name}`).join(", "));
  });
  expect(forgotten).toEqual([]);
});

test("a name that is not there is found", () => {
  const page =
    "`Process.monitor(pid)` `Process.fly`\n\n| Elixir | Espalier |\n| --- | --- |\n| `Task.Supervisor` | `Task.async` |\n\n```ts\nTask.not;\n```\n";
  expect(namesIn(page, everything)).toEqual(["Process.monitor", "Process.fly", "Task.async"]);
  expect(exists("Process.monitor")).toBe(true);
  expect(exists("Statechart.From")).toBe(true);
  expect(exists("Process.fly")).toBe(false);
});
