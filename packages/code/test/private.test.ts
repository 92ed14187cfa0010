import type { NodeRef, Travels } from "@espalier/runtime";
import { NodeRef as Ref } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import {
  codeFunctions,
  codeTravels,
  createCodeStore,
  DefinitionError,
  fn,
  hashOf,
  remote,
  PrivateHome,
} from "../src/index.ts";
import { PrivateReference } from "../src/private-function.ts";

const idOf = (letter: string): string => `${letter.repeat(42)}A`;

/** A node whose "signature" is made of its own secret. */
function home(letter: string, url: string | null = `ws://${letter}:1`, secret = letter): PrivateHome {
  const made = new PrivateHome({
    id: idOf(letter),
    sign: (message) => new Uint8Array([...new TextEncoder().encode(secret), ...message]),
  });
  made.open(url);
  return made;
}

let names = 0;
const fresh = (): string => `function-${(names += 1)}`;
const body = function* (): Generator<never, number> {
  return 1;
};

const travelsOf = (at: PrivateHome, name: string): Travels =>
  codeTravels(createCodeStore(), at).find((kind) => kind.name === name) as Travels;

/** What goes across the wire for a function, from the node `at`. */
function sent(f: Function, at: PrivateHome): readonly [NodeRef, string, string] {
  return travelsOf(at, "code.private").encode(codeFunctions.standIn(f)) as [NodeRef, string, string];
}

const received = (data: unknown, at: PrivateHome): Function => travelsOf(at, "code.private").decode(data);

/** Runs a call up to its first question, and says what comes of it without any node. */
function entered(data: readonly unknown[], at: PrivateHome): unknown {
  return (travelsOf(at, "code.private-run").decode([...data, []]) as { enter(): unknown }).enter();
}

describe("a private function (S183)", () => {
  const alice = home("a");
  const bob = home("b", null);

  it("has one name in a program, of letters that people can read", () => {
    const name = fresh();
    remote.private(name, body);
    expect(() => remote.private(name, body)).toThrow(
      `there is a private function \`${name}\` in this program already; others call it by that name`,
    );
    for (const wrong of ["", "a b", "a:b", "a".repeat(41), 5 as never])
      expect(() => remote.private(wrong, body)).toThrow(DefinitionError);
    expect(() => remote.private(fresh(), 5 as never)).toThrow("expected a function* or an async function as the body");
  });

  it("travels as its owner, its name and a proof, and nothing else", () => {
    const f = remote.private("quote.of-1", body);
    const [owner, name, seal] = sent(f, alice);
    expect([owner.id, owner.address, name]).toEqual([idOf("a"), "ws://a:1", "quote.of-1"]);
    expect(seal).toMatch(/^[\w-]{22}$/);
    // Whoever hands it on, it is still alice's; and at its owner it is the function itself.
    expect(sent(f, bob)).toEqual([owner, name, seal]);
    expect(received([owner, name, seal], alice)).toBe(f);
  });

  it("has proofs that differ for every name and every node", () => {
    const [f, g] = [remote.private(fresh(), body), remote.private(fresh(), body)];
    expect(sent(f, alice)[2]).not.toBe(sent(g, alice)[2]);
    expect(alice.seal("x")).not.toBe(bob.seal("x"));
    expect(alice.seal("x")).toBe(home("a").seal("x"));
  });

  it("does not run for a reference that was made up, and does not tell why", () => {
    const f = remote.private(fresh(), body);
    const [owner, name, seal] = sent(f, alice);
    expect(entered([owner, name, seal], alice)).toHaveProperty("next");
    const reason = (wanted: string): string =>
      `private function \`${wanted}\`: ${idOf("a")} has no such function, or did not hand out this reference to it`;
    expect(() => entered([owner, name, bob.seal(name)], alice)).toThrow(reason(name));
    expect(() => entered([owner, name, seal.slice(1)], alice)).toThrow(reason(name));
    expect(() => entered([owner, name, `${seal}A`], alice)).toThrow(reason(name));
    expect(() => entered([owner, "no-such", alice.seal("no-such")], alice)).toThrow(reason("no-such"));
    // A function of this program, asked for at a node that is none of its.
    const elsewhere = new Ref(idOf("z"), null);
    expect(() => entered([elsewhere, name, seal], alice)).toThrow("has no such function");
  });

  it.each<[string, unknown]>([
    ["nothing", null],
    ["no owner", ["a", "name", "seal"]],
    ["a name that is none", [new Ref(idOf("a"), null), "a b", "seal"]],
    ["a name that is no text", [new Ref(idOf("a"), null), {}, "seal"]],
    ["a proof that is none", [new Ref(idOf("a"), null), "name", "?"]],
    ["an endless proof", [new Ref(idOf("a"), null), "name", "a".repeat(65)]],
  ])("is refused as %s", (_, data) => {
    expect(() => received(data, alice)).toThrow(TypeError);
    if (Array.isArray(data)) expect(() => entered(data, alice)).toThrow(TypeError);
  });

  it("refuses a call without a list of arguments", () => {
    const reference = sent(remote.private(fresh(), body), alice);
    expect(() => travelsOf(alice, "code.private-run").decode([...reference, "args"])).toThrow("a list of arguments");
  });
});

