import { CastMessage, messageKind, NodeAddress, Pid, Ref, Request } from "@espalier/runtime";
import fc from "fast-check";
import { expect, test } from "vitest";

const ref = new Ref(new Pid(new NodeAddress("a", "1"), 1), 1);

class Order {
  readonly total = 1;
}

test.each<[unknown, string]>([
  [new Request(ref, "add", ["secret"], false), "call add"],
  [new Request(ref, "getState", [], true), "system getState"],
  [new CastMessage("reset", []), "cast reset"],
  [{ type: "EXIT", from: 1 }, "EXIT"],
  [{ type: 7 }, "object"],
  [new Order(), "Order"],
  [Object.create(null), "object"],
  [[1], "array"],
  [null, "null"],
  [undefined, "undefined"],
  ["a secret", "string"],
  [{ type: "a\u001B[31m\u202Eb\n" }, "a\uFFFD[31m\uFFFDb\uFFFD"],
  [{ type: "x".repeat(100) }, `${"x".repeat(79)}…`],
])("%o is of the kind %s", (message, kind) => {
  expect(messageKind(message)).toBe(kind);
});

test("it calls no getter, and survives proxies whose traps throw", () => {
  const called = (): never => expect.fail("called");
  expect(messageKind(Object.defineProperty({}, "type", { get: called }))).toBe("object");
  expect(
    messageKind(
      Object.create({
        get constructor() {
          return called();
        },
      }),
    ),
  ).toBe("object");
  const failing = new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => {
        throw new Error("no");
      },
    },
  );
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  expect([messageKind(failing), messageKind(revoked.proxy)]).toEqual(["object", "object"]);
});

test("whatever the message, its kind is a short line", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.string().map((type) => ({ type })),
      ),
      (message) => {
        const kind = messageKind(message);
        expect(kind.length).toBeLessThanOrEqual(80);
        expect(kind).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      },
    ),
  );
});
