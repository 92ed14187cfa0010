import type { CodeStore, Message, PackedDefinition } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { describe, expect, test } from "vitest";
import { CodeExchange } from "../../src/distribution/code-exchange.ts";

const patienceMs = 400;

/** A store that knows some names. */
class Names implements Partial<CodeStore> {
  readonly known: Set<string>;

  constructor(...known: string[]) {
    this.known = new Set(known);
  }

  missing(hashes: Iterable<string>): readonly string[] {
    return [...hashes].filter((hash) => !this.known.has(hash));
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
  readonly work: (name: string) => (problem?: string | null) => void;
} {
  const host = new ManualHost();
  const store = new Names(...known);
  const sent: Message[] = [];
  const done: string[] = [];
  const exchange = new CodeExchange(
    store as unknown as CodeStore,
    () => "trusted",
    host,
    patienceMs,
    (_peer, message) => {
      sent.push(message);
      return true;
    },
  );
  const work = (name: string) => (problem?: string | null) => {
    done.push(problem == null ? name : `${name}: ${problem}`);
  };
  return { host, store, exchange, sent, done, work };
}

describe("what needs definitions", () => {
  test("is done at once when they are here", () => {
    const { exchange, sent, done, work } = setUp("f");
    exchange.run("line", "peer", ["f"], work("one"));
    expect([done, sent]).toEqual([["one"], []]);
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
    expect([sent.length, host.timers]).toEqual([2, 0]);
  });

  test("is forgotten with its line", () => {
    const { exchange, done, work } = setUp();
    exchange.runSurely("process", "peer", ["g"], work("one"));
    exchange.drop("process");
    exchange.supplied("peer", { type: "code.supply", definitions: [definition("g")], missing: [] });
    expect(done).toEqual([]);
  });
});

test("who is asked gives what is there, and says what is not", () => {
  const { exchange, sent } = setUp("f");
  exchange.needed("peer", { type: "code.need", hashes: ["f", "g"] });
  expect(sent).toEqual([{ type: "code.supply", definitions: [definition("f")], missing: ["g"] }]);
});
