import type { PackedDefinition, Trust } from "@espalier/runtime";
import { ManualDisk } from "@espalier/runtime/testing";
import { beforeEach, describe, expect, it } from "vitest";
import {
  CodeCache,
  type CodeCacheOptions,
  type CodeDiskEvent,
  createCodeStore,
  fn,
  hashOf,
  remote,
  type Evaluator,
  type Store,
} from "../src/index.ts";
import { provide, written } from "./text.ts";

provide("transfer");

const inc = fn((x: number) => x + 1);
const even: (n: number) => boolean = fn(() => ({ odd }), written("(n) => n === 0 || odd(n - 1)") as never);
const odd: (n: number) => boolean = fn(() => ({ even }), written("(n) => n !== 0 && even(n - 1)") as never);
const main: (...args: unknown[]) => unknown = remote(
  { inc, even },
  written("function* main(a) { yield* transfer(a); return even(inc(1)); }"),
);
const all = [inc, even, odd, main].map(hashOf);
const file = (hash: string): string => `data/code/${hash.split(".")[0]}.json`;

const never = (): never => {
  throw new Error("nothing may run");
};
const sandbox: Evaluator = { place: "in a sandbox", begin: never, resume: never, value: never };

let disk: ManualDisk;
let events: CodeDiskEvent[];

beforeEach(() => {
  disk = new ManualDisk();
  events = [];
});

interface Options extends Partial<CodeCacheOptions> {
  readonly trusted?: readonly string[];
}

function node({ trusted = ["alice"], ...options }: Options = {}, foreign?: Evaluator): Store {
  const cache = new CodeCache({ disk, directory: "data/code", report: (event) => events.push(event), ...options });
  const trusts = (peer: string): boolean => trusted.includes(peer);
  return createCodeStore({ cache, trusts, ...(foreign === undefined ? {} : { foreign }) });
}

function sent(): readonly PackedDefinition[] {
  const store = createCodeStore();
  return store.pack(store.closure([hashOf(main)]));
}

