import type { Travels } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import {
  codeFunctions,
  codeTravels,
  createCodeStore,
  type Evaluator,
  fn,
  hashOf,
  remote,
  RemoteCall,
} from "../src/index.ts";
import { provide, written } from "./text.ts";

provide("ask");

const inc = fn((x: number) => x + 1);
const main = remote(
  { inc },
  written("function* main(tag) { inc(1); const inner = function* (n) { yield* ask(tag + n); }; return inner; }"),
);
const call = (main as (...args: unknown[]) => unknown)("t") as RemoteCall<unknown>;
const inner = call.enter().next(undefined).value as (n: number) => RemoteCall<unknown>;

const store = createCodeStore();
store.closure([hashOf(main)]);
const travels = new Map(codeTravels(store).map((one) => [one.name, one]));
const named = (name: string): Travels => travels.get(name) as Travels;

describe("code values travel", () => {
  it("functions by their hash, and come back as what the hash defines", () => {
    const standIn = codeFunctions.standIn(inc) as object;
    const kind = named("code.function");
    expect(standIn).toBeInstanceOf(kind.type);
    expect(kind.encode(standIn)).toBe(hashOf(inc));
    expect([...(kind.hashes?.(standIn) ?? [])]).toEqual([hashOf(inc)]);
    expect(kind.decode(hashOf(inc))).toBe(inc);
  });

  it("inner function*s with what they captured", () => {
    const kind = named("code.closure");
    const standIn = codeFunctions.standIn(inner) as object;
    expect(kind.encode(standIn)).toEqual([hashOf(main), 1, ["t"]]);
    const again = kind.decode([hashOf(main), 1, ["u"]]) as typeof inner;
    expect(again(1)).toMatchObject({ unit: 1, captures: ["u"], args: [1] });
    expect(codeFunctions.standIn(again)).toEqual({
      hash: hashOf(main),
      unit: 1,
      captures: ["u"],
      stranger: null,
    });
  });

  it("by whose word they are used, when that is not trusted", () => {
    const elsewhere = { begin: () => main, resume: () => main, value: () => () => 1 } as unknown as Evaluator;
    const foreign = {
      ...elsewhere,
      place: "elsewhere",
      of: (stranger: string) => ({ ...elsewhere, place: "", stranger }),
    };
    const wary = createCodeStore({ foreign, trusts: (peer) => peer === "friend" });
    wary.admit(store.pack(store.closure([hashOf(main)])), "trusted", "friend");
    const there = new Map(codeTravels(wary).map((one) => [one.name, one]));
    const data = {
      "code.function": [hashOf(main), "stranger"],
      "code.closure": [hashOf(main), 1, ["u"], "stranger"],
      "code.remote": [hashOf(main), 0, [], ["t"], "stranger"],
    };
    for (const [name, told] of Object.entries(data)) {
      const kind = there.get(name) as Travels;
      const again: unknown = kind.decode(told);
      expect(kind.encode(typeof again === "function" ? codeFunctions.standIn(again) : again)).toEqual(told);
      expect(() => kind.decode([...told.slice(0, -1), 1]) as unknown).toThrow(/by whose word/);
      const trusted: unknown = kind.decode([...told.slice(0, -1), "friend"]);
      expect(kind.encode(typeof trusted === "function" ? codeFunctions.standIn(trusted) : trusted)).toEqual(
        name === "code.function" ? hashOf(main) : told.slice(0, -1),
      );
    }
  });

  it("descriptions with their arguments", () => {
    const kind = named("code.remote");
    expect(kind.encode(call)).toEqual([hashOf(main), 0, [], ["t"]]);
    const again = kind.decode([hashOf(main), 0, [], ["u"]]) as RemoteCall<unknown>;
    expect(again).toBeInstanceOf(RemoteCall);
    expect(again.label).toBe("main");
    expect(again.enter().next(undefined).done).toBe(true);
  });

  it("no other function", () => {
    expect(codeFunctions.standIn(() => 1)).toBeUndefined();
  });

  it.each([
    ["code.function", 5],
    ["code.function", "unknown"],
    ["code.closure", "x"],
    ["code.closure", [hashOf(main), 1, []]],
    ["code.closure", [hashOf(main), 7, ["t"]]],
    ["code.closure", [hashOf(inc), 0, []]],
    ["code.remote", [hashOf(main), 0, []]],
    ["code.remote", [hashOf(main), 0, ["t"], []]],
    ["code.remote", [hashOf(inc), 0, [], []]],
    ["code.index-cursor", [{}, 0]],
    ["code.index-cursor", [[], -2]],
    ["code.index-cursor", [[], 0.5]],
    ["code.key-cursor", [null, 0, []]],
    ["code.key-cursor", [{}, 0, [1]]],
    ["code.key-cursor", [{}, "0", []]],
    ["code.entry-cursor", [[1], 1]],
    ["code.entry-cursor", [new Map(), 0.5]],
    ["code.entry-cursor", [new Set(), -2]],
    ["code.collection-cursor", "abc"],
  ])("%s refuses %j", (name, data) => {
    expect(() => named(name).decode(data)).toThrow(/expected|not here|no such/);
  });
});