describe("a definition that depends on a private function", () => {
  const carol = home("c");

  it("is hashed with its owner and its name, and with nothing of its body", () => {
    const name = fresh();
    const quote = remote.private(name, body);
    void sent(quote, carol);
    const own = hashOf(fn({ quote }, () => quote));
    // The same function, by reference: as another program would have it.
    const elsewhere = (owner: NodeRef, of: string, seal: string): string => {
      const quote = received([owner, of, seal], carol);
      return hashOf(fn({ quote }, () => quote));
    };
    const { ref } = carol;
    expect(elsewhere(ref, name, carol.seal(name))).toBe(own);
    expect(elsewhere(new Ref(ref.id, "ws://moved:2"), name, carol.seal(name))).toBe(own);
    expect(elsewhere(ref, "another", carol.seal("another"))).not.toBe(own);
    expect(elsewhere(ref, name, "forged")).not.toBe(own);
    expect(elsewhere(new Ref(idOf("z"), null), name, carol.seal(name))).not.toBe(own);
  });

  it("is sent without it, and received with a reference to it", () => {
    const quote = remote.private(fresh(), function* (): Generator<never, string> {
      return "top secret";
    });
    void sent(quote, carol);
    const ask = remote({ quote }, function* () {
      return yield* quote();
    });
    const source = createCodeStore();
    const hashes = source.closure([hashOf(ask)]);
    expect(hashes).toEqual([hashOf(ask)]);
    const packed = source.pack(hashes);
    expect(JSON.stringify(packed)).not.toContain("secret");
    expect(packed[0]?.dependencies["quote"]).toMatch(/^##private:c{42}A:[\w-]{22}:function-\d+@ws:/);
    const target = createCodeStore();
    target.admit(structuredClone(packed), "trusted");
    expect(target.missing(hashes)).toEqual([]);
    expect(target.definition(hashes[0] as string).hash).toBe(hashOf(ask));
  });

  it("is refused when somebody changes whose function it is", () => {
    const quote = remote.private(fresh(), body);
    void sent(quote, carol);
    const ask = remote({ quote }, function* () {
      return yield* quote();
    });
    const [packed] = createCodeStore().pack([hashOf(ask)]);
    const reference = packed?.dependencies["quote"] as string;
    const hostile = [
      reference.replace(idOf("c"), idOf("e")),
      reference.replace(/:function-/, ":function-x"),
      reference.replace(/:[\w-]{22}:/, ":AAAAAAAAAAAAAAAAAAAAAA:"),
      "##private:short:a:b",
      `${reference} and more`,
    ];
    for (const quote of hostile) {
      expect(() => createCodeStore().admit([{ ...packed!, dependencies: { quote } }], "trusted")).toThrow(
        /refused|hash/,
      );
    }
    // An address is nobody's secret, and no part of what it is.
    const moved = { ...packed!, dependencies: { quote: reference.replace(/@.*/, "") } };
    expect(() => createCodeStore().admit([moved], "trusted")).not.toThrow();
  });

  it("says what is missing when nobody knows whose function it is", () => {
    const quote = remote.private(fresh(), body);
    expect(() => hashOf(fn({ quote }, () => quote))).toThrow(
      "it belongs to no node yet: this program has several nodes; send the function itself from the one that it belongs to first",
    );
  });
});

it("a reference is not a function of this program until it is proven", () => {
  const dora = home("f");
  const name = fresh();
  const f = remote.private(name, body);
  void sent(f, dora);
  expect(new PrivateReference(dora.ref, name, dora.seal(name)).known()).toBe(codeFunctions.standIn(f));
  const forged = new PrivateReference(dora.ref, name, "forged");
  expect(forged.known()).toBe(forged);
});

it("is not to be had at a node that has stopped, until that is started again", () => {
  const erin = home("e");
  const name = fresh();
  const f = remote.private(name, body);
  const reference = sent(f, erin);
  erin.close();
  expect(() => entered(reference, erin)).toThrow("has no such function");
  // It stays at home there: references to it hold in every life of the node.
  expect(sent(f, home("g"))).toEqual(reference);
  const again = home("e", "ws://moved:1");
  erin.close();
  expect(entered(reference, again)).toHaveProperty("next");
  expect(sent(f, again)[0].address).toBe("ws://moved:1");
});
