import { describe, expect, it } from "vitest";
import type { ProcessRow, TreeRow } from "../src/protocol/sheets.ts";
import { doingWords } from "../src/browser/doing-words.ts";
import { linePoints, scaleTop } from "../src/browser/look/chart-line.ts";
import { Trails } from "../src/browser/now/trails.ts";
import { callOf, shortId } from "../src/browser/process-name.ts";
import { csv } from "../src/browser/processes/csv.ts";
import { current, lasting, openAtMost, parseOpen, toggled } from "../src/browser/tree/open-branches.ts";
import { strain, treeRowWords } from "../src/browser/tree/row-words.ts";

const row: ProcessRow = {
  pid: "n.1.7",
  shortPid: "7",
  name: null,
  label: "Order",
  child: "order#7",
  parent: "n.1.1",
  kind: "server",
  doing: "idle",
  doingMs: 12,
  waitingFor: null,
  handling: null,
  mailbox: 3,
  received: 10,
  reductions: 20,
  receivedPerSecond: null,
  reductionsPerSecond: 1.5,
  mailboxPerSecond: 0,
  restarts: 0,
  suspended: false,
};

describe("what a process does, in words", () => {
  it("says what it handles, and what it waits for meanwhile", () => {
    expect(doingWords(row)).toBe("idle");
    expect(doingWords({ ...row, doing: "runnable", handling: "Pay" })).toBe("handles Pay");
    expect(doingWords({ ...row, doing: "waiting", handling: "Pay", waitingFor: "a reply of 9" })).toBe(
      "handles Pay, waits for a reply of 9",
    );
    expect(doingWords({ ...row, doing: "waiting", waitingFor: "a timer" })).toBe("waits for a timer");
    expect(doingWords({ ...row, suspended: true })).toBe("suspended, idle");
  });
});

describe("what a process is called", () => {
  it("is its name, or its child's id, or its label, and what else there is stands beside it", () => {
    expect(callOf({ ...row, name: "db" })).toEqual({ call: "db", beside: "order#7 Order" });
    expect(callOf(row)).toEqual({ call: "order#7", beside: "Order" });
    expect(callOf({ ...row, child: null })).toEqual({ call: "Order", beside: "7" });
    expect(callOf({ ...row, name: "db", child: "db", label: "db" })).toEqual({ call: "db", beside: "" });
    expect(callOf({ ...row, name: "db", child: "x", label: "x" })).toEqual({ call: "db", beside: "x" });
  });

  it("has short ids where there is little room", () => {
    expect(shortId("a4f29c")).toBe("a4f29c");
    expect(shortId("vDz0QGpblmovZxYS4j8E")).toBe("vDz0QGpb…");
  });
});

describe("rows copied as CSV", () => {
  const second = (change: Partial<ProcessRow>): string =>
    csv([{ ...row, ...change }])
      .split("\r\n")
      .slice(1)
      .join("\r\n");

  it("have a heading, and nothing where nothing is known", () => {
    expect(csv([row]).split("\r\n")[0]).toMatch(/^pid,name,label,/);
    expect(second({})).toBe("n.1.7,,Order,order#7,server,idle,12,,,3,0,10,,20,1.5,0,false,n.1.1\r\n");
  });

  it("quote what would break a line, and disarm what would be a formula (S343)", () => {
    expect(second({ label: 'a,"b"\nc' })).toContain(',"a,""b""\nc",');
    for (const label of ["=1+1", "+1", "-1", "@x", "\tx"]) expect(second({ label })).toContain(`,'${label},`);
  });
});

describe("lines of charts", () => {
  it("begin at nought and end at a round number above all values", () => {
    expect([[], [0], [0.3], [1], [11], [21], [5_001], [Number.NaN]].map(scaleTop)).toEqual([
      1, 1, 0.5, 1, 20, 50, 10_000, 1,
    ]);
  });

  it("have the newest value at the right edge, and only as many as there is room for", () => {
    expect(linePoints([5, 10], 3, 100, 10)).toBe("50,5 100,0");
    expect(linePoints([1, 5, 10, 0], 2, 100, 10)).toBe("0,0 100,10");
    expect(linePoints([], 3, 100, 10)).toBe("");
  });
});

