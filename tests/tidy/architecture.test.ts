import { expect, test } from "vitest";
import { files, packages, read } from "./repository.ts";

/** The arrows `a --> b` of the mermaid diagrams in a Markdown text, sorted. */
function drawnArrows(markdown: string): string[] {
  const diagrams = [...markdown.matchAll(/^```mermaid\n(.*?)^```/gms)].map(([, diagram = ""]) => diagram);
  return diagrams
    .flatMap((diagram) => [...diagram.matchAll(/^\s*([\w-]+) --> ([\w-]+(?: & [\w-]+)*)$/gm)])
    .flatMap(([, from = "", targets = ""]) => targets.split(" & ").map((to) => `${from} --> ${to}`))
    .toSorted();
}

test("ARCHITECTURE.md draws the dependencies of the packages, all of them and no other", () => {
  const names = new Map([...packages].map(([folder, { name }]) => [name, folder.slice("packages/".length)]));
  const arrows = [...packages].flatMap(([folder, { dependencies = {} }]) =>
    Object.keys(dependencies)
      .filter((name) => names.has(name))
      .map((name) => `${folder.slice("packages/".length)} --> ${names.get(name)}`),
  );
  expect(drawnArrows(read("ARCHITECTURE.md"))).toEqual(arrows.toSorted());
});

test("ARCHITECTURE.md says where to begin reading, and there is something to read", () => {
  const [packageRows = "", ...roomRows] = read("ARCHITECTURE.md").split("| begin reading at |").slice(1);
  const namesIn = (cells: string): string[] =>
    [...cells.matchAll(/`([\w/-]+(?:\.ts|\/))`/g)].map(([, name = ""]) => name);
  const rows = [...packageRows.matchAll(/^\| `([\w-]+)` \|.*\| (.*) \|$/gm)].flatMap(([, folder, cells = ""]) =>
    namesIn(cells).map((name) => `packages/${folder}/src/${name}`),
  );
  const withRooms = ["runtime", "devtools"];
  const rooms = withRooms.flatMap((folder, index) => {
    const [table = ""] = (roomRows[index] ?? "").split("\n\n");
    return namesIn(table).map((name) => `packages/${folder}/src/${name}`);
  });
  expect(rows.length).toBeGreaterThan(packages.size);
  const room = new RegExp(`^packages/(?:${withRooms.join("|")})/src/[\\w-]+/`);
  const folders = new Set(files.flatMap((file) => room.exec(file) ?? []));
  expect([...folders].filter((folder) => !rooms.includes(folder))).toEqual([]);
  const missing = [...rows, ...rooms].filter(
    (place) => !files.some((file) => file === place || (place.endsWith("/") && file.startsWith(place))),
  );
  expect(missing).toEqual([]);
});

test("dependencies between packages have no cycle, development included", () => {
  const edges = new Map(
    [...packages.values()].map((manifest) => [
      manifest.name,
      Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }),
    ]),
  );
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    expect(trail, "a cycle").not.toContain(name);
    if (done.has(name)) return;
    for (const next of edges.get(name) ?? []) if (edges.has(next)) visit(next, [...trail, name]);
    done.add(name);
  };
  for (const name of edges.keys()) visit(name, []);
});

test("arrows are read one by one and in groups", () => {
  const markdown = "```mermaid\ngraph BT\n  a --> b & c\n  b --> c\n```\n\na --> d\n";
  expect(drawnArrows(markdown)).toEqual(["a --> b", "a --> c", "b --> c"]);
});
