/**
 * A server: a process that handles its calls and casts one after the other.
 *
 *     node examples/02-server.ts
 */
import { CallError, Node, Process, Server } from "espalier";

export const Counter = Server.define({
  label: "counter",
  init: (start: number) => ({ count: start }),
  call: {
    /** A plain result is the reply. */
    add: (state, by: number) => (state.count += by),
    /** A handler may wait: the next message is handled after it. */
    *slow(state) {
      yield* Process.sleep("50ms");
      return state.count;
    },
    /** The server ends, after `terminate`; the caller has the last word of it. */
    close: (state) => Server.stop({ type: "shutdown" }, state.count),
  },
  cast: {
    reset(state) {
      state.count = 0;
    },
  },
});

export async function main(print: (line: string) => void = console.log): Promise<void> {
  await using node = await Node.start();

  await node.run(function* () {
    const counter = yield* Server.start(Counter, 0, { name: "counter" });
    print(`add: ${yield* counter.call.add(2)}`);

    // A cast finishes at once; messages of one process are handled in the order in which it sent them.
    yield* counter.cast.reset();
    print(`after reset: ${yield* counter.call.add(1)}`);

    // A call has a limit: 5 seconds unless it says otherwise. The late reply is dropped, and never taken for another one's.
    try {
      yield* counter.call.slow().within("10ms");
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      print(`slow: ${error.reason.type}`);
    }
    print(`add: ${yield* counter.call.add(10)}`);

    // By its name, from anywhere on this node.
    print(`close: ${yield* Server.ref(Counter, "counter").call.close()}`);
    try {
      yield* counter.call.add(1);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      print(`after close: ${error.reason.type}`);
    }
  });
}

if (import.meta.main) await main();
