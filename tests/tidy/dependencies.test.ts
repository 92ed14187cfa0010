import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { files, type Manifest, manifests, packages, read, top } from "./repository.ts";

interface Dependency {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

const dependenciesOf = (kinds: readonly (keyof Manifest & `${string}ependencies`)[]): readonly Dependency[] =>
  [...manifests].flatMap(([folder, manifest]) =>
    kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}).map(([name, version]) => ({ folder, name, version }))),
  );

const foreign = dependenciesOf(["dependencies", "devDependencies", "optionalDependencies"]).filter(
  ({ version }) => !version.startsWith("workspace:"),
);

/** The rows of docs/dependencies.md: name → licence. */
function defended(markdown: string): [name: string, licence: string][] {
  return [...markdown.matchAll(/^\| `([^`]+)` \|.*\| ([^|]+) \|$/gm)].map(([, name = "", licence = ""]) => [
    name,
    licence,
  ]);
}

test("every dependency is defended by one row of docs/dependencies.md, and no other is", () => {
  const rows = defended(read("docs/dependencies.md")).map(([name]) => name);
  expect(rows.toSorted()).toEqual([...new Set(foreign.map(({ name }) => name))].toSorted());
});

test("the licences are those that the dependencies come with", () => {
  for (const [name, licence] of defended(read("docs/dependencies.md"))) {
    const { folder } = foreign.find((dependency) => dependency.name === name) ?? { folder: "" };
    const manifest = path.join(top, folder, "node_modules", name, "package.json");
    expect(existsSync(manifest), `${name} is installed`).toBe(true);
    expect([name, licence]).toEqual([
      name,
      (JSON.parse(readFileSync(manifest, "utf8")) as { license: string }).license,
    ]);
  }
});

test("versions are exact, and the same everywhere", () => {
  expect(foreign.filter(({ version }) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of foreign) versions.set(name, (versions.get(name) ?? new Set()).add(version));
  expect([...versions].filter(([, all]) => all.size > 1).map(([name]) => name)).toEqual([]);
});

test("a peer, which the user brings, is accepted from the version that we test with", () => {
  for (const { folder, name, version } of dependenciesOf(["peerDependencies"])) {
    expect([name, version]).toEqual([name, `^${manifests.get(folder)?.devDependencies?.[name]}`]);
  }
});

for (const [folder, manifest] of packages) {
  test(`${manifest.name} depends on what its sources import, and on nothing else`, () => {
    const sources = files.filter((file) => file.startsWith(`${folder}/src/`) && file.endsWith(".ts"));
    const imported = new Set(sources.flatMap((file) => packagesImported(read(file))));
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
    expect([...imported].toSorted()).toEqual(Object.keys(declared).toSorted());
  });
}

/** The packages that a source imports from, Node's own left out. Doc comments do not count: their lines begin otherwise. */
function packagesImported(source: string): string[] {
  const specifiers = [
    ...source.matchAll(/^(?:import|export|\}) (?:.*from )?"([^".][^"]*)"/gm),
    ...source.matchAll(/ import\("([^".][^"]*)"\)/g),
  ];
  return specifiers
    .map(([, specifier = ""]) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? "")
    .filter((name) => !name.startsWith("node:"));
}

test("imports are read in each of their forms", () => {
  const source = [
    'import { a } from "one";',
    'import type { b } from "@two/b/door";',
    "import {",
    "  c,",
    '} from "three";',
    'export * as d from "four";',
    'import "five";',
    'const six = await import("six");',
    'import path from "node:path";',
    'import { e } from "./own.ts";',
    ' * import { f } from "comment";',
  ].join("\n");
  expect(packagesImported(source)).toEqual(["one", "@two/b", "three", "four", "five", "six"]);
});
