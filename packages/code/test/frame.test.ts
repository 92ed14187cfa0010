import type { FrameState } from "@espalier/runtime";
import { NotMovableError } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { fn, remote, type RemoteCall } from "../src/index.ts";
import { provide, written } from "./text.ts";

provide("ask");

interface Captured {
  readonly state: FrameState;
  /** What each slot is called when it cannot travel. */
  readonly described: readonly string[];
}

/** The frame of `text`, begun and taken `steps` yields on. */
function frameOf(text: string, args: readonly unknown[] = [], steps = 1): ReturnType<RemoteCall<unknown>["enter"]> {
  const frame = ((remote(written(text)) as (...values: unknown[]) => unknown)(...args) as RemoteCall<unknown>).enter();
  for (let step = 0; step < steps; step++) frame.next(step);
  return frame;
}

function capture(frame: ReturnType<typeof frameOf>): Captured {
  const described: string[] = [];
  const state = (frame.capture as NonNullable<typeof frame.capture>)((_, describe) => described.push(describe()));
  return { state, described };
}

describe("what is captured", () => {
  it.each([
    ["nothing that is not needed any more", "function* f(a) { const b = a + 1; yield* ask(b); return 1; }", []],
    [
      "what is needed",
      "function* f(a) {\n const b = a + 1;\n yield* ask(a);\n return b; }",
      ["`b` of f (set on line 2, alive across line 3)"],
    ],
    ["nothing that is set again first", "function* f(a) { let b = a; yield* ask(); b = 1; return b; }", []],
    [
      "what one branch needs",
      "function* f(a, b) { yield* ask(); if (a) return b; return 0; }",
      ["`a` of f (set on line 1, alive across line 1)", "`b` of f (set on line 1, alive across line 1)"],
    ],
    [
      "what the next turn of a loop needs",
      "function* f(a, b) { for (;;) { a.b++; yield* ask(); b = 1; } }",
      ["`a` of f (set on line 1, alive across line 1)"],
    ],
    [
      "what the next turn needs, when the rest of this one is left out",
      "function* f(a, b) { while (a) { yield* ask(); if (b) continue; a = 1; } }",
      ["`a` of f (set on line 1, alive across line 1)", "`b` of f (set on line 1, alive across line 1)"],
    ],
    [
      "what a handler behind an empty finalizer needs",
      "function* f(a) { try { try { yield* ask(); } finally {} } catch { return a; } }",
      ["`a` of f (set on line 1, alive across line 1)"],
    ],
    [
      "what a handler needs",
      "function* f(a) { try { yield* ask(); } catch { return a; } }",
      ["`a` of f (set on line 1, alive across line 1)"],
    ],
    [
      "nothing that only a handler further out needs",
      "function* f(a) { try { try { yield* ask(); } catch {} } catch { return a; } }",
      [],
    ],
    [
      "what a finalizer needs",
      "function* f(a) { try { yield* ask(); } finally { a(); } }",
      ["`a` of f (set on line 1, alive across line 1)"],
    ],
    [
      "what a closure needs, in its place",
      "function* f(a, b) { const g = () => a; yield* ask(b); return g(); }",
      ["`a` of f (set on line 1, alive across line 1)"],
    ],
    ["nothing of a closure that is not needed", "function* f(a) { const g = () => a; yield* ask(g); }", []],
    [
      "nothing of a function that is declared below",
      "function* f(a) { yield* ask(); return g(); function g() { return 1; } }",
      [],
    ],
    [
      "values on the way in an expression",
      "function* f(a) { return a.b + (yield* ask()); }",
      ["an intermediate value on line 1 of f (alive across line 1)"],
    ],
    [
      "no function on the way to be called",
      "function* f(a) { return a.b(yield* ask()); }",
      ["`a` of f (set on line 1, alive across line 1)"],
    ],
    [
      "where a loop stands",
      "function* f(a) { for (const x of [a]) yield* ask(); }",
      ["the iterator of the for-of loop on line 1 of f (alive across line 1)"],
    ],
  ])("is %s", (_, text, expected) => {
    expect(capture(frameOf(text, [{ b: 1 }, 2])).described).toEqual(expected);
  });

  it("before it begins is its arguments", () => {
    const { state, described } = capture(frameOf("function* f(a, b) { yield* ask(); }", [1, 2], 0));
    expect(state).toMatchObject({ position: 0, slots: [1, 2] });
    expect(described).toEqual(["argument 1 of f", "argument 2 of f"]);
  });

  it("is left as it was, and can be captured again (S94)", () => {
    const frame = frameOf("function* f(a) { let n = 0; for (;;) { n++; a.push(yield* ask(n)); } }", [[]]);
    const first = capture(frame);
    expect(capture(frame)).toEqual(first);
    frame.next("x");
    expect(capture(frame).state.slots).toEqual([["x"], 2]);
    expect(first.state.slots).toEqual([["x"], 1]);
  });

  it("has no iterator that only its own code knows", () => {
    const range = fn(function* (n: number) {
      for (let i = 0; i < n; i++) yield i;
    });
    const loop = remote({ range }, written("function* loop(n) { for (const i of range(n)) yield* ask(i); }"));
    const frame = ((loop as (...values: unknown[]) => unknown)(3) as RemoteCall<unknown>).enter();
    frame.next(undefined);
    expect(() => capture(frame)).toThrow(NotMovableError);
    expect(() => capture(frame)).toThrow(
      "the iterator of the for-of loop on line 1 of loop (alive across line 1) cannot travel: only its own code knows where it stands; loop over an array of it, [...it]",
    );
    expect(frame.next(undefined)).toMatchObject({ done: false });
  });

  it("is nothing once the frame ends", () => {
    const frame = frameOf("function* f() { try { yield* ask(); } finally { yield* ask(); } }");
    frame.return(1);
    expect(() => capture(frame)).toThrow("f cannot travel: it is ending");
    expect(frame.next(undefined)).toEqual({ done: true, value: 1 });
    const ended = frameOf("function* f() { return 1; }");
    expect(() => capture(ended)).toThrow("f cannot travel: it has ended");
  });
});

describe("a frame that is ended", () => {
  const text = `function* f(out) {
    try { try { yield* ask(1); } catch (e) { out.push("caught"); } finally { out.push("inner"); } }
    finally { out.push(yield* ask(2)); }
    out.push("after");
  }`;

  it("runs its finally blocks and none of its handlers", () => {
    const out: unknown[] = [];
    const frame = frameOf(text, [out]);
    expect(frame.return("why").done).toBe(false);
    expect(frame.next("answer")).toEqual({ done: true, value: "why" });
    expect(out).toEqual(["inner", "answer"]);
  });

  it("ends with what a finally block throws", () => {
    const frame = frameOf(text, [[]]);
    frame.return("why");
    expect(() => frame.throw(new RangeError("refused"))).toThrow(RangeError);
  });

  it("ends at once when it has not begun", () => {
    const out: unknown[] = [];
    expect(frameOf(text, [out], 0).return("why")).toEqual({ done: true, value: "why" });
    expect(out).toEqual([]);
  });
});
