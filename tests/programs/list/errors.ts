import { fn, Process, remote, Remote, type NodeRef, type Self } from "espalier";
import type { Places, Program } from "../program.ts";

class OutOfStock extends Error {
  readonly item: { readonly name: string };
  constructor(message: string, item: { readonly name: string }, options?: ErrorOptions) {
    super(message, options);
    this.name = "OutOfStock";
    this.item = item;
  }
}
fn(OutOfStock);

const order = remote({ OutOfStock }, function* (node: NodeRef, name: string) {
  yield* Remote.transfer(node);
  throw new OutOfStock(`no ${name}`, { name }, { cause: new TypeError("shelf") });
});

const passOn = remote({ order }, function* (node: NodeRef, name: string, places: Places): Generator<any, never, any> {
  try {
    return yield* order(node, name);
  } finally {
    yield* Process.send(places.log, `passed on ${name}`);
  }
});

export const errors: readonly Program[] = [
  {
    name: "catches on one node what was tried on another",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      let where = "start";
      try {
        where = "try";
        yield* Remote.transfer(alice);
        (null as unknown as { boom(): void }).boom();
      } catch (error) {
        yield* Process.send(log, `caught ${error instanceof TypeError}`);
        yield* Remote.transfer(bob);
        return [error instanceof TypeError, where];
      }
      return [];
    }),
    expected: [true, "try"],
    effects: ["caught true"],
    transfers: 2,
  },
  {
    name: "runs finally once, with yields in it, while a return waits",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const out: string[] = [];
      try {
        yield* Remote.transfer(alice);
        out.push("body");
        return out;
      } finally {
        yield* Process.send(log, "clean");
        yield* Remote.transfer(bob);
        yield* Process.send(log, "up");
        out.push("finally");
      }
    }),
    expected: ["body", "finally"],
    effects: ["clean", "up"],
    transfers: 2,
  },
  {
    name: "lets an error wait for a finally that moves",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const out: unknown[] = [];
      try {
        try {
          yield* Remote.transfer(alice);
          throw new RangeError("first");
        } finally {
          yield* Remote.transfer(bob);
          yield* Process.send(log, "inner finally");
          out.push("waited");
        }
      } catch (error) {
        yield* Process.send(log, "caught");
        out.push(error instanceof RangeError, (error as Error).message);
      }
      return out;
    }),
    expected: ["waited", true, "first"],
    effects: ["inner finally", "caught"],
    transfers: 2,
  },
  {
    name: "a finally that overrules a return, and one that overrules an error",
    body: remote({}, function* (_self: Self, { alice, log }: Places) {
      const out: number[] = [];
      for (const n of [1, 2, 3]) {
        try {
          yield* Process.send(log, `try ${n}`);
          if (n === 2) throw new Error("dropped");
          if (n === 3) return "not this";
          out.push(n);
        } finally {
          yield* Remote.transfer(alice);
          yield* Process.send(log, `finally ${n}`);
          // oxlint-disable-next-line no-unsafe-finally
          if (n === 2) continue;
          // oxlint-disable-next-line no-unsafe-finally
          if (n === 3) return [...out, "this"];
        }
      }
      return [];
    }),
    expected: [1, "this"],
    effects: ["try 1", "finally 1", "try 2", "finally 2", "try 3", "finally 3"],
    transfers: 1,
  },
  {
    name: "errors of declared classes, thrown through frames",
    body: remote({ OutOfStock, passOn }, function* (_self: Self, places: Places) {
      const { alice, bob, log } = places;
      try {
        return yield* passOn(alice, "tea", places);
      } catch (error) {
        yield* Remote.transfer(bob);
        if (!(error instanceof OutOfStock)) throw error;
        yield* Process.send(log, error.message);
        return [error.name, error.item.name, error.cause instanceof TypeError, (error.cause as Error).message];
      }
    }),
    expected: ["OutOfStock", "tea", true, "shelf"],
    effects: ["passed on tea", "no tea"],
    transfers: 2,
  },
  {
    name: "attempts as data",
    body: remote({ order }, function* (_self: Self, { alice, home, log }: Places) {
      const failed = yield* Remote.attempt(order(alice, "milk"));
      yield* Process.send(log, failed.type);
      const held = yield* Remote.attempt(Remote.pure(7));
      yield* Remote.transfer(home);
      const given = yield* Remote.attempt(Remote.fail({ type: "exit", reason: "enough" }));
      return [
        failed.type === "failure" && failed.cause.type === "error" ? failed.cause.error.message : "?",
        held.type === "success" ? held.value : "?",
        given.type === "failure" ? given.cause : "?",
      ];
    }),
    expected: ["no milk", 7, { type: "exit", reason: "enough" }],
    effects: ["failure"],
    transfers: 2,
  },
  {
    name: "nested handlers, rethrown from the innermost",
    body: remote({}, function* (_self: Self, { alice, bob, log }: Places) {
      const trace: string[] = [];
      const places = [alice, bob];
      for (let depth = 0; depth < 2; depth++) {
        try {
          try {
            yield* Remote.transfer(places[depth] as NodeRef);
            throw new Error(`e${depth}`);
          } catch (inner) {
            yield* Process.send(log, `inner ${depth}`);
            throw new Error("again", { cause: inner });
          }
        } catch ({ message, cause }: any) {
          yield* Process.send(log, `outer ${depth}`);
          trace.push(message, cause.message);
        }
      }
      return trace;
    }),
    expected: ["again", "e0", "again", "e1"],
    effects: ["inner 0", "outer 0", "inner 1", "outer 1"],
    transfers: 2,
  },
];
