import path from "node:path";
import { expect, test } from "vitest";
import { files, read } from "./repository.ts";

const linesMax = 800;

const written: readonly string[] = files.filter(
  (file) => /\.(ts|mjs|md|json|yaml)$/.test(file) && file !== "pnpm-lock.yaml",
);

/** What must not be in the repository. */
const banned: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a path of somebody's machine", /(^|[\s"'`(=:])\/(work|home|root|Users)\/[\w.-]+/m],
  ["the address of a registry", /https?:\/\/registry\.|\/artifactory\//i],
  ["a note to do it later", /\b(TODO|FIXME|XXX)\b/],
];

function findBanned(text: string): string[] {
  return banned.flatMap(([what, pattern]) => {
    const found = pattern.exec(text);
    return found === null ? [] : [`${what}: ${found[0].trim()}`];
  });
}

/** Whether the name is lower case, its words joined by hyphens, its kinds by dots; a few names are everybody's. */
function isTidyName(file: string): boolean {
  const name = path.posix.basename(file);
  return /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(name) || /^(\..+|LICENSE|[A-Z]+\.md)$/.test(name);
}

test(`no file is longer than ${linesMax} lines`, () => {
  const long = written.filter((file) => !file.endsWith(".json") && read(file).split("\n").length > linesMax + 1);
  expect(long).toEqual([]);
});

test("file names are kebab-case", () => {
  expect(files.filter((file) => !isTidyName(file))).toEqual([]);
});

test("nothing in the repository belongs to one machine or to later", () => {
  const found = written
    .filter((file) => file !== "tests/tidy/files.test.ts")
    .flatMap((file) => findBanned(read(file)).map((what) => `${file}: ${what}`));
  expect(found).toEqual([]);
  expect(findBanned(read("pnpm-lock.yaml"))).toEqual([]);
});

test("what is banned is found", () => {
  expect(["detector.ts", "types.test-d.ts", "0001-a-b.md", "README.md", "LICENSE"].filter(isTidyName)).toHaveLength(5);
  expect(["Detector.ts", "a_b.ts", "a--b.ts"].filter(isTidyName)).toEqual([]);
  const samples = ["see /home/ada/x", "https://registry.example.org/x", "// TODO: later"];
  expect(samples.map((sample) => findBanned(sample).length)).toEqual([1, 1, 1]);
  expect(findBanned("ws://host/path, a framework/work/order, TODOS")).toEqual([]);
});
