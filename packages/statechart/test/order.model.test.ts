import { Process } from "@espalier/runtime";
import { Statechart } from "@espalier/statechart";
import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  option,
  record,
  uniqueArray,
  type Arbitrary,
} from "fast-check";
import { expect, it } from "vitest";
import { createMachine, type AnyStateMachine } from "xstate";
import { Bench } from "./bench.ts";

/** What a transition does, one after the other; `name` is an event's, and a named timeout's. */
type Act =
  | { readonly act: "next" | "named" | "state" | "event" | "cancel"; readonly name: Name }
  | { readonly act: "postpone"; readonly name: Name };

interface Rule {
  readonly acts: readonly Act[];
  readonly target: State | null;
  readonly reenter: boolean;
}

type State = "s0" | "s1" | "s2";
type Name = "e0" | "e1" | "e2" | "e3";
type Table = Readonly<Record<State, Partial<Record<Name, Rule>>>>;

const states: readonly State[] = ["s0", "s1", "s2"];
const names: readonly Name[] = ["e0", "e1", "e2", "e3"];
/** After so many lines a machine only notes what it takes, so that every run comes to an end. */
const linesMax = 40;

/** gen_statem's loop, as its documentation has it: plain queues, one transition after the other. */
function model(table: Table, sent: readonly Name[]): readonly string[] {
  const lines: string[] = ["+s0"];
  let state: State = "s0";
  let queue: Name[] = [];
  let postponed: Name[] = [];
  let zero: { readonly key: string; readonly name: Name }[] = [];
  const mailbox = [...sent];
  const forget = (key: string): void => void (zero = zero.filter((timeout) => timeout.key !== key));
  for (;;) {
    let event = queue.shift();
    event ??= zero.shift()?.name;
    event ??= mailbox.shift();
    if (event === undefined) return lines;
    forget("event");
    const rule: Rule | undefined = table[state][event];
    if (rule === undefined) continue;
    const over = lines.length >= linesMax;
    lines.push(`${state} ${event}`);
    if (over) continue;
    const target: State = rule.target ?? state;
    const changed = rule.target !== null && (rule.target !== state || rule.reenter);
    if (changed) forget("state");
    const next: Name[] = [];
    let postpone = false;
    for (const { act, name } of rule.acts) {
      if (act === "next") next.push(name);
      else if (act === "postpone") postpone = true;
      else if (act === "cancel") forget(`named ${name}`);
      else {
        const key = act === "named" ? `named ${name}` : act;
        forget(key);
        zero.push({ key, name });
      }
    }
    state = target;
    if (changed) lines.push(`+${state}`);
    if (postpone) postponed.push(event);
    if (changed) {
      queue = [...postponed, ...queue];
      postponed = [];
    }
    queue = [...next, ...queue];
  }
}

function machineOf(table: Table, lines: string[]): AnyStateMachine {
  const over = (): boolean => lines.length >= linesMax;
  const acting = ({ act, name }: Act): unknown => {
    const event = { type: name };
    switch (act) {
      case "next":
        return Statechart.nextEvent(event);
      case "postpone":
        return Statechart.postpone();
      case "named":
        return Statechart.timeout(name, 0, event);
      case "state":
        return Statechart.stateTimeout(0, event);
      case "event":
        return Statechart.eventTimeout(0, event);
      case "cancel":
        return Statechart.timeout(name, "infinity", event);
    }
  };
  const config = {
    initial: "s0",
    states: Object.fromEntries(
      states.map((state) => [
        state,
        {
          entry: () => void lines.push(`+${state}`),
          on: Object.fromEntries(
            Object.entries(table[state]).map(([name, { acts, target, reenter }]) => {
              const note = (): void => void lines.push(`${state} ${name}`);
              const actions = [note, ...acts.map(acting)];
              const rule = target === null ? { actions } : { actions, target, reenter };
              return [name, [{ guard: () => !over(), ...rule }, { actions: note }]];
            }),
          ),
        },
      ]),
    ),
  };
  return createMachine(config as never) as AnyStateMachine;
}

const act: Arbitrary<Act> = record({
  act: constantFrom("next", "named", "state", "event", "cancel", "postpone"),
  name: constantFrom(...names),
}) as Arbitrary<Act>;

const rule: Arbitrary<Rule> = record({
  acts: uniqueArray(act, { maxLength: 3, selector: ({ act, name }) => `${act} ${name}` }),
  target: option(constantFrom(...states)),
  reenter: boolean(),
});

const rules: Arbitrary<Partial<Record<Name, Rule>>> = record(
  { e0: rule, e1: rule, e2: rule, e3: rule },
  { requiredKeys: [] },
);

it("takes events in the order of gen_statem, whatever its transitions insert, postpone and set (S236, R-801 to R-806)", async () => {
  const bench = await Bench.start();
  let busy = 0;
  await assert(
    asyncProperty(
      record({ s0: rules, s1: rules, s2: rules }),
      array(constantFrom(...names), { minLength: 1, maxLength: 8 }),
      async (table, sent) => {
        const lines: string[] = [];
        const Chart = Statechart.define(machineOf(table, lines));
        await bench.run(function* () {
          const chart = yield* Statechart.start(Chart);
          for (const type of sent) yield* chart.send({ type });
          yield* Process.sleep(1);
          yield* Process.exit(chart.pid, { type: "kill" });
        });
        expect(lines).toEqual(model(table, sent));
        if (lines.length > sent.length) busy += 1;
      },
    ),
    { numRuns: 300 },
  );
  // Most of them have something to decide.
  expect(busy).toBeGreaterThan(50);
});
