import { limits, type CodeStore, type Message, type PackedDefinition } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../src/distribution/errors.ts";
import { CodeExchange } from "../../src/distribution/code-exchange.ts";
import { Manifests } from "../../src/distribution/manifests.ts";

const patienceMs = 400;

/** A store that knows some names. */
class Names implements CodeStore {
  readonly known: Set<string>;
  /** What is on its disk, and answers when told to. */
  readonly disk = new Set<string>();
  answer: () => void = () => {};
  readonly vouched: string[] = [];

  constructor(...known: string[]) {
    this.known = new Set(known);
  }

  missing(hashes: Iterable<string>): readonly string[] {
    return [...hashes].filter((hash) => !this.known.has(hash));
  }

  closure(roots: Iterable<string>): readonly string[] {
    return [...roots].flatMap((root) => (root === "root" ? ["leaf", "root"] : [root]));
  }

  untrusted(): readonly string[] {
    return [];
  }

  authors(): ReadonlyMap<string, string> {
    return new Map();
  }

  vouch(hashes: Iterable<string>): void {
    this.vouched.push(...hashes);
  }

  named(): void {}

  forget(): void {}

  recall(hashes: Iterable<string>): Promise<void> | null {
    const found = [...hashes].filter((hash) => this.disk.has(hash));
    if (found.length === 0) return null;
    return new Promise((resolve) => {
      this.answer = () => {
        for (const hash of found) if (hash !== "unreadable") this.known.add(hash);
        resolve();
      };
    });
  }

  restore(): never {
    throw new Error("it has no frames");
  }

  pack(hashes: Iterable<string>): readonly PackedDefinition[] {
    return [...hashes].map(definition);
  }

  admit(definitions: readonly PackedDefinition[]): void {
    for (const { hash, text } of definitions) {
      if (text === "bad") throw new Error(`${hash} is bad`);
      this.known.add(hash);
    }
  }
}

function definition(hash: string): PackedDefinition {
  return { hash, name: hash, kind: "fn", text: "", dependencies: {} };
}

function setUp(...known: string[]): {
  readonly host: ManualHost;
  readonly store: Names;
  readonly exchange: CodeExchange;
  readonly sent: Message[];
  readonly done: string[];
  readonly revoked: Set<string>;
  readonly tooMuch: string[];
  readonly work: (name: string) => (problem?: string | null) => void;
} {
  const host = new ManualHost();
  const store = new Names(...known);
  const sent: Message[] = [];
  const done: string[] = [];
  const revoked = new Set<string>();
  const tooMuch: string[] = [];
  const manifests = new Manifests(store, () => "trusted");
  const exchange = new CodeExchange(
    store,
    manifests,
    () => "trusted",
    host,
    patienceMs,
    (peer) => !revoked.has(peer),
    (_peer, message) => {
      sent.push(message);
      return true;
    },
    { ...limits, awaitingCodePerPeer: 5, awaitingCodeBytesPerPeer: 100 },
    (peer, reason) => tooMuch.push(`${peer}: ${reason}`),
  );
  const work = (name: string) => (problem?: string | null) => {
    done.push(problem == null ? name : `${name}: ${problem}`);
  };
  return { host, store, exchange, sent, done, revoked, tooMuch, work };
}

