import fc from "fast-check";
import { expect, test } from "vitest";
import { WaitingLine, type Place } from "../src/index.ts";
import { swarm } from "./swarm.ts";

interface State {
  readonly line: WaitingLine<number>;
  readonly places: Place[];
  readonly model: number[];
}

type Step = (state: State) => void;

const steps: Record<string, fc.Arbitrary<Step>> = {
  join: fc.constant(({ line, places, model }) => {
    model.push(places.length);
    places.push(line.join(places.length));
  }),
  shift: fc.constant(({ line, model }) => expect(line.shift()).toBe(model.shift())),
  leave: fc.nat(99).map((position) => ({ places, model }) => {
    if (places.length === 0) return;
    const member = position % places.length;
    expect(places[member]?.leave()).toBe(model.includes(member));
    if (model.includes(member)) model.splice(model.indexOf(member), 1);
  }),
};

test("a waiting line answers as an array does, and leaving it twice is nothing", () => {
  fc.assert(
    fc.property(swarm(steps), (sequence) => {
      const state: State = { line: new WaitingLine(), places: [], model: [] };
      for (const step of sequence) {
        step(state);
        expect(state.line.length).toBe(state.model.length);
      }
      const rest: (number | undefined)[] = [];
      while (state.line.length > 0) rest.push(state.line.shift());
      expect(rest).toEqual(state.model);
      expect(state.line.shift()).toBe(undefined);
    }),
    { numRuns: 500 },
  );
});
