import type { CodeLimits, Disk, Hash, PackedDefinition } from "@espalier/runtime";
import { groupOf, inGroups, readDelivery, type Delivery } from "./delivery.ts";
import { hashVersion } from "./hash.ts";

/** A file of definitions on this node's disk was of no use, or could not be written. The node goes on without it. */
export interface CodeDiskEvent {
  readonly type: "code.disk";
  readonly path: string;
  readonly reason: string;
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly codeDisk: CodeDiskEvent;
  }
}

export interface CodeCacheOptions {
  readonly disk: Disk;
  /** Where the files are. */
  readonly directory: string;
  /** How many files are kept: 4,096 unless given. The one that was not used for longest goes first. */
  readonly files?: number;
  readonly report: (event: CodeDiskEvent) => void;
}

/** What a file holds. Nothing of it is believed: hashes are computed again by whoever admits it. */
export interface CodeFile {
  readonly definitions: readonly PackedDefinition[];
  /** Whose code it is. */
  readonly author: string;
  /** Who said so. */
  readonly supplier: string;
}

/** The version of the files. */
const version = 1;

/**
 * Definitions that a node keeps on its disk, one file for each, or for each group that need one another: what was received once need not be
 * asked for again after a restart.
 *
 * A file says whose code it is, and who said so; whether they are trusted is asked when it is read. No trouble with the disk is anybody's failure: it is reported, and the definition is had from a peer.
 */
export class CodeCache {
  readonly #options: CodeCacheOptions;
  readonly #files: number;
  /** What is on the disk, what was used last at the end. Null until the directory has been read. */
  #names: Set<string> | null = null;
  #listing: Promise<Set<string>> | null = null;
  /** Writes and removals, one after another. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: CodeCacheOptions) {
    this.#options = options;
    this.#files = options.files ?? 4096;
  }

  /** Whether there may be a file for a hash: certain once the directory has been read. */
  mayHave(hash: Hash): boolean {
    return this.#names === null || this.#names.has(groupOf(hash));
  }

  /** The file with a name; null when there is none that makes sense. */
  async load(name: string, limits: CodeLimits): Promise<CodeFile | null> {
    const names = await this.#list();
    if (!names.has(name)) return null;
    const path = this.#path(name);
    try {
      const bytes = await this.#options.disk.read(path);
      if (bytes === null) throw new Error("it is gone");
      const file = readFile(name, bytes, limits);
      this.#touch(names, name);
      return file;
    } catch (error) {
      this.reject(name, error);
      return null;
    }
  }

  /** The groups of what was loaded; none when it makes no sense together. */
  inGroups(found: Delivery, limits: CodeLimits): readonly (readonly PackedDefinition[])[] {
    try {
      return inGroups(found, limits);
    } catch (error) {
      for (const name of new Set([...found.keys()].map(groupOf))) this.reject(name, error);
      return [];
    }
  }

  /** Writes a file, some time soon. */
  save(name: string, file: CodeFile): void {
    this.#soon(name, async (names) => {
      const bytes = new TextEncoder().encode(JSON.stringify({ version, hash: hashVersion, ...file }));
      await this.#options.disk.write(this.#path(name), bytes);
      this.#touch(names, name);
      for (const oldest of [...names].slice(0, Math.max(0, names.size - this.#files))) {
        names.delete(oldest);
        await this.#options.disk.remove(this.#path(oldest));
      }
    });
  }

  /** The file is of no use: it is reported, and not read again. What is had instead is written over it. */
  reject(name: string, error: unknown): void {
    this.#names?.delete(name);
    this.#report(name, error);
  }

  #path(name: string): string {
    return `${this.#options.directory}/${name}.json`;
  }

  #touch(names: Set<string>, name: string): void {
    names.delete(name);
    names.add(name);
  }

  #soon(name: string, step: (names: Set<string>) => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      try {
        await step(await this.#list());
      } catch (error) {
        this.#report(name, error);
      }
    });
  }

  #list(): Promise<Set<string>> {
    this.#listing ??= this.#read();
    return this.#listing;
  }

  async #read(): Promise<Set<string>> {
    const { disk, directory, report } = this.#options;
    const names = new Set<string>();
    try {
      for (const file of await disk.list(directory)) if (file.endsWith(".json")) names.add(file.slice(0, -5));
    } catch (error) {
      report({ type: "code.disk", path: directory, reason: reasonOf(error) });
    }
    this.#names = names;
    return names;
  }

  #report(name: string, error: unknown): void {
    this.#options.report({ type: "code.disk", path: this.#path(name), reason: reasonOf(error) });
  }
}

/** @throws CodeRefusedError, SyntaxError or TypeError when the bytes are no such file. */
function readFile(name: string, bytes: Uint8Array, limits: CodeLimits): CodeFile {
  const data: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  const { version: written, hash, author, supplier, definitions } = (data ?? {}) as Record<string, unknown>;
  if (written !== version) throw new TypeError(`its version is ${String(written)}, and this node writes ${version}`);
  if (hash !== hashVersion) {
    throw new TypeError(`its hashes are of version ${String(hash)}, and this node's of ${hashVersion}`);
  }
  if (typeof author !== "string" || typeof supplier !== "string") {
    throw new TypeError("it does not say whose code it is");
  }
  const delivery = readDelivery(definitions, limits);
  for (const hash of delivery.keys()) {
    if (groupOf(hash) !== name) throw new TypeError(`it holds ${hash}, which belongs elsewhere`);
  }
  return { author, supplier, definitions: [...delivery.values()] };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