describe("mailboxes as the page has seen them", () => {
  it("keep half a minute of each of fifty processes", () => {
    const trails = new Trails();
    for (let mailbox = 0; mailbox < 40; mailbox += 1) trails.push([{ ...row, mailbox }]);
    expect(trails.of(row.pid)).toEqual(Array.from({ length: 30 }, (_, index) => index + 10));
    for (let other = 0; other < 49; other += 1) trails.push([{ ...row, pid: `other ${other}` }]);
    trails.push([row]);
    trails.push([{ ...row, pid: "one more" }]);
    expect(trails.of(row.pid)).toHaveLength(30);
    expect(trails.of("other 0")).toEqual([]);
    expect(trails.of("other 1")).toEqual([3]);
  });
});

describe("branches of the tree", () => {
  it("open and close, a bounded number of them", () => {
    expect(toggled(["a"], "b")).toEqual(["a", "b"]);
    expect(toggled(["a", "b"], "a")).toEqual(["b"]);
    const full = Array.from({ length: openAtMost }, (_, index) => `k${index}`);
    expect(toggled(full, "z")).toHaveLength(openAtMost);
    expect(toggled(full, "z").at(-1)).toBe("z");
    expect(toggled(full, "z")).not.toContain("k0");
    const long = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(500)}`);
    expect(toggled(long, "z").join("").length).toBeLessThanOrEqual(40_000);
    expect(toggled(long, "z").at(-1)).toBe("z");
  });

  it("are the same in another life of the node", () => {
    const before = { id: "ab", incarnation: "1" };
    const key = lasting("ab/1/2:counter", before);
    expect(current(key, { id: "cd", incarnation: "7" })).toBe("cd/7/2:counter");
    expect(current(key, before)).toBe("ab/1/2:counter");
    // A guest is of another node.
    expect(current(lasting("xy/1/2", before), { id: "cd", incarnation: "7" })).toBe("xy/1/2");
  });

  it("are read from what was kept, and from nothing else", () => {
    expect(parseOpen(null)).toBeNull();
    expect(parseOpen("{")).toBeNull();
    expect(parseOpen('{"a":1}')).toBeNull();
    expect(parseOpen('["a",1,null]')).toEqual(["a"]);
  });

  it("are a sentence for those who hear them", () => {
    const branch: TreeRow = {
      key: "k",
      depth: 1,
      place: null,
      process: { ...row, name: "orders", restarts: 2 },
      label: "orders",
      state: "running",
      open: false,
      branch: { processes: 1_204, mailbox: 9, trouble: "warning" },
      children: 3,
      supervisor: { strategy: "one-for-one", phase: "running", restarts: 2, allowed: 3, withinSeconds: 5 },
    };
    expect(treeRowWords(branch).replaceAll("\u00a0", " ")).toBe(
      "orders, warning, one-for-one, 2 of 3 restarts in 5 s, 1,204 processes, 9 waiting, 2 restarts",
    );
    const gone: TreeRow = {
      ...branch,
      process: null,
      children: 0,
      supervisor: null,
      branch: { processes: 0, mailbox: 0, trouble: null },
    };
    expect(treeRowWords({ ...gone, state: "restarting" })).toBe("orders, restarting");
    expect(treeRowWords({ ...gone, state: null })).toBe("orders, its process is not there");
  });

  it("say how near a supervisor is to giving up", () => {
    const summary = { strategy: null, phase: "running", allowed: 3, withinSeconds: 5 };
    expect([0, 1, 3].map((restarts) => strain({ ...summary, restarts }))).toEqual(["none", "some", "near"]);
  });
});