describe("what needs definitions", () => {
  test("is done at once when they are here", () => {
    const { exchange, sent, done, work } = setUp("f");
    exchange.run("line", "peer", ["f"], work("one"));
    expect([done, sent]).toEqual([["one"], [{ type: "code.have", hashes: ["f"] }]]);
    exchange.run("line", "peer", ["f"], work("two"));
    expect([done.length, sent.length]).toEqual([2, 1]);
  });

  test("waits for them, and what is behind it in the line waits too; other lines do not (R-401)", () => {
    const { exchange, sent, done, work } = setUp("f");
    exchange.run("line", "peer", ["f", "g"], work("one"));
    exchange.run("line", "peer", [], work("two"));
    exchange.run("other", "peer", [], work("other"));
    expect([done, sent]).toEqual([["other"], [{ type: "code.need", hashes: ["g"] }]]);
    exchange.supplied("peer", { type: "code.supply", definitions: [definition("g")], missing: [] });
    expect(done).toEqual(["other", "one", "two"]);
  });

  test("fails alone when they cannot be had", () => {
    const { exchange, done, work } = setUp();
    exchange.run("line", "peer", ["g"], work("one"));
    exchange.run("line", "peer", [], work("two"));
    exchange.supplied("peer", { type: "code.supply", definitions: [], missing: ["g"] });
    expect(done).toEqual(["one: its sender lacks the definitions itself", "two"]);
  });

  test("fails when they are not what their hash says", () => {
    const { exchange, done, work } = setUp();
    exchange.run("line", "peer", ["g"], work("one"));
    exchange.supplied("peer", {
      type: "code.supply",
      definitions: [{ ...definition("g"), text: "bad" }],
      missing: [],
    });
    expect(done).toEqual(["one: g is bad"]);
  });

  test("nobody gets code in that was not asked for", () => {
    const { exchange, store, work } = setUp();
    exchange.supplied("stranger", { type: "code.supply", definitions: [definition("x")], missing: [] });
    exchange.run("line", "peer", ["g"], work("one"));
    exchange.supplied("peer", { type: "code.supply", definitions: [definition("g"), definition("x")], missing: [] });
    expect([...store.known]).toEqual(["g"]);
  });

  test("what a link brought is over with the link (R-403); what must not get lost waits for the next one", () => {
    const { exchange, sent, done, work } = setUp();
    exchange.run("signals", "peer", ["g"], work("signal"));
    exchange.runSurely("process", "peer", ["h"], work("effect"));
    exchange.lost("peer");
    expect(done).toEqual(["signal: the link to its sender was lost"]);
    sent.length = 0;
    exchange.linked("peer");
    expect(sent).toEqual([{ type: "code.need", hashes: ["g", "h"] }]);
    exchange.supplied("peer", { type: "code.supply", definitions: [definition("g"), definition("h")], missing: [] });
    expect(done.at(-1)).toBe("effect");
  });

  test("is asked for again when no answer comes, and not after it came", () => {
    const { host, exchange, sent, work } = setUp();
    exchange.run("line", "peer", ["g"], work("one"));
    host.advance(patienceMs);
    expect(sent.length).toBe(2);
    exchange.supplied("peer", { type: "code.supply", definitions: [definition("g")], missing: [] });
    host.advance(10 * patienceMs);
    expect(sent.map(({ type }) => type)).toEqual(["code.need", "code.need", "code.have"]);
    expect(host.timers).toBe(0);
  });

  test("is forgotten with its line", () => {
    const { exchange, done, work } = setUp();
    exchange.runSurely("process", "peer", ["g"], work("one"));
    exchange.drop("process");
    exchange.supplied("peer", { type: "code.supply", definitions: [definition("g")], missing: [] });
    expect(done).toEqual([]);
  });
});

describe("what is on the disk", () => {
  test("is not asked for; what is behind it waits for the disk (R-401)", async () => {
    const { store, exchange, sent, done, work } = setUp();
    store.disk.add("g");
    exchange.run("line", "peer", ["g"], work("one"));
    exchange.run("line", "peer", [], work("two"));
    exchange.linked("peer");
    expect([done, sent]).toEqual([[], []]);
    store.answer();
    await Promise.resolve();
    expect(done).toEqual(["one", "two"]);
    expect(sent).toEqual([{ type: "code.have", hashes: ["g"] }]);
  });

  test("is asked for after all when it cannot be read", async () => {
    const { store, exchange, sent, done, work } = setUp();
    store.disk.add("unreadable");
    exchange.run("line", "peer", ["unreadable"], work("one"));
    store.answer();
    await Promise.resolve();
    expect([done, sent]).toEqual([[], [{ type: "code.need", hashes: ["unreadable"] }]]);
    exchange.supplied("peer", { type: "code.supply", definitions: [definition("unreadable")], missing: [] });
    expect(done).toEqual(["one"]);
  });

  test("does not matter any more once its line is dropped, its link lost, or the node stopped", async () => {
    for (const end of ["drop", "lost", "stop"] as const) {
      const { store, exchange, sent, done, work } = setUp();
      store.disk.add("unreadable");
      exchange.run("line", "peer", ["unreadable"], work("one"));
      if (end === "stop") exchange.stop();
      else exchange[end](end === "drop" ? "line" : "peer");
      store.answer();
      await Promise.resolve();
      expect([done, sent]).toEqual([end === "lost" ? ["one: the link to its sender was lost"] : [], []]);
    }
  });
});

