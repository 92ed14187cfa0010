import fc from "fast-check";
import { expect, test } from "vitest";
import { DeliveryWindow, type Answer } from "../src/delivery-window.ts";
import { swarm } from "./swarm.ts";

/** Every answer ever given, and the rule which of them are still known. */
class Model {
  readonly answers: Map<number, Answer> = new Map();
  readonly size: number;
  highest = 0;

  constructor(size: number) {
    this.size = size;
  }

  lookup(sequence: number): Answer | "new" | "forgotten" {
    if (sequence > this.highest) return "new";
    return (sequence > this.highest - this.size && this.answers.get(sequence)) || "forgotten";
  }
}

type Step = (window: DeliveryWindow, model: Model) => void;

const see = (sequence: number, answer: Answer): Step => {
  return (window, model) => {
    const known = window.lookup(sequence);
    expect(known).toBe(model.lookup(sequence));
    if (known !== "new") return;
    window.record(sequence, answer);
    model.answers.set(sequence, answer);
    model.highest = sequence;
  };
};

const answer = fc.constantFrom<Answer>("delivered", "buffered", "full", "waiting");
const relative = (min: number, max: number): fc.Arbitrary<Step> =>
  fc.tuple(fc.integer({ min, max }), answer).map(([offset, given]) => (window, model) => {
    see(Math.max(1, model.highest + offset), given)(window, model);
  });

const steps: Record<string, fc.Arbitrary<Step>> = {
  next: relative(1, 1),
  repeat: relative(-10, 0),
  skip: relative(2, 4),
  leap: relative(5, 1000),
  settle: fc.tuple(fc.integer({ min: -10, max: 0 }), answer).map(([offset, given]) => (window, model) => {
    const sequence = model.highest + offset;
    if (model.lookup(sequence) !== "waiting") return;
    window.record(sequence, given);
    model.answers.set(sequence, given);
  }),
  settleLate: fc.constant((window, model) => window.record(model.highest - model.size, "delivered")),
};

test("a window knows the answers to the last messages, hands no message over twice and none out of order (S72, P26)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), swarm(steps), (size, sequence) => {
      const window = new DeliveryWindow(size);
      const model = new Model(size);
      for (const step of sequence) step(window, model);
      for (let back = -1; back < 12; back += 1)
        expect(window.lookup(model.highest - back)).toBe(model.lookup(model.highest - back));
    }),
    { numRuns: 1000 },
  );
});
