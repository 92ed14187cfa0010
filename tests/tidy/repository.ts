// What the tidy tests look at: the files of the repository, and the manifests of its packages.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export const top: string = path.join(import.meta.dirname, "../..");

/** What is installed or built; everything else is ours to keep tidy. */
const foreign = new Set([".git", "node_modules", "dist", ".turbo", "coverage", ".examples"]);

/** Every file of ours, relative to the top, with forward slashes. */
export const files: readonly string[] = list("");

function list(folder: string): string[] {
  return readdirSync(path.join(top, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (foreign.has(entry.name)) return [];
    return entry.isDirectory() ? list(file) : [file];
  });
}

export function read(file: string): string {
  return readFileSync(path.join(top, file), "utf8");
}

/** Where a door leads: everywhere to the same, or in browsers elsewhere. */
export type Door<Target> = Target | { readonly browser: Target; readonly default: Target };

export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, Door<string>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly publishConfig?: {
    readonly exports: Readonly<Record<string, string | Door<{ types: string; default: string }>>>;
  };
}

/** The manifests, by the folder that they are in ("" is the top). */
export const manifests: ReadonlyMap<string, Manifest> = new Map(
  files
    .filter((file) => path.posix.basename(file) === "package.json")
    .map((file) => [path.posix.dirname(file).replace(/^\.$/, ""), JSON.parse(read(file)) as Manifest]),
);

/** The manifests of what is published, by folder. */
export const packages: ReadonlyMap<string, Manifest> = new Map(
  [...manifests].filter(([folder]) => folder.startsWith("packages/")),
);
