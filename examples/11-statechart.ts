/**
 * A statechart: a process that is in one of several states, and does with an event what its state says.
 *
 *     node examples/11-statechart.ts
 */
import { CallError, Node, Process, Statechart, Sys } from "espalier";
import { assign, setup } from "xstate";

/** An ordinary xstate machine: it can be drawn, and tested, with the tools there are for them. */
const printer = setup({
  types: {
    context: {} as { readonly printed: number; readonly job: string; readonly from: Statechart.From<string> | null },
    events: {} as { type: "print"; job: string; from: Statechart.From<string> } | { type: "switch" },
  },
  actions: {
    /** An action may be a generator: it does something and waits, and the next event is taken when it has come to its end. */
    *warmUp() {
      yield* Process.sleep("5ms");
    },
  },
}).createMachine({
  id: "printer",
  context: { printed: 0, job: "", from: null },
  initial: "off",
  states: {
    off: {
      on: {
        switch: { target: "ready", actions: "warmUp" },
        // Not for this state, and not lost: it is taken again when the state has changed.
        print: { actions: Statechart.postpone() },
      },
    },
    ready: {
      on: {
        print: {
          target: "printing",
          actions: assign({ job: ({ event }) => event.job, from: ({ event }) => event.from }),
        },
        switch: "off",
      },
    },
    printing: {
      on: { print: { actions: Statechart.postpone() } },
      after: {
        20: {
          target: "ready",
          actions: [
            assign({ printed: ({ context }) => context.printed + 1 }),
            // Whoever asked has been waiting since then.
            ({ context }) => context.from?.reply(`${context.job} is page ${context.printed}`),
          ],
        },
      },
    },
  },
});

export const Printer = Statechart.define(printer);

export async function main(print: (line: string) => void = console.log): Promise<void> {
  await using node = await Node.start();

  await node.run(function* () {
    const office = yield* Statechart.start(Printer, undefined, { name: "printer" });

    // Two callers, before anybody has switched it on.
    for (const job of ["letter", "list"]) {
      yield* Process.spawn(function* () {
        print(yield* office.call({ type: "print", job }));
      });
      yield* Process.sleep("1ms");
    }
    print(`it is ${(yield* Sys.getState<{ value: string }>(office)).value}`);
    yield* office.send({ type: "switch" });
    yield* Process.sleep("100ms");

    // A caller who does not wait that long. It is printed all the same; the reply goes nowhere.
    try {
      yield* office.call({ type: "print", job: "poster" }, { within: "5ms" });
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      print(`poster: ${error.reason.type}`);
    }
    yield* Process.sleep("50ms");

    // As plain data, and on from there.
    const saved = JSON.stringify(yield* Statechart.snapshot(office));
    yield* Process.exit(office.pid, { type: "shutdown" });
    const other = yield* Statechart.start(Printer, undefined, { snapshot: JSON.parse(saved), name: "other" });
    print(yield* other.call({ type: "print", job: "photo" }));
  });
}

if (import.meta.main) await main();
