import type { Travels } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import {
  CodeRefusedError,
  codeFunctions,
  codeTravels,
  createCodeStore,
  hashOf,
  remote,
  type RemoteCall,
} from "../src/index.ts";
import type { Evaluator } from "../src/evaluator.ts";
import { provide, written } from "./text.ts";

provide("ask");

// A function over one constant, as its frame hands it out.
const main = remote(
  written("function* main(n) { const k = n * 2; const fs = [(x) => x + k]; yield* ask(); return fs; }"),
);
const frame = ((main as (...args: unknown[]) => unknown)(5) as RemoteCall<unknown>).enter();
frame.next(undefined);
const [made] = frame.next(undefined).value as [(x: number) => number];

type Store = ReturnType<typeof createCodeStore>;

function received(options: Parameters<typeof createCodeStore>[0] = {}): Store {
  const sender = createCodeStore();
  const store = createCodeStore(options);
  store.admit(sender.pack(sender.closure([hashOf(main)])), "trusted");
  return store;
}

function closures(store: Store): Travels {
  return codeTravels(store).find(({ name }) => name === "code.closure") as Travels;
}

describe("a function inside a remote", () => {
  it("travels as definition, number and captures, and can be called and sent on where it arrives", () => {
    const kind = closures(received());
    const data = kind.encode(codeFunctions.standIn(made));
    expect(data).toEqual([hashOf(main), 1, [10]]);
    const again = kind.decode([hashOf(main), 1, [20]]) as typeof made;
    expect([made(1), again(1)]).toEqual([11, 21]);
    expect(kind.encode(codeFunctions.standIn(again))).toEqual([hashOf(main), 1, [20]]);
  });

  it("can be sent on, and not called, where its code may not run in the node", () => {
    const elsewhere: Evaluator = {
      place: "elsewhere",
      begin: () => frame,
      resume: () => frame,
      value: () => null,
    };
    const kind = closures(received({ own: elsewhere }));
    const standing = kind.decode([hashOf(main), 1, [20]]) as typeof made;
    expect(() => standing(1)).toThrow(CodeRefusedError);
    expect(() => standing(1)).toThrow("a function of main, whose code runs elsewhere, cannot be called here");
    expect(kind.encode(codeFunctions.standIn(standing))).toEqual([hashOf(main), 1, [20]]);
  });

  it.each([
    ["another number", [hashOf(main), 2, [20]], "has no such function"],
    ["a number that is none", [hashOf(main), 0.5, [20]], "has no such function"],
    ["fewer captures", [hashOf(main), 1, []], "has no such function"],
    ["no captures", [hashOf(main), 1], "expected hash, unit and captures"],
    ["another definition", ["none", 1, [20]], "is not here"],
  ])("is refused with %s", (_, data, message) => {
    expect(() => closures(received()).decode(data)).toThrow(message);
  });
});
