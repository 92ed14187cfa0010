import { describe, expect, it } from "vitest";
import {
  type Action,
  linearize,
  type History,
  type HistoryEntry,
  type Json,
  type Model,
  models,
} from "../src/index.ts";

/** An action with its time: without an end nobody knows what came of it. */
type Timed = readonly [op: string, input: Json, output: Json, fromMs: number, toMs?: number];

function historyOf(actions: readonly Timed[]): History {
  const entries = actions.map(([op, input, output, invokedMs, atMs], serial): HistoryEntry => ({
    serial,
    node: "a",
    client: `c${serial}`,
    op,
    input,
    invokedMs,
    outcome: atMs === undefined ? { type: "unknown" } : { type: "ok", atMs, output },
  }));
  return { entries };
}

const judge = (model: Model, actions: readonly Timed[]): string => linearize(model, historyOf(actions)).type;

/** By the definition: some order of those that returned and some of the others respects time, and the model allows it. */
function bruteForce(model: Model, actions: readonly Timed[]): boolean {
  const extend = (left: readonly Timed[], states: readonly unknown[]): boolean => {
    if (left.every(([, , , , toMs]) => toMs === undefined)) return true;
    return left.some((next) => {
      if (left.some(([, , , , toMs = Infinity]) => toMs < next[3])) return false;
      const [op, input, output, , toMs] = next;
      const action: Action = { op, input, output: toMs === undefined ? undefined : output };
      const after = states.flatMap((state) => model.step(state, action));
      const others = left.filter((other) => other !== next);
      return after.length > 0 && extend(others, after);
    });
  };
  return extend(actions, [model.initial]);
}

/** Every way in which `count` intervals can lie: as the order of their beginnings and ends, beginnings in the order of their numbers. */
function* intervals(count: number): Generator<readonly (readonly [number, number])[]> {
  const from = new Array<number>(count).fill(-1);
  const to = new Array<number>(count).fill(-1);
  function* place(begun: number, position: number): Generator<readonly (readonly [number, number])[]> {
    if (position === count * 2) {
      yield from.map((begin, index) => [begin, to[index] as number] as const);
      return;
    }
    if (begun < count) {
      from[begun] = position;
      yield* place(begun + 1, position + 1);
    }
    for (let index = 0; index < begun; index += 1) {
      if ((to[index] as number) >= 0) continue;
      to[index] = position;
      yield* place(begun, position + 1);
      to[index] = -1;
    }
  }
  yield* place(0, 0);
}

/** Every history of `count` actions out of `choices`, those with unknown outcome once for each place of their beginning. */
function* histories(count: number, choices: readonly { readonly action: Action; readonly known: boolean }[]) {
  for (const times of intervals(count)) {
    const picked = new Array<number>(count).fill(0);
    for (;;) {
      yield times.map(([fromMs, toMs], index): Timed => {
        const { action, known } = choices[picked[index] as number]!;
        const { op, input, output = null } = action;
        return known ? [op, input, output, fromMs, toMs] : [op, input, null, fromMs];
      });
      let digit = 0;
      while (digit < count && (picked[digit] as number) === choices.length - 1) picked[digit++] = 0;
      if (digit === count) break;
      picked[digit] = (picked[digit] as number) + 1;
    }
  }
}

const known = (op: string, input: Json, output: Json) => ({ action: { op, input, output }, known: true });
const unknown = (op: string, input: Json) => ({ action: { op, input, output: undefined }, known: false });

const small = {
  register: {
    model: models.register({ initial: 0 }),
    choices: [
      known("read", null, 0),
      known("read", null, 1),
      known("write", 0, null),
      known("write", 1, null),
      unknown("write", 1),
    ],
  },
  "write-once": {
    model: models.writeOnce(),
    choices: [known("set", 1, 1), known("set", 1, 2), known("set", 2, 2), known("read", null, null), unknown("set", 1)],
  },
  queue: {
    model: models.queue(),
    choices: [
      known("enqueue", 1, null),
      known("enqueue", 2, null),
      known("dequeue", null, 1),
      unknown("enqueue", 2),
      unknown("dequeue", null),
    ],
  },
};

