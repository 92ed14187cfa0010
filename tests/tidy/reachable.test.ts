import path from "node:path";
import { expect, test } from "vitest";
import { type Door, files, type Manifest, packages, read } from "./repository.ts";

/** The source files that a package's doors lead to, by import, export, or a URL that a worker is started from. */
function reach(doors: readonly string[], source: (file: string) => string | undefined): Set<string> {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    const text = source(file);
    if (text === undefined) return;
    reached.add(file);
    for (const [, target = ""] of text.matchAll(/"(\.{1,2}\/[^"]+\.ts)"/g)) {
      visit(path.posix.join(path.posix.dirname(file), target));
    }
  };
  for (const door of doors) visit(door);
  return reached;
}

/** The places that a door leads to. */
function targetsOf(door: Door<string>): string[] {
  return typeof door === "string" ? [door] : [door.browser, door.default];
}

/** A door as it is published: to the built file, and to its types. */
function published(door: Door<string>): unknown {
  if (typeof door !== "string") return { browser: published(door.browser), default: published(door.default) };
  const built = door.replace("./src/", "./dist/").replace(/\.ts$/, "");
  return door.endsWith(".ts") ? { types: `${built}.d.ts`, default: `${built}.js` } : door;
}

function doorsOf(folder: string, manifest: Manifest): string[] {
  return [...Object.values(manifest.exports ?? {}).flatMap(targetsOf), ...Object.values(manifest.bin ?? {})]
    .filter((door) => door.endsWith(".ts"))
    .map((door) => path.posix.join(folder, door));
}

for (const [folder, manifest] of packages) {
  test(`every source file of ${manifest.name} is reached from one of its doors`, () => {
    const sources = files.filter((file) => file.startsWith(`${folder}/src/`) && file.endsWith(".ts"));
    const reached = reach(doorsOf(folder, manifest), (file) => (files.includes(file) ? read(file) : undefined));
    expect(sources.filter((file) => !reached.has(file))).toEqual([]);
  });

  test(`the doors of ${manifest.name} exist, and lead to the same places in the repository and when published`, () => {
    for (const [name, door] of Object.entries(manifest.exports ?? {})) {
      for (const target of targetsOf(door)) expect(files).toContain(path.posix.join(folder, target));
      expect(manifest.publishConfig?.exports[name]).toEqual(published(door));
    }
    expect(Object.keys(manifest.publishConfig?.exports ?? {})).toEqual(Object.keys(manifest.exports ?? {}));
  });
}

test("what nothing leads to is not reached", () => {
  const sources = new Map([
    ["src/index.ts", 'export { a } from "./a.ts";'],
    ["src/a.ts", 'new Worker(new URL("./deep/b.ts", import.meta.url));'],
    ["src/deep/b.ts", 'import "../a.ts";'],
    ["src/dead.ts", 'import "./a.ts";'],
  ]);
  const reached = reach(["src/index.ts"], (file) => sources.get(file));
  expect([...reached]).toEqual(["src/index.ts", "src/a.ts", "src/deep/b.ts"]);
});
