import { Process, Server, type Pid } from "espalier";

/** The server that programs call. */
export const Counter = Server.define({
  label: "counter",
  init: () => ({ count: 0 }),
  call: {
    add: (state, by: number) => (state.count += by),
    *slowly(state, by: number) {
      yield* Process.sleep(20);
      return (state.count += by);
    },
    fail(_state, what: string): number {
      throw new RangeError(what);
    },
  },
  cast: {
    *tell(state, to: Pid<any>) {
      yield* Process.send(to, state.count);
    },
  },
});

/** What calls it. */
export type CounterRef = typeof named;
const named = Server.ref(Counter, "counter");
