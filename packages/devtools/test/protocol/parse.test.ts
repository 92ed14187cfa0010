import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { methods, parseQuestion } from "../../src/protocol/parse-question.ts";
import { followedMethods, parseStreamRequest, parseStreamUpdate } from "../../src/protocol/parse-stream.ts";
import { TroubleError } from "../../src/protocol/trouble-error.ts";

const process = { node: "n", pid: "n/1/2" };
const table = { sort: { by: "mailbox", descending: true, mode: "rate" }, first: 0, count: 10 };
const whole: Readonly<Record<string, object>> = {
  capabilities: {},
  overview: {},
  table: {
    ...table,
    filter: { text: "a", mailboxAtLeast: 3, doing: "idle", kind: "server", under: "x", system: true },
  },
  tree: { open: ["a", "b"], first: 0, count: 500, troubled: true, filter: {} },
  process,
  crashes: { node: "n" },
  crash: { id: 3 },
  lifetimes: {},
  network: {},
  recording: {},
  "trace.start": { pids: ["n/1/2"], maxMs: 60_000, maxEvents: 10 },
  "trace.get": { first: 0, count: 500 },
  "trace.stop": { node: "n" },
  state: process,
  suspend: process,
  resume: process,
  restart: process,
  exit: { ...process, reason: "shutdown" },
  kill: process,
  send: { ...process, message: { type: "order", lines: [1, null, "x"] } },
  "chaos.list": {},
  "chaos.do": { action: "kill", parameters: { pid: "x" } },
};

/** Names that there are, beside any: else nearly everything is refused for its first field. */
const name = fc.constantFrom(
  "method",
  "parameters",
  "node",
  "pid",
  "sort",
  "filter",
  "open",
  "first",
  "count",
  "id",
  "subscriptions",
  "__proto__",
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.jsonValue(),
    fc.constantFrom(...methods, "mailbox", 0, 10, true),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4 }),
  ),
})).value;

const isRefusedOr = (parse: () => unknown, good: (parsed: any) => void): void => {
  let parsed: unknown;
  try {
    parsed = parse();
  } catch (error) {
    expect(error).toBeInstanceOf(TroubleError);
    expect((error as TroubleError).code).toBe("invalid");
    return;
  }
  good(parsed);
};

describe("what is asked of dev tools", () => {
  test.each(methods.map((method) => [method]))("is taken as it is: %s", (method) => {
    const question = { method, parameters: whole[method] };
    expect(parseQuestion(question)).toEqual(question);
  });

  it("is a question, or refused as no question, whatever comes (S329)", () => {
    fc.assert(
      fc.property(json, (value) => {
        isRefusedOr(
          () => parseQuestion(value),
          ({ method, parameters }) => {
            expect(methods).toContain(method);
            expect(typeof parameters).toBe("object");
          },
        );
        isRefusedOr(
          () => parseStreamRequest(value),
          ({ subscriptions }) => expect(Array.isArray(subscriptions)).toBe(true),
        );
        isRefusedOr(
          () => parseStreamUpdate(value),
          ({ stream }) => expect(typeof stream).toBe("string"),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("is refused when any one field of it is something else", () => {
    fc.assert(
      fc.property(fc.constantFrom(...methods), fc.nat(), fc.jsonValue(), (method, choice, other) => {
        const parameters = structuredClone(whole[method]) as Record<string, unknown>;
        const names = Object.keys(parameters);
        if (names.length === 0) return;
        const field = names[choice % names.length] as string;
        const before = parameters[field];
        parameters[field] = other;
        isRefusedOr(
          () => parseQuestion({ method, parameters }),
          (parsed: { readonly parameters: Readonly<Record<string, unknown>> }) => {
            // What was let through is of the same type as what belongs there; a message may be anything.
            if (field === "message") return;
            expect(typeof parsed.parameters[field]).toBe(typeof before);
            expect(Array.isArray(parsed.parameters[field])).toBe(Array.isArray(before));
          },
        );
      }),
      { numRuns: 300 },
    );
  });

  test.each<[object, string]>([
    [{ method: "kil", parameters: {} }, "question.method: expected one of capabilities, "],
    [{ method: "kill" }, "question.parameters: expected an object, got nothing"],
    [
      { method: "kill", parameters: {} },
      "question.parameters.pid: expected a text of at most 512 characters, got nothing",
    ],
    [{ method: "kill", parameters: { pid: "x".repeat(600) } }, "got a text of 600 characters"],
    [
      { method: "kill", parameters: { pid: "x", force: 1 } },
      'question.parameters: expected no fields but node, pid, got "force"',
    ],
    [
      { method: "kill", parameters: { pid: "x" }, id: 1 },
      'question: expected no fields but method, parameters, got "id"',
    ],
    [
      { method: "table", parameters: { ...table, count: 501 } },
      "parameters.count: expected a whole number from 0 to 500, got 501",
    ],
    [
      { method: "table", parameters: { ...table, sort: { by: "x", descending: true, mode: "total" } } },
      "parameters.sort.by: expected one of pid, label",
    ],
    [
      { method: "table", parameters: { ...table, filter: { mailboxAtLeast: -1 } } },
      "filter.mailboxAtLeast: expected a whole number",
    ],
    [
      { method: "tree", parameters: { open: [1], first: 0, count: 1 } },
      "parameters.open: expected an array of at most 5000 texts",
    ],
    [{ method: "trace.start", parameters: { pids: [] } }, "parameters.pids: expected at least one pid"],
    [{ method: "trace.start", parameters: { pids: ["x"], maxMs: 60_001 } }, "a whole number from 1 to 60000"],
    [{ method: "crash", parameters: { id: 1.5 } }, "parameters.id: expected a whole number"],
    [{ method: "send", parameters: process }, "parameters.message: expected a message, as JSON, got nothing"],
    [
      { method: "chaos.do", parameters: { action: "kill", parameters: { pid: 1 } } },
      "parameters.parameters.pid: expected a text",
    ],
  ])("is refused with what was wrong and what would be right: %j", (question, says) => {
    expect(() => parseQuestion(question)).toThrow(says);
  });

  it("sends no message of more levels than it would be shown with", () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    const send = (message: unknown) => ({ method: "send", parameters: { ...process, message } });
    expect(parseQuestion(send(nested(50)))).toBeDefined();
    expect(() => parseQuestion(send(nested(51)))).toThrow("expected at most 50 levels of objects");
  });
});

describe("what is followed", () => {
  const one = (id: string) => ({ id, method: "overview", parameters: {} });

  it("is 32 things at most, each with an id of its own, that can be followed", () => {
    const subscriptions = followedMethods.map((method) => ({ id: method, method, parameters: whole[method] }));
    expect(parseStreamRequest({ subscriptions })).toEqual({ subscriptions });
    const many = Array.from({ length: 33 }, (_, index) => one(`${index}`));
    expect(() => parseStreamRequest({ subscriptions: many })).toThrow(
      "an array of at most 32 subscriptions, got an array of 33",
    );
    expect(() => parseStreamRequest({ subscriptions: [one("a"), one("a")] })).toThrow("stream.subscriptions[1].id");
    expect(() => parseStreamRequest({ subscriptions: [{ id: "a", method: "kill", parameters: process }] })).toThrow(
      "stream.subscriptions[0].method: expected one of overview, table",
    );
    expect(() => parseStreamUpdate({ subscriptions: [] })).toThrow("update.stream: expected a text");
  });
});
