import { GrantBook, GrantGate } from "@espalier/heartbeat";
import { describe, expect, test } from "vitest";

describe("the home's book of riding grants", () => {
  test("numbers them within a term, and knows below which serial all are settled", () => {
    const book = new GrantBook();
    expect([book.issue(1), book.issue(1), book.issue(1)]).toEqual([1, 2, 3]);
    book.settle(1, 2);
    expect(book.floor(1)).toBe(1);
    book.settle(1, 1);
    expect(book.floor(1)).toBe(3);
    book.settle(1, 3);
    expect(book.floor(1)).toBe(4);
  });

  test("starts anew in another term", () => {
    const book = new GrantBook();
    book.issue(1);
    expect(book.issue(2)).toBe(1);
    book.settle(1, 1);
    expect(book.floor(2)).toBe(1);
    expect(book.floor(3)).toBe(1);
  });
});

describe("the host's gate", () => {
  test("admits a riding grant once, and repeats what was answered (S119, P16)", () => {
    const gate = new GrantGate();
    expect(gate.admit(1, 1)).toBe("fresh");
    expect(gate.admit(1, 1)).toBe("seen");
    expect(gate.answer(1, 1)).toBeNull();
    gate.record(1, 1, { type: "refused", reason: "why" });
    expect(gate.answer(1, 1)).toEqual({ type: "refused", reason: "why" });
  });

  test("remembers nothing below the floor, and admits nothing there, however late it comes", () => {
    const gate = new GrantGate();
    gate.admit(1, 1);
    gate.admit(1, 2);
    gate.settle(1, 2);
    expect(gate.size).toBe(1);
    expect(gate.admit(1, 1)).toBe("void");
    expect(gate.admit(1, 2)).toBe("seen");
    gate.settle(1, 1);
    expect(gate.admit(1, 1)).toBe("void");
  });

  test("a later term makes everything of earlier ones void", () => {
    const gate = new GrantGate();
    gate.admit(1, 1);
    gate.settle(2, 1);
    expect(gate.size).toBe(0);
    expect(gate.admit(1, 2)).toBe("void");
    expect(gate.admit(2, 1)).toBe("fresh");
    expect(gate.answer(1, 1)).toBeNull();
  });

  test("after the lease has ended nothing of its term begins any more", () => {
    const gate = new GrantGate();
    gate.admit(1, 1);
    gate.void();
    expect(gate.size).toBe(0);
    expect(gate.admit(1, 9)).toBe("void");
    expect(gate.admit(2, 1)).toBe("fresh");
  });
});
