import type { LocalGenerator } from "@espalier/heartbeat";
import { Node, Process, Server, type Self } from "@espalier/runtime";
import { Entities } from "@espalier/directory";
import { ManualHost } from "@espalier/runtime/testing";
import fc from "fast-check";
import { expect, it } from "vitest";

type Key = "a" | "b";

/** What a sender does. */
type Step =
  | { readonly type: "put" | "leave" | "crash" | "refuse" | "get"; readonly key: Key }
  | { readonly type: "wait"; readonly ms: number };

const key = fc.constantFrom<Key>("a", "b");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("put" as const), key }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.constantFrom(0, 1, 4, 9, 10, 11, 25) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("leave" as const, "get" as const), key }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("crash" as const, "refuse" as const), key }) },
);

const plan = fc.record({
  senders: fc.array(fc.array(step, { maxLength: 25 }), { minLength: 1, maxLength: 3 }),
  startingMs: fc.constantFrom(0, 0, 3),
  handlingMs: fc.constantFrom(0, 0, 2),
  endingMs: fc.constantFrom(0, 5, 12),
});

/** What each key was sent, and what it made of it. */
class Model {
  readonly acting = new Set<Key>();
  readonly problems: string[] = [];
  readonly sent: Record<Key, string[]> = { a: [], b: [] };
  readonly handled: Record<Key, string[]> = { a: [], b: [] };
  /** What was under way when a process of the key failed. */
  readonly excused: Record<Key, Set<string>> = { a: new Set(), b: new Set() };
  readonly refusing = new Set<Key>();
  readonly failures = new Set<Key>();

  begins(key: Key): void {
    if (this.acting.has(key)) this.problems.push(`a second process acts for ${key}`);
    this.acting.add(key);
  }

  failed(key: Key): void {
    this.failures.add(key);
    for (const message of this.sent[key]) if (!this.handled[key].includes(message)) this.excused[key].add(message);
  }

  check(): readonly string[] {
    for (const key of ["a", "b"] as const) {
      const { sent, handled, excused } = {
        sent: this.sent[key],
        handled: this.handled[key],
        excused: this.excused[key],
      };
      if (new Set(handled).size !== handled.length) this.problems.push(`${key} handled something twice`);
      const lost = sent.filter((message) => !handled.includes(message) && !excused.has(message));
      if (lost.length > 0) this.problems.push(`${key} lost ${lost.join()}`);
      for (const sender of new Set(sent.map((message) => message[0]))) {
        const of = handled.filter((message) => message[0] === sender).map((message) => Number(message.slice(1)));
        if (of.some((n, index) => n < (of[index - 1] ?? 0))) this.problems.push(`${key} mixed up what ${sender} sent`);
      }
    }
    if (this.acting.size > 0) this.problems.push(`still there: ${[...this.acting].join()}`);
    return this.problems;
  }
}

type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never;

function entitiesOf(model: Model, { startingMs, handlingMs, endingMs }: Plan) {
  const server = Server.define({
    *init(key: Key): LocalGenerator<Key> {
      model.begins(key);
      if (startingMs > 0) yield* Process.sleep(startingMs);
      if (!model.refusing.delete(key)) return key;
      model.failed(key);
      model.acting.delete(key);
      throw new Error("refused");
    },
    call: { get: (key) => model.handled[key].length },
    cast: {
      *put(key, message: string) {
        model.handled[key].push(message);
        if (handlingMs > 0) yield* Process.sleep(handlingMs);
      },
      leave: () => Entities.passivate(),
      crash: () => {
        throw new Error("crash");
      },
    },
    *terminate(key, cause) {
      if (endingMs > 0) yield* Process.sleep(endingMs);
      if (cause.type === "error") model.failed(key);
      model.acting.delete(key);
    },
  });
  return Entities.define("things", server, { idle: 10 });
}

it("entities handle all that they are sent, in order, once, whenever they leave, unless they fail (S249)", async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (drawn) => {
      const model = new Model();
      const things = entitiesOf(model, drawn);
      const host = new ManualHost();
      const node = await host.wait(Node.start({ host, logger: { report() {} } }));
      const sender = function* (_: Self, name: string, steps: readonly Step[]): LocalGenerator<void> {
        let n = 0;
        for (const step of steps) {
          if (step.type === "wait") {
            yield* Process.sleep(step.ms);
            continue;
          }
          const { type, key } = step;
          const { call, cast } = Entities.ref(things, key);
          if (type === "get") {
            try {
              yield* call.get();
            } catch (error) {
              if (!model.failures.has(key)) model.problems.push(`get failed: ${String(error)}`);
            }
          } else if (type === "refuse") {
            if ((yield* Entities.whereis(things, key)) === undefined) model.refusing.add(key);
          } else if (type === "put") {
            const message = `${name}${(n += 1)}`;
            model.sent[key].push(message);
            yield* cast.put(message);
          } else {
            yield* cast[type]();
          }
        }
      };
      await host.wait(
        node.run(function* () {
          yield* Entities.start(things);
          for (const [index, steps] of drawn.senders.entries()) {
            yield* Process.spawn(sender, "xyz"[index] as string, steps);
          }
          yield* Process.sleep("1m");
          expect(yield* Entities.keys(things)).toEqual([]);
        }),
      );
      expect(model.check()).toEqual([]);
      await host.wait(node.stop());
    }),
    { numRuns: 150, seed: 1 },
  );
});
