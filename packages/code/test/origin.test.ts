import { describe, expect, it } from "vitest";
import { originOf, readOrigin, writeOrigin } from "../src/origin.ts";

function site(frame: string): Error {
  return Object.assign(new Error("x"), {
    stack: `Error: x\n    at remote (file:///lib/define.ts:1:1)\n    at ${frame}\n    at other (file:///z.ts:9:9)`,
  });
}

describe("the origin of a definition", () => {
  it.each([
    ["file:///app/main.ts:12:34", { file: "file:///app/main.ts", line: 12 }],
    ["async file:///app/main.ts:12:34", { file: "file:///app/main.ts", line: 12 }],
    ["Module.setup (/app/main.js:5:1)", { file: "/app/main.js", line: 5 }],
    ["https://host/app.js?v=1:5:1", { file: "https://host/app.js?v=1", line: 5 }],
    ["eval (eval at x (file:///a.ts:1:1), <anonymous>:3:4)", null],
    ["<anonymous>", null],
    ["f (/a b/main.js:5:1)", null],
    ["f (/a\u2028steal()/main.js:5:1)", null],
  ])("%s", (frame, expected) => {
    expect(originOf(site(frame), 1)).toEqual(expected);
  });

  it("is unknown without a stack", () => {
    expect(originOf(Object.assign(new Error("x"), { stack: "Error: x" }), 1)).toBeNull();
    expect(originOf({ name: "Error", message: "x" }, 1)).toBeNull();
  });
});

describe("an origin that a peer states", () => {
  it("is what the author's machine calls the place", () => {
    const origin = { file: "file:///app/main.ts", line: 12 };
    expect(readOrigin(writeOrigin(origin), "job", "abc")).toEqual(origin);
  });

  it.each([
    undefined,
    "",
    "file:///a.ts",
    "file:///a.ts:0",
    "file:///a.ts:100001",
    "file:///a.ts:1e9",
    "file:///a.ts\nsteal():1",
    "file:///a.ts\u2028steal():1",
    "file:///a b.ts:1",
  ])("is the definition itself when it says %j", (stated) => {
    expect(readOrigin(stated, "my job\n", "abc")).toEqual({ file: "espalier:my_job_#abc", line: 1 });
  });
});
