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

function places(store: Store): readonly string[] {
  return all.map((hash) => store.definition(hash).evaluator.place);
}

function marked(...indices: readonly number[]): readonly PackedDefinition[] {
  return sent().map((one, index) => (indices.includes(index) ? { ...one, untrusted: true } : one));
}

describe("where code of a peer runs", () => {
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
    store.vouch([hashOf(twice), "not here"], "friend");
    expect(places(store)).toEqual(["in this node", "in this node", "in a sandbox"]);
    store.vouch([hashOf(main)], "friend");
    expect(store.untrusted(all)).toEqual([]);
  });

  it("vouches for it also by sending something that needs it", () => {
    const store = admitted("untrusted", sent().slice(0, 2));
    store.admit(sent(), "trusted", "friend");
    expect(new Set(places(store))).toEqual(new Set(["in this node"]));
  });

  it("does not by sending it on: what the peer does not trust is not trusted here", () => {
    const middle = admitted("untrusted");
    const passedOn = middle.pack(middle.closure([hashOf(main)]));
    expect(passedOn.map(({ untrusted }) => untrusted)).toEqual([true, true, true]);
    expect(places(admitted("trusted", passedOn))).toEqual(["in a sandbox", "in a sandbox", "in a sandbox"]);
    expect(() => createCodeStore().admit(passedOn, "trusted", "friend")).toThrow(
      /^friend passes on code that it does not trust itself, .* runs nowhere on this node: give the node a `sandbox`$/,
    );
  });

  it("vouches for nothing that needs what it does not vouch for", () => {
    expect(places(admitted("trusted", marked(0)))).toEqual(["in a sandbox", "in a sandbox", "in a sandbox"]);
    expect(places(admitted("trusted", marked(1)))).toEqual(["in this node", "in a sandbox", "in a sandbox"]);
  });

  it("cannot take trust away", () => {
    const store = admitted("trusted");
    store.admit(marked(0, 1, 2), "trusted", "other");
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
