import { describe, expect, it } from "vitest";
import { everyOrder } from "./orders.ts";
import { say, type Act, type Resident, type Town } from "./town.ts";

const dials: readonly Act[] = [
  { name: "a dials", take: ({ a, b }) => a.transport.connect(b.ref) },
  { name: "b dials", take: ({ a, b }) => b.transport.connect(a.ref) },
];

const keeps: readonly Act[] = [
  { name: "a keeps", take: ({ a, b }) => a.transport.keep(b.ref) },
  { name: "b keeps", take: ({ a, b }) => b.transport.keep(a.ref) },
];

const cut: Act = { name: "cut", take: (town) => town.cut() };

const disconnects: readonly Act[] = [
  { name: "a disconnects", take: ({ a, b }) => a.transport.disconnect(b.ref.id, "enough") },
  { name: "b disconnects", take: ({ a, b }) => b.transport.disconnect(a.ref.id, "enough") },
];

const stops: readonly Act[] = [
  { name: "a stops", take: ({ a }) => void a.transport.stop() },
  { name: "b stops", take: ({ b }) => void b.transport.stop() },
];

/** Longer than an attempt can take, and than a node that stays connected waits at first. */
const longMs = 10_000;

/** What holds at each end, whatever was done: there is one link, or none, and both sides know. */
function agree(town: Town): void {
  town.settle(longMs);
  const { a, b } = town;
  const isLinked = a.isLinked;
  expect({ b: b.isLinked, pipes: town.pipes }).toEqual({ b: isLinked, pipes: isLinked ? 1 : 0 });
  for (const { log } of [a, b]) alternates(log);
  if (!isLinked) expect(town.host.timers).toBe(0);
  else {
    a.transport.send(b.ref.id, say);
    b.transport.send(a.ref.id, say);
    town.host.run();
    town.settle(0);
    expect([a.log.at(-1), b.log.at(-1)]).toEqual([say.type, say.type]);
  }
}

/** No `up` while there is a link, and `down` and `failed` only when there is one, and none. */
function alternates(log: readonly string[]): void {
  let isUp = false;
  const wrong = log.findIndex((entry) => {
    const isRight = isUp === (entry === "down" || entry === say.type);
    isUp = entry === "up" || (isUp && entry !== "down");
    return !isRight;
  });
  expect([wrong, log]).toEqual([-1, log]);
}

/** The same checks for every end, and what is wrong with the first that fails, with the order that leads there. */
function always(acts: readonly Act[], look: (town: Town) => void): void {
  const { ends } = everyOrder(acts, (town) => {
    try {
      agree(town);
      look(town);
    } catch (error) {
      throw new Error(`after ${town.history.join("; ")}`, { cause: error });
    }
  });
  expect(ends).toBeGreaterThan(0);
}

const outcomes = ({ log }: Resident): number => log.filter((entry) => entry === "up" || entry === "failed").length;

describe("two nodes that dial each other, in every order of what arrives (R-1310)", { timeout: 60_000 }, () => {
  it("have one link, which came up once on both sides, and nothing failed (S261)", () => {
    always(dials, ({ a, b }) => {
      expect([a.log[0], b.log[0], outcomes(a), outcomes(b)]).toEqual(["up", "up", 1, 1]);
    });
  });

  it.each([cut, ...disconnects])(
    "and $name at any time, have one link or none in the end, and each knows what became of its attempt (S262)",
    (third) => {
      always([...dials, third], ({ a, b }) => {
        expect(outcomes(a)).toBeGreaterThan(0);
        expect(outcomes(b)).toBeGreaterThan(0);
      });
    },
  );

  it.each(stops)("and $name at any time, have no link in the end, and nothing is left of it", (stop) => {
    always([...dials, stop], ({ a, b }) => {
      expect([a.isLinked, b.isLinked]).toEqual([false, false]);
    });
  });

  it.each([cut, ...disconnects])("to stay connected, and $name at any time, have one link in the end", (third) => {
    always([...keeps, third], ({ a, b }) => {
      expect([a.isLinked, b.isLinked]).toEqual([true, true]);
    });
  });
});

it("orders that are merged lead to the same ends as all orders do", () => {
  const ends = (merges: boolean): ReadonlySet<string> => {
    const found = new Set<string>();
    everyOrder(
      [dials[0] as Act, disconnects[0] as Act],
      ({ a, b, pipes }) => void found.add([...a.log, "/", ...b.log, pipes].join(" ")),
      merges,
    );
    return found;
  };
  expect(ends(true)).toEqual(ends(false));
});
