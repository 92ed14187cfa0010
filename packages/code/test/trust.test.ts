import type { PackedDefinition, Trust } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { CodeRefusedError, createCodeStore, fn, hashOf, remote, type Evaluator, type Store } from "../src/index.ts";
import { provide, written } from "./text.ts";

provide("transfer");

const inc = fn((x: number) => x + 1);
const twice = fn({ inc }, (x: number) => inc(x) * 2);
const main: (...args: unknown[]) => unknown = remote(
  { twice },
  written("function* main(a) { const k = twice(a); yield* transfer(a); return k; }"),
);
const all = [inc, twice, main].map(hashOf);

const never = (): never => {
  throw new Error("nothing may run");
};
/** A sandbox in which nothing runs. */
const sandbox: Evaluator = { place: "in a sandbox", begin: never, resume: never, value: never };

/** What another node would send of `main`. */
function sent(): readonly PackedDefinition[] {
  const store = createCodeStore();
  return store.pack(store.closure([hashOf(main)]));
}

function admitted(trust: Trust, packed: readonly PackedDefinition[] = sent(), from = "peer"): Store {
  const store = createCodeStore({ foreign: sandbox });
  store.admit(packed, trust, from);
  return store;
}

/** A node that trusts `trusted` and, unless told otherwise, has a sandbox for others. */
function node(trusted: readonly string[], foreign: Evaluator | null = sandbox): Store {
  const trusts = (peer: string): boolean => trusted.includes(peer);
  return createCodeStore({ trusts, ...(foreign === null ? {} : { foreign }) });
}

function places(store: Store): readonly string[] {
  return all.map((hash) => store.definition(hash).evaluator.place);
}

/** What a peer sends of `main`, when some of it is mallory's. */
function mixed(...indices: readonly number[]): readonly PackedDefinition[] {
  return sent().map((one, index) => (indices.includes(index) ? { ...one, author: "mallory" } : one));
}

describe("where code of a peer runs (S169)", () => {
  it("is this node when the peer is trusted, and the sandbox when it is not", () => {
    expect(new Set(places(admitted("trusted")))).toEqual(new Set(["in this node"]));
    expect(new Set(places(admitted("untrusted")))).toEqual(new Set(["in a sandbox"]));
    expect(admitted("trusted").untrusted(all)).toEqual([]);
    expect(admitted("untrusted").untrusted([...all, "x"])).toEqual(all);
  });

  it("is nowhere without a sandbox: it is refused, and the refusal says who must do what", () => {
    const store = createCodeStore();
    expect(() => store.admit(sent(), "untrusted", "mallory")).toThrow(
      new CodeRefusedError(
        "code of mallory runs nowhere on this node: name the peer in `trust`, or give the node a `sandbox`",
      ),
    );
    expect(store.missing(all)).toEqual(all);
  });

  it("is this node for what this program has sent itself, whoever sends it too", () => {
    const store = createCodeStore({ foreign: sandbox });
    store.pack(all);
    store.admit(sent(), "untrusted", "mallory");
    expect(store.untrusted(all)).toEqual([]);
    expect(new Set(places(store))).toEqual(new Set(["in this node"]));
  });
});

describe("a trusted peer that uses what came from somebody else", () => {
  it("vouches for it, with all that it needs", () => {
    const store = admitted("untrusted");
    store.vouch([hashOf(inc), hashOf(twice), "not here"], "friend");
    expect(places(store)).toEqual(["in this node", "in this node", "in a sandbox"]);
    store.vouch([hashOf(main)], "friend");
    expect(store.untrusted(all)).toEqual([]);
  });

  it("vouches for all that it needs or for none of it", () => {
    const store = admitted("untrusted");
    store.vouch([hashOf(main)], "friend");
    expect(store.untrusted(all)).toEqual(all);
    store.vouch(all, "friend");
    expect(store.untrusted(all)).toEqual([]);
    expect(store.authors(all).get(hashOf(main))).toBe("friend");
  });

  it("vouches for what it sends itself once it names what that needs", () => {
    const store = admitted("untrusted", sent().slice(0, 2), "mallory");
    store.admit(sent(), "trusted", "friend");
    expect(store.untrusted(all)).toEqual(all);
    store.vouch(all, "friend");
    expect(store.untrusted(all)).toEqual([]);
  });
});

describe("code that a peer in the middle passes on (S170)", () => {
  /** What bob, who trusts everybody, passes on of what he has from mallory. */
  const passedOn = (): readonly PackedDefinition[] => {
    const bob = node(["mallory"]);
    bob.admit(sent(), "trusted", "mallory");
    expect(bob.untrusted(all)).toEqual([]);
    return bob.pack(all);
  };

  it("is its author's: whoever trusts the one in the middle need not trust it", () => {
    expect(passedOn().map(({ author }) => author)).toEqual(["mallory", "mallory", "mallory"]);
    const carol = node(["bob"]);
    carol.admit(passedOn(), "trusted", "bob");
    expect(carol.untrusted(all)).toEqual(all);
    expect(carol.authors(all).get(hashOf(main))).toBe("mallory");
    const dave = node(["bob", "mallory"]);
    dave.admit(passedOn(), "trusted", "bob");
    expect(dave.untrusted(all)).toEqual([]);
  });

  it("is refused without a sandbox, naming its author and who passes it on", () => {
    const carol = node(["bob"], null);
    expect(() => carol.admit(passedOn(), "trusted", "bob")).toThrow(
      "code of mallory, which bob passes on, runs nowhere on this node: name its author in `trust`, or give the node a `sandbox`",
    );
    expect(carol.missing(all)).toEqual(all);
  });

  it("is no trusted author's because somebody who is not trusted says so", () => {
    const carol = node(["alice"]);
    carol.admit(
      sent().map((one) => ({ ...one, author: "alice" })),
      "untrusted",
      "mallory",
    );
    expect(carol.untrusted(all)).toEqual(all);
    expect(carol.authors(all).get(hashOf(main))).toBe("mallory");
  });

  it("takes along what needs it: that is not trusted either", () => {
    const places = (...indices: readonly number[]): readonly string[] => {
      const carol = node(["bob"]);
      carol.admit(mixed(...indices), "trusted", "bob");
      return carol.untrusted(all);
    };
    expect(places(0)).toEqual(all);
    expect(places(1)).toEqual(all.slice(1));
  });

  it("loses no trust by it", () => {
    const store = admitted("trusted");
    store.admit(mixed(0, 1, 2), "trusted", "other");
    store.admit(sent(), "untrusted", "mallory");
    expect(store.untrusted(all)).toEqual([]);
  });
});

it("code that is not trusted is read and hashed, and nothing of it runs before it is used", () => {
  const store = admitted("untrusted");
  expect(store.pack([hashOf(inc)])[0]?.text).toBe(sent()[0]?.text);
  expect(() => store.definition(hashOf(inc)).value).toThrow("nothing may run");
  store.vouch([hashOf(inc)], "friend");
  expect((store.definition(hashOf(inc)).value as typeof inc)(1)).toBe(2);
});