describe("a search for an order", { timeout: 60_000 }, () => {
  for (const [name, { model, choices }] of Object.entries(small)) {
    it(`agrees with trying every order, for every history of a ${name} with at most four actions`, () => {
      let illegal = 0;
      let count = 0;
      for (let length = 1; length <= 4; length += 1) {
        for (const actions of histories(length, choices)) {
          count += 1;
          const expected = bruteForce(model, actions);
          if (!expected) illegal += 1;
          // Without expect: there are too many.
          if (judge(model, actions) !== (expected ? "linearizable" : "illegal")) {
            expect.unreachable(
              `${expected ? "possible" : "impossible"}, and said not to be: ${JSON.stringify(actions)}`,
            );
          }
        }
      }
      expect(count).toBe(1 * 5 + 3 * 25 + 15 * 125 + 105 * 625);
      expect(illegal).toBeGreaterThan(count / 10);
      expect(illegal).toBeLessThan(count * 0.95);
    });
  }

  it("finds the stale read of Porcupine's own examples", () => {
    const write: Timed = ["write", 100, null, 0, 100];
    expect(
      judge(models.register({ initial: 0 }), [write, ["read", null, 100, 25, 75], ["read", null, 0, 30, 60]]),
    ).toBe("linearizable");
    expect(
      judge(models.register({ initial: 0 }), [
        ["write", 200, null, 0, 100],
        ["read", null, 200, 10, 30],
        ["read", null, 0, 40, 90],
      ]),
    ).toBe("illegal");
  });

  it("lets what is unknown happen late, or never, and what failed not at all", () => {
    const late: Timed = ["write", 1, null, 0];
    expect(judge(models.register({ initial: 0 }), [late, ["read", null, 0, 10, 20], ["read", null, 1, 30, 40]])).toBe(
      "linearizable",
    );
    expect(judge(models.register({ initial: 0 }), [late, ["read", null, 0, 10, 20]])).toBe("linearizable");
    expect(judge(models.register({ initial: 0 }), [late, ["read", null, 1, 10, 20], ["read", null, 0, 30, 40]])).toBe(
      "illegal",
    );
    expect(
      judge(models.register({ initial: 0 }), [
        ["write", 1, null, 15],
        ["read", null, 1, 0, 10],
      ]),
    ).toBe("illegal");
    const { entries } = historyOf([
      ["write", 1, null, 0, 5],
      ["read", null, 1, 10, 20],
    ]);
    const failed = { ...(entries[0] as HistoryEntry), outcome: { type: "failed", atMs: 5, reason: "full" } as const };
    expect(linearize(models.register({ initial: 0 }), { entries: [failed, entries[1] as HistoryEntry] }).type).toBe(
      "illegal",
    );
  });

  it("holds two actions to overlap when one ends in the instant in which the other begins", () => {
    const write: Timed = ["write", 1, null, 0, 5];
    expect(judge(models.register({ initial: 0 }), [write, ["read", null, 0, 5, 9]])).toBe("linearizable");
    expect(judge(models.register({ initial: 0 }), [write, ["read", null, 0, 6, 9]])).toBe("illegal");
  });

  it("shows the longest order that could be, and what does not fit after it", () => {
    const history = historyOf([
      ["set", "stopped", "stopped", 0, 5],
      ["read", null, "stopped", 6, 7],
      ["set", "unresponsive", "unresponsive", 8, 9],
    ]);
    const verdict = linearize(models.writeOnce(), history);
    expect(verdict).toMatchObject({
      type: "illegal",
      longest: history.entries.slice(0, 2),
      rest: history.entries.slice(2),
    });
  });

  it("judges each key alone, and names the one that is wrong", () => {
    const model = models.mapOf(models.register());
    const actions: Timed[] = [
      ["write", { key: "x", value: 1 }, null, 0, 1],
      ["write", { key: "y", value: 2 }, null, 0, 1],
      ["read", { key: "x" }, 1, 2, 3],
      ["read", { key: "y" }, 2, 2, 3],
    ];
    expect(judge(model, actions)).toBe("linearizable");
    const wrong: Timed = ["read", { key: "y" }, 1, 2, 3];
    expect(linearize(model, historyOf([...actions.slice(0, 3), wrong]))).toMatchObject({
      type: "illegal",
      part: '"y"',
    });
  });

  it("follows every state that a model allows", () => {
    const coin: Model<string> = {
      name: "coin",
      ops: ["toss", "look"],
      initial: "heads",
      step: (state, { op, output }) => (op === "toss" ? ["heads", "tails"] : output === state ? [state] : []),
      key: (state) => state,
    };
    expect(
      judge(coin, [
        ["toss", null, null, 0, 1],
        ["look", null, "tails", 2, 3],
        ["look", null, "tails", 4, 5],
      ]),
    ).toBe("linearizable");
    expect(
      judge(coin, [
        ["toss", null, null, 0, 1],
        ["look", null, "tails", 2, 3],
        ["look", null, "heads", 4, 5],
      ]),
    ).toBe("illegal");
  });

  it("says that it does not know when its steps are used up, unless another part is wrong for certain (S152)", () => {
    // Nothing returns before anything else begins, and no order gives what was read.
    const hard = Array.from({ length: 12 }, (_, n): Timed => ["add", { key: "x", value: n + 1 }, null, 0, 100]);
    const read: Timed = ["read", { key: "x" }, -1, 0, 100];
    const model = models.mapOf(models.counter());
    const history = historyOf([...hard, read]);
    expect(linearize(model, history, { stepsMax: 1_000 })).toMatchObject({ type: "unknown", part: '"x"' });
    const wrong = historyOf([...hard, read, ["read", { key: "y" }, 7, 0, 1]]);
    expect(linearize(model, wrong, { stepsMax: 1_000 })).toMatchObject({ type: "illegal", part: '"y"' });
  });

  it("judges what the scenario calls otherwise, and refuses to judge nothing", () => {
    const history = historyOf([
      ["deposit", { amount: 5 }, null, 0, 1],
      ["balance", null, 5, 2, 3],
      ["other", null, null, 2, 3],
    ]);
    const deposit = ({ input }: HistoryEntry): Action => ({
      op: "add",
      input: (input as { amount: number }).amount,
      output: null,
    });
    expect(linearize(models.counter(), history, { ops: { deposit, balance: "read" } }).type).toBe("linearizable");
    expect(() => linearize(models.counter(), history)).toThrow("expected some of add, read, got none");
    expect(() => linearize(models.counter(), history, { ops: { balance: "get" } })).toThrow(
      "expected one of add, read, got get",
    );
  });

  it("knows sets", () => {
    const added: Timed[] = [
      ["add", 1, null, 0, 1],
      ["add", { b: 1, a: 2 }, null, 2, 3],
      ["add", 1, null, 4, 5],
    ];
    expect(judge(models.set(), [...added, ["list", null, [{ a: 2, b: 1 }, 1], 6, 7]])).toBe("linearizable");
    expect(judge(models.set(), [...added, ["list", null, [1, 1, { a: 2, b: 1 }], 6, 7]])).toBe("illegal");
    expect(judge(models.set(), [...added, ["remove", 1, null, 6, 7], ["has", 1, false, 8, 9]])).toBe("linearizable");
    expect(judge(models.set(), [...added, ["remove", 1, null, 6, 7], ["has", 1, true, 8, 9]])).toBe("illegal");
  });
});
