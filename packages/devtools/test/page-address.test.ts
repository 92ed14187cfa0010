import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changed, parseHash, printHash, type Route } from "../src/browser/hash.ts";
import { parseQuery, sortedBy } from "../src/browser/processes/query.ts";

const landing: Route = { page: "now", id: null, process: null, node: null, query: {} };

describe("addresses of the page", () => {
  it("reads and writes a page, the drawer, the node and what is the page's own", () => {
    const route = parseHash("#crash/12?p=a4f29c.1.7&node=a4f29c&tab=links");
    expect(route).toEqual({
      page: "crash",
      id: "12",
      process: "a4f29c.1.7",
      node: "a4f29c",
      query: { tab: "links" },
    });
    expect(printHash(route)).toBe("#crash/12?tab=links&node=a4f29c&p=a4f29c.1.7");
  });

  it("leads to the landing page when it is unknown or not whole", () => {
    for (const hash of ["", "#", "#nowhere", "#?p=", "#now/", "#__proto__"]) expect(parseHash(hash)).toEqual(landing);
    expect(parseHash("#crash/%E0%A4%A").id).toBe("%E0%A4%A");
    expect(Object.getPrototypeOf(parseHash("#now?__proto__=x").query)).toBe(Object.prototype);
  });

  it("comes back from text as it was", () => {
    const word = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
    const route = fc.record({
      page: fc.constantFrom("now", "tree", "processes", "crash", "timeline"),
      id: fc.option(word),
      process: fc.option(word),
      node: fc.option(word),
      query: fc
        .dictionary(
          word.filter((name) => name !== "p" && name !== "node" && name !== "__proto__"),
          word,
        )
        .map((query) => ({ ...query })),
    });
    fc.assert(
      fc.property(route, (given) => {
        expect(parseHash(printHash(given as Route))).toEqual(given);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps the drawer and the node from page to page, and nothing of the page's own", () => {
    const tree = parseHash("#tree?q=order&p=k&node=n");
    expect(changed(tree, { page: "now" })).toEqual({ ...landing, process: "k", node: "n" });
    expect(changed(tree, { process: null }).query).toEqual({ q: "order" });
    expect(changed(parseHash("#crash/12"), { page: "crash", id: "13" }).id).toBe("13");
  });
});

describe("what the address says of the table of processes", () => {
  it("takes what makes sense and leaves out the rest", () => {
    expect(parseQuery({})).toEqual({ sort: { by: "mailbox", descending: true, mode: "total" }, filter: {} });
    expect(
      parseQuery({
        sort: "label",
        mode: "rate",
        min: "3",
        doing: "waiting",
        kind: "server",
        under: "k",
        q: "o",
        system: "1",
      }),
    ).toEqual({
      sort: { by: "label", descending: false, mode: "rate" },
      filter: { text: "o", mailboxAtLeast: 3, doing: "waiting", kind: "server", under: "k", system: true },
    });
    expect(parseQuery({ sort: "constructor", min: "-1", doing: "dancing", kind: "x", mode: "y", dir: "z" })).toEqual({
      sort: { by: "mailbox", descending: false, mode: "total" },
      filter: {},
    });
  });

  it("sorts the other way round the second time", () => {
    const first = sortedBy({}, "label");
    expect(first).toEqual({ sort: "label", dir: null });
    const second = sortedBy({ sort: "label" }, "label");
    expect(second).toEqual({ sort: "label", dir: "desc" });
    expect(sortedBy({ sort: "label", dir: "desc" }, "label")).toEqual(first);
    expect(sortedBy({}, "mailbox")).toEqual({ sort: "mailbox", dir: "asc" });
  });
});