/** Lets the disk do what it was asked. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
}

async function received(trust: Trust = "trusted", from = "alice", foreign?: Evaluator): Promise<void> {
  node({}, foreign).admit(sent(), trust, from);
  await settled();
}

describe("what a node has received", () => {
  it("is on its disk, one file for each definition or group, and is there in its next life", async () => {
    await received();
    expect(await disk.list("data/code")).toEqual([...new Set(all.map(file))].map((path) => path.slice(10)).sort());
    const store = node();
    expect(store.missing(all)).toEqual(all);
    await store.recall([hashOf(main)]);
    expect(store.missing(all)).toEqual([]);
    expect((store.definition(hashOf(even)).value as typeof even)(10)).toBe(true);
    expect(events).toEqual([]);
    expect(store.recall(all)).toBeNull();
  });

  it("is not fetched when it is not there, which is known at once after the first time", async () => {
    const store = node();
    await store.recall([hashOf(main)]);
    expect(store.missing([hashOf(main)])).toEqual([hashOf(main)]);
    expect(store.recall([hashOf(main)])).toBeNull();
    expect(createCodeStore().recall(all)).toBeNull();
  });

  it("is not of this program itself", async () => {
    node().pack(all);
    await settled();
    expect(disk.files.size).toBe(0);
  });

  it("is there for one who needs part of it, and what is missing beside it is had from a peer", async () => {
    await received();
    disk.files.delete(file(hashOf(inc)));
    const store = node();
    await store.recall([hashOf(main)]);
    expect(store.missing(all)).toEqual([hashOf(inc), hashOf(main)]);
    expect(events).toEqual([]);
  });

  it("is kept up to a number of files: the one that was not used for longest goes", async () => {
    const fs = [1, 2, 3, 4].map((n) => written(`() => ${n}`) as () => void);
    for (const f of fs) fn(f);
    const [a, b, c, d] = fs.map(hashOf) as [string, string, string, string];
    const packing = createCodeStore();
    const store = node({ files: 3 });
    store.admit(packing.pack([a, b, c]), "trusted", "alice");
    await settled();
    const next = node({ files: 3 });
    await next.recall([[a, b, c].sort()[0] as string]);
    next.admit(packing.pack([d]), "trusted", "alice");
    await settled();
    const left = [[a, b, c].sort()[0], [a, b, c].sort()[2], d].map((hash) => file(hash as string));
    expect([...disk.files.keys()].sort()).toEqual(left.sort());
  });
});

describe("a file says at most what its supplier was", () => {
  const trusted = async (store: Store): Promise<readonly string[]> => {
    await store.recall(all);
    const untrusted = new Set(store.untrusted(all));
    return all.filter((hash) => !untrusted.has(hash) && store.missing([hash]).length === 0);
  };

  it("and whether that peer is trusted is asked when the file is read", async () => {
    await received();
    expect(await trusted(node({}, sandbox))).toEqual(all);
    expect(await trusted(node({ trusted: [] }, sandbox))).toEqual([]);
    // Without a sandbox it stays on the disk, and whoever is asked says whose it is.
    const store = node({ trusted: [] });
    await store.recall(all);
    expect([store.missing(all), events]).toEqual([all, []]);
  });

  it("and neither its author nor who said so is trusted for the other", async () => {
    const store = node({}, sandbox);
    const passedOn = sent().map((one) => ({ ...one, author: "bob" }));
    store.admit(passedOn, "trusted", "alice");
    await settled();
    expect(await trusted(node({ trusted: ["alice"] }, sandbox))).toEqual([]);
    expect(await trusted(node({ trusted: ["bob"] }, sandbox))).toEqual([]);
    expect(await trusted(node({ trusted: ["alice", "bob"] }, sandbox))).toEqual(all);
  });

  it("and it is the code of whoever vouches for it later from then on", async () => {
    const store = node({}, sandbox);
    store.admit(sent(), "untrusted", "mallory");
    store.vouch(all, "alice");
    await settled();
    expect(await trusted(node({}, sandbox))).toEqual(all);
  });
});

describe("a file is not believed (S168)", () => {
  const change = (hash: string, edit: (data: Record<string, unknown>) => unknown): void => {
    const bytes = disk.files.get(file(hash))?.bytes as Uint8Array;
    const data = edit(JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>);
    disk.files.set(file(hash), { bytes: new TextEncoder().encode(JSON.stringify(data)), secret: false });
  };

  it.each<[string, (data: any) => unknown, string | RegExp]>([
    [
      "another text",
      (data) => ({ ...data, definitions: [{ ...data.definitions[0], text: "() => 'stolen'" }] }),
      /was refused: its hash is/,
    ],
    ["another version", (data) => ({ ...data, version: 2 }), "its version is 2, and this node writes 1"],
    [
      "hashes of another version",
      (data) => ({ ...data, hash: 2 }),
      "its hashes are of version 2, and this node's of 1",
    ],
    ["no supplier", (data) => ({ ...data, supplier: undefined }), "it does not say whose code it is"],
    [
      "somebody else's definition",
      (data) => ({ ...data, definitions: [{ ...data.definitions[0], hash: "A".repeat(43) }] }),
      `it holds ${"A".repeat(43)}, which belongs elsewhere`,
    ],
    ["nothing", () => null, "its version is undefined, and this node writes 1"],
    ["no list", (data) => ({ ...data, definitions: {} }), "definitions that were sent are no list"],
  ])("with %s: it is reported, asked for again, and written again", async (_, edit, reason) => {
    await received();
    change(hashOf(inc), edit);
    const store = node();
    await store.recall([hashOf(main)]);
    expect(store.missing(all)).toEqual([hashOf(inc), hashOf(main)]);
    expect(events).toEqual([
      { type: "code.disk", path: file(hashOf(inc)), reason: expect.stringMatching(reason) as string },
    ]);
    expect(store.recall([hashOf(inc)])).toBeNull();
    store.admit(sent(), "trusted", "alice");
    await settled();
    const next = node();
    await next.recall(all);
    expect(next.missing(all)).toEqual([]);
  });

  it("when it is no text at all", async () => {
    await received();
    disk.files.set(file(hashOf(inc)), { bytes: Uint8Array.of(0xff, 0xfe), secret: false });
    const store = node();
    await store.recall([hashOf(inc)]);
    expect(store.missing([hashOf(inc)])).toEqual([hashOf(inc)]);
    expect(events).toHaveLength(1);
  });
});

describe("trouble with the disk is reported, and nobody's failure", () => {
  const broken = (what: "list" | "read" | "write"): void => {
    const fail = (): Promise<never> => Promise.reject(new Error(`${what} failed`));
    Object.assign(disk, { [what]: fail });
  };

  it.each(["list", "read"] as const)("when %s fails", async (what) => {
    await received();
    broken(what);
    const store = node();
    await store.recall([hashOf(inc)]);
    expect(store.missing([hashOf(inc)])).toEqual([hashOf(inc)]);
    expect(events.map(({ reason }) => reason)).toEqual([`${what} failed`]);
  });

  it("when it is full", async () => {
    broken("write");
    await received();
    expect(events).toHaveLength(3);
    expect(new Set(events.map(({ reason }) => reason))).toEqual(new Set(["write failed"]));
  });
});
