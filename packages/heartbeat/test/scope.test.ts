import type { Heartbeat as AnyHeartbeat } from "@espalier/heartbeat";
import { Heartbeat, LeafHeartbeat, ScopeStack, scopesMax } from "@espalier/heartbeat";
import { describe, expect, test } from "vitest";

const [x, y, z] = [1, 2, 3].map((serial) => new LeafHeartbeat("a", "1", serial)) as [
  AnyHeartbeat,
  AnyHeartbeat,
  AnyHeartbeat,
];

describe("a stack of scopes", () => {
  test("nests: a heartbeat's end unwinds its scope and everything inside (S64, H20)", () => {
    const stack = ScopeStack.empty.push(x).push(y).push(z);
    expect(stack.depth).toBe(3);
    expect(stack.depthWithout(y)).toBe(1);
    expect(stack.depthWithout(x)).toBe(0);
    expect(stack.pop().includes(z)).toBe(false);
    expect(stack.includes(z)).toBe(true);
    expect(ScopeStack.empty.depthWithout(x)).toBeNull();
  });

  test("unwinds to the outermost scope of a heartbeat that is linked twice", () => {
    expect(ScopeStack.empty.push(x).push(y).push(x).depthWithout(x)).toBe(0);
  });

  test("knows a heartbeat that travelled, and a composite whatever the order of its parts", () => {
    const stack = ScopeStack.empty.push(Heartbeat.both(x, y));
    expect(stack.depthWithout(Heartbeat.both(y, new LeafHeartbeat("a", "1", 1)))).toBe(0);
    expect(stack.depthWithout(x)).toBeNull();
  });

  test("is inherited by forks, whose end it is: nothing of them is outside (S65, H20)", () => {
    const fork = ScopeStack.empty.push(x).fork().push(y);
    expect(fork.inherited).toBe(1);
    expect(fork.depthWithout(x)).toBeLessThan(fork.inherited);
    expect(fork.depthWithout(y)).toBe(fork.inherited);
    expect(fork.fork().inherited).toBe(2);
    expect(fork.fork().fork()).toEqual(fork.fork());
  });

  test("does not leave a scope that its computation did not open", () => {
    const fork = ScopeStack.empty.push(x).fork();
    expect(() => fork.pop()).toThrow(new RangeError("scope: expected an open scope of this computation, got none"));
    expect(fork.push(y).pop()).toEqual(fork);
  });

  test("is never changed, only replaced", () => {
    const stack = ScopeStack.empty.push(x);
    stack.push(y);
    stack.pop();
    stack.fork();
    expect(stack).toEqual(new ScopeStack([x], 0));
    expect(ScopeStack.empty.depth).toBe(0);
  });

  test("is bounded", () => {
    let stack = ScopeStack.empty;
    for (let depth = 0; depth < scopesMax; depth += 1) stack = stack.push(x);
    expect(() => stack.push(x)).toThrow(
      new RangeError("Heartbeat.link: expected at most 1000 scopes in each other, got one more"),
    );
  });
});
