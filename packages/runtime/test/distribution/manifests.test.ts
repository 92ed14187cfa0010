import type { CodeStore, Message, Trust } from "@espalier/runtime";
import { beforeEach, describe, expect, test } from "vitest";
import { Manifests, readReference } from "../../src/distribution/manifests.ts";
import { examples } from "./example-messages.ts";

/** What each definition needs: `f` needs `g`, `many` needs a hundred others. */
const others: readonly string[] = Array.from({ length: 100 }, (_, n) => `other${n}`);
const needs: Readonly<Record<string, readonly string[]>> = { f: ["g"], many: others };

class Names {
  readonly known = new Set(["f", "g", "h", "many", ...others]);
  readonly owners = new Map<string, string>();
  readonly vouched: string[] = [];

  closure(roots: Iterable<string>): readonly string[] {
    return [...new Set([...roots].flatMap((root) => [...this.closure(needs[root] ?? []), root]))];
  }

  missing(hashes: Iterable<string>): readonly string[] {
    return [...hashes].filter((hash) => !this.known.has(hash));
  }

  authors(hashes: Iterable<string>): ReadonlyMap<string, string> {
    const asked = new Set(hashes);
    return new Map([...this.owners].filter(([hash]) => asked.has(hash)));
  }

  vouch(hashes: Iterable<string>, author: string): void {
    for (const hash of hashes) this.vouched.push(`${hash} of ${author}`);
  }

  named(): void {}

  pack(hashes: Iterable<string>): readonly { hash: string }[] {
    return [...hashes].map((hash) => ({ hash }));
  }
}

let store: Names;
let distrusted: Set<string>;
let manifests: Manifests;

beforeEach(() => {
  store = new Names();
  distrusted = new Set();
  const trustIn = (peer: string): Trust => (distrusted.has(peer) ? "untrusted" : "trusted");
  manifests = new Manifests(store as unknown as CodeStore, trustIn);
});

function listed(hashes: readonly string[], peer = "peer"): readonly string[] {
  const message: Message = {
    type: "signal.message",
    to: ["1", 1],
    from: ["1", 1],
    payload: { bytes: new Uint8Array(), hashes },
  };
  const out = manifests.outgoing(peer, message);
  return out.type === "signal.message" ? out.payload.hashes : [];
}

function supplied(...asked: readonly string[]): readonly string[] {
  return manifests.supply("peer", asked).map(({ hash }) => hash);
}

describe("what a peer is told of definitions", () => {
  test("is all of them until it says that it has them, and then nothing", () => {
    expect(listed(["g", "f"])).toEqual(["g", "f"]);
    manifests.had("peer", { type: "code.have", hashes: ["g", "f"] });
    expect(listed(["g", "f", "h"])).toEqual(["h"]);
    expect(listed(["g", "f"])).toEqual([]);
    expect(listed(["g", "f"], "another")).toEqual(["g", "f"]);
  });

  test("is all of them again over another link", () => {
    manifests.had("peer", { type: "code.have", hashes: ["g", "f"] });
    manifests.forget("peer");
    expect(listed(["g", "f"])).toEqual(["g", "f"]);
  });

  test("is only from where they can be reached, when they are many", () => {
    const hashes = store.closure(["f", "many"]);
    expect(listed(hashes)).toEqual(["*many", "*f"]);
    manifests.had("peer", { type: "code.have", hashes: ["*many"] });
    expect(listed(hashes)).toEqual(["g", "f"]);
  });

  test("says whose code it is, and again when that has changed", () => {
    store.owners.set("f", "mallory");
    expect(listed(["g", "f"])).toEqual(["g", "f@mallory"]);
    manifests.had("peer", { type: "code.have", hashes: ["g", "f@mallory"] });
    expect(listed(["g", "f"])).toEqual([]);
    store.owners.set("f", "alice");
    expect(listed(["g", "f"])).toEqual(["f@alice"]);
    // What is said to be there as this node's own was never named so.
    store.owners.set("h", "mallory");
    manifests.had("peer", { type: "code.have", hashes: ["h", "not here"] });
    expect(listed(["h"])).toEqual(["h@mallory"]);
  });

  test("takes nothing that is not here for one's own: it is passed on for somebody else", () => {
    expect(listed(["elsewhere"])).toEqual(["elsewhere@?"]);
  });

  test("is the same for processes that move, and nothing of it is done to messages without definitions", () => {
    const about = { process: "p", epoch: 1 };
    manifests.had("peer", { type: "code.have", hashes: ["f"] });
    const moving: Message = {
      type: "transfer.in",
      ...about,
      number: 1,
      signal: { bytes: new Uint8Array(), hashes: ["f"] },
    };
    expect(manifests.outgoing("peer", moving)).toMatchObject({ signal: { hashes: [] } });
    const plain: Message = { ...moving, signal: { bytes: new Uint8Array(), hashes: [] } };
    expect(manifests.outgoing("peer", plain)).toBe(plain);
    for (const message of examples) {
      const fields = Object.values(manifests.outgoing("peer", message)) as { hashes?: readonly string[] }[];
      const named = fields.flatMap((field) => field?.hashes ?? []);
      expect(named.every((text) => text === "hash@?")).toBe(true);
    }
  });
});

