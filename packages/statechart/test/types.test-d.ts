import { Process, type Call, type Self } from "@espalier/runtime";
import { Statechart } from "@espalier/statechart";
import { assertType, it } from "vitest";
import { assign, sendTo, setup } from "xstate";

const counter = setup({
  types: {
    context: {} as { readonly n: number },
    input: {} as { readonly start: number },
    events: {} as
      | { type: "add"; by: number; from?: Statechart.From<number> }
      | { type: "ask"; from: Statechart.From<string> }
      | { type: "reset" },
  },
  actors: {
    double: Statechart.process(function* (_self: Self<never>, n: number) {
      yield* Process.sleep(1);
      return n * 2;
    }),
    listener: Statechart.process(function* (self: Self<{ type: "hi" }>) {
      yield* self.receive();
    }),
  },
}).createMachine({
  context: ({ input }) => ({ n: input.start }),
  invoke: [
    { src: "double", input: 1, onDone: { actions: assign({ n: ({ event }) => event.output }) } },
    { src: "listener", id: "listener" },
  ],
  entry: sendTo("listener", { type: "hi" }),
  on: { add: { actions: Statechart.reply(({ context, event }) => context.n + event.by) } },
});

const Counter = Statechart.define(counter, {
  internal: ["reset"],
  terminate: ({ context }) => assertType<number>(context.n),
});

it("takes events, replies and input from the machine", () => {
  const ref = Statechart.ref(Counter, "counter");
  assertType<Call<number>>(ref.call({ type: "add", by: 1 }));
  assertType<Call<string>>(ref.call({ type: "ask" }));
  ref.send({ type: "reset" });
  ref.send({ type: "add", by: 1 });
  // @ts-expect-error -- whoever asks waits for the reply
  ref.send({ type: "ask" });
  // @ts-expect-error -- nobody replies to it
  ref.call({ type: "reset" });
  // @ts-expect-error -- it needs to know how much
  ref.call({ type: "add" });
  Statechart.start(Counter, { start: 1 });
  // @ts-expect-error -- it needs its input
  Statechart.start(Counter);
  // @ts-expect-error -- not an event of the machine
  Statechart.define(counter, { internal: ["other"] });
});
