import fc from "fast-check";
import { expect, test } from "vitest";
import { Incoming } from "../src/incoming.ts";
import { Outgoing, type Demand, type Piece } from "../src/outgoing.ts";

interface Parcel {
  readonly id: number;
  readonly parts: number;
}

type Letter = { readonly demand: Demand } | { readonly sequence: number; readonly piece: Piece<Parcel> };

/** Both ends of a stream, and what is under way between them: any of it may be lost, come twice, or out of order. */
class Line {
  readonly outgoing: Outgoing<Parcel> = new Outgoing<Parcel>();
  readonly incoming: Incoming<string>;
  readonly window: number;
  underWay: Letter[] = [];
  readonly sent: number[] = [];
  readonly processed: number[] = [];
  readonly confirmed: number[] = [];

  constructor(window: number) {
    this.window = window;
    this.incoming = new Incoming<string>(window);
    this.ask(false);
  }

  ask(again: boolean): void {
    this.underWay.push({ demand: this.incoming.demand(again) });
  }

  send(parts: number): void {
    if (!this.outgoing.hasDemand) return;
    this.sent.push(this.sent.length);
    this.outgoing.add({ id: this.sent.length - 1, parts });
    this.#transmit();
  }

  process(): void {
    const { first } = this.incoming;
    if (first === null) return;
    const [id] = (first.parts[0] as string).split(".");
    expect(first.parts).toEqual(first.parts.map((_part, index) => `${id}.${index}`));
    this.processed.push(Number(id));
    this.underWay.push({ demand: this.incoming.confirm() });
  }

  arrive(at: number, copies: number): void {
    const index = at % Math.max(1, this.underWay.length);
    const letter = this.underWay[index];
    if (letter === undefined) return;
    if (copies < 2) this.underWay.splice(index, 1);
    if (copies === 0) return;
    if ("demand" in letter) {
      this.confirmed.push(...this.outgoing.demand(letter.demand).map(({ id }) => id));
      this.#transmit();
    } else {
      const { sequence, piece } = letter;
      const content = `${piece.parcel.id}.${piece.part}`;
      const demand = this.incoming.take(sequence, { content, isLast: piece.isLast });
      if (demand !== null) this.underWay.push({ demand });
    }
  }

  #transmit(): void {
    for (const [sequence, piece] of this.outgoing.due()) this.underWay.push({ sequence, piece });
  }

  check(): void {
    // In order and once, and nothing is confirmed to the sender that was not processed.
    expect(this.processed).toEqual(this.sent.slice(0, this.processed.length));
    expect(this.confirmed).toEqual(this.processed.slice(0, this.confirmed.length));
    expect(this.incoming.size).toBeLessThanOrEqual(this.window);
  }
}

type Step = (line: Line) => void;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.integer({ min: 1, max: 4 }).map(
      (parts): Step =>
        (line) =>
          line.send(parts),
    ),
    weight: 3,
  },
  { arbitrary: fc.constant<Step>((line) => line.process()), weight: 2 },
  {
    arbitrary: fc.nat(7).map(
      (at): Step =>
        (line) =>
          line.arrive(at, 1),
    ),
    weight: 4,
  },
  { arbitrary: fc.constant<Step>((line) => line.arrive(0, 1)), weight: 4 },
  {
    arbitrary: fc.nat(7).map(
      (at): Step =>
        (line) =>
          line.arrive(at, 0),
    ),
    weight: 1,
  },
  {
    arbitrary: fc.nat(7).map(
      (at): Step =>
        (line) =>
          line.arrive(at, 2),
    ),
    weight: 1,
  },
  { arbitrary: fc.constant<Step>((line) => line.ask(true)), weight: 1 },
);

test("a stream that loses, repeats and reorders delivers each message once and in order, and all of them in the end (S247)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 120 }), (window, steps) => {
      const line = new Line(window);
      for (const one of steps) {
        one(line);
        line.check();
      }
      // From here on nothing is lost, and time passes: everything comes to its end.
      for (let round = 0; round < 200 && line.confirmed.length < line.sent.length; round += 1) {
        while (line.underWay.length > 0) line.arrive(0, 1);
        line.process();
        line.ask(true);
      }
      line.check();
      expect(line.confirmed).toEqual(line.sent);
      expect(line.outgoing.size).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("more is asked for when half of the window is confirmed", () => {
  const incoming = new Incoming<string>(4);
  const arrive = (sequence: number): Demand | null => incoming.take(sequence, { content: "", isLast: true });
  expect([1, 2, 3, 4].map(arrive)).toEqual([null, null, null, null]);
  const upTo = [1, 2, 3, 4].map(() => incoming.confirm().upTo);
  expect(upTo).toEqual([4, 6, 6, 8]);
  expect(incoming.demand(false)).toEqual({ received: 4, confirmed: 4, upTo: 8, again: false });
});

test("nothing is taken beyond what was asked for, and a gap is asked for once", () => {
  const incoming = new Incoming<string>(4);
  const arrive = (sequence: number): Demand | null => incoming.take(sequence, { content: "", isLast: true });
  expect(arrive(5)).toBeNull();
  expect(arrive(2)).toEqual({ received: 0, confirmed: 0, upTo: 4, again: true });
  expect(arrive(3)).toBeNull();
  expect([arrive(1), arrive(1), incoming.size]).toEqual([null, null, 1]);
  expect(arrive(3)).toEqual({ received: 1, confirmed: 0, upTo: 4, again: true });
});

test("what is taken back from a stream is whole messages, in order", () => {
  const outgoing = new Outgoing<Parcel>();
  const [first, second] = [
    { id: 1, parts: 1 },
    { id: 2, parts: 3 },
  ];
  outgoing.demand({ received: 0, confirmed: 0, upTo: 3, again: false });
  outgoing.add(first);
  outgoing.add(second);
  expect([...outgoing.due()].map(([sequence]) => sequence)).toEqual([1, 2, 3]);
  expect(outgoing.demand({ received: 3, confirmed: 1, upTo: 5, again: false })).toEqual([first]);
  expect(outgoing.unconfirmed).toEqual([second]);
  // What nobody can have said changes nothing.
  expect(outgoing.demand({ received: 9, confirmed: 9, upTo: 99, again: false })).toEqual([]);
  expect([...outgoing.due()].map(([sequence]) => sequence)).toEqual([4]);
});