describe("what waits of a peer is limited", () => {
  test("in number, over all its lines, whether they outlive the link or not", () => {
    const { exchange, tooMuch, work } = setUp();
    exchange.run("line", "peer", ["g"], work("one"));
    exchange.runSurely("sure", "peer", ["h"], work("two"));
    for (let n = 0; n < 3; n += 1) exchange.run("line", "peer", [], work("more"));
    exchange.run("line of another", "another", ["g"], work("other"));
    expect(tooMuch).toEqual([]);
    exchange.runSurely("sure", "peer", [], work("too much"));
    expect(tooMuch).toEqual(["peer: more than 5 messages wait for definitions (limits.awaitingCodePerPeer)"]);
  });

  test("in bytes, and what is done or dropped does not count any more", () => {
    const { exchange, store, tooMuch, work } = setUp();
    exchange.run("line", "peer", ["g"], work("one"), 60);
    exchange.runSurely("sure", "peer", ["h"], work("two"), 40);
    exchange.drop("sure");
    exchange.run("line", "peer", [], work("three"), 40);
    store.known.add("g");
    exchange.supplied("peer", { type: "code.supply", definitions: [], missing: [] });
    exchange.run("line", "peer", ["i"], work("four"), 100);
    expect(tooMuch).toEqual([]);
    exchange.run("line", "peer", [], work("five"), 1);
    expect(tooMuch).toEqual(["peer: more than 100 bytes wait for definitions (limits.awaitingCodeBytesPerPeer)"]);
  });
});

test("what breaks the rules when its definitions come from the disk costs its sender the link, and nothing else", async () => {
  const { exchange, store, done, tooMuch, work } = setUp();
  store.disk.add("g");
  exchange.run("line", "peer", ["g"], () => {
    throw new ProtocolError("it may not say that");
  });
  exchange.run("line", "peer", [], work("next"));
  store.answer();
  await Promise.resolve();
  await Promise.resolve();
  expect([tooMuch, done]).toEqual([["peer: it may not say that"], ["next"]]);
});

describe("who is asked", () => {
  test("gives what is there, and says what is not", () => {
    const { exchange, sent } = setUp("f");
    exchange.needed("peer", { type: "code.need", hashes: ["f", "g"] });
    expect(sent).toEqual([{ type: "code.supply", definitions: [definition("f")], missing: ["g"] }]);
  });

  test("gives with it all that it needs, when that was not listed", () => {
    const { exchange, sent } = setUp("root", "leaf");
    exchange.needed("peer", { type: "code.need", hashes: ["*root"] });
    exchange.needed("peer", { type: "code.need", hashes: ["root"] });
    expect(sent).toMatchObject([
      { definitions: [definition("leaf"), definition("root")] },
      { definitions: [definition("root")] },
    ]);
  });
});

describe("what must not get lost with a link", () => {
  test("waits while its peer is revoked, though all that it needs has come, and goes on when the peer is back", () => {
    const { exchange, store, done, revoked, work } = setUp();
    exchange.runSurely("line", "peer", ["f"], work("one"));
    revoked.add("peer");
    store.known.add("f");
    exchange.lost("peer");
    exchange.linked("peer");
    expect(done).toEqual([]);
    revoked.delete("peer");
    exchange.linked("peer");
    expect(done).toEqual(["one"]);
  });
});