describe("what a peer asks for", () => {
  test("is what it gets, as far as it is here; what it has accepted it has", () => {
    expect(supplied("f", "nowhere")).toEqual(["f"]);
    manifests.accepted("peer", ["g", "f"]);
    expect(listed(["g", "f", "h"])).toEqual(["h"]);
  });

  test("is with all that it needs where that was not listed, less what it has", () => {
    expect(supplied("*f")).toEqual(["g", "f"]);
    manifests.had("peer", { type: "code.have", hashes: ["g"] });
    expect(supplied("*f")).toEqual(["f"]);
  });

  test("is everything, once it asks for what it said that it has", () => {
    manifests.had("peer", { type: "code.have", hashes: ["g", "f"] });
    expect(supplied("*f")).toEqual(["g", "f"]);
    expect(listed(["g", "f"])).toEqual(["g", "f"]);
  });
});

describe("what a peer names", () => {
  test("is missing or not, whatever is said about it", () => {
    expect(manifests.missing(["f", "x@a", "*y@b", "g@a"])).toEqual(["x@a", "*y@b"]);
    expect(readReference("*y@b")).toEqual({ hash: "y", author: "b", whole: true });
  });

  test("it has: it need not be told of that, unless it has another author here", () => {
    store.owners.set("g", "peer").set("h", "mallory");
    manifests.used("peer", ["g", "h"]);
    expect(listed(["g", "h", "f"])).toEqual(["h@mallory", "f"]);
    expect(listed(["g"], "another")).toEqual(["g@peer"]);
  });

  test("is its own or somebody else's, by its word; who is not trusted is not believed", () => {
    distrusted.add("mallory").add("?");
    expect(manifests.used("peer", ["f", "g@mallory", "h@alice", "many@?"])).toBe(true);
    expect(store.vouched).toEqual(["f of peer", "h of alice"]);
    expect(manifests.used("peer", ["f"])).toBe(false);
    store.vouched.length = 0;
    expect(manifests.used("mallory", ["g", "h@alice"])).toBe(true);
    expect(store.vouched).toEqual([]);
  });
});

test("what is remembered of a peer is bounded, and beyond that listed again (knownCodePerPeer)", () => {
  manifests = new Manifests(store as unknown as CodeStore, () => "trusted", 2);
  manifests.had("peer", { type: "code.have", hashes: ["g", "h"] });
  expect(listed(["g", "h"])).toEqual([]);
  manifests.had("another", { type: "code.have", hashes: ["g"] });
  manifests.had("peer", { type: "code.have", hashes: ["other1"] });
  expect(listed(["g", "h", "other1"])).toEqual(["g", "h"]);
  expect(listed(["g"], "another")).toEqual([]);
});
