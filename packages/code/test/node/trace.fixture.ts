import { builtin, createCodeStore, remote, useResolver } from "../../src/index.ts";
import { inspectorResolver } from "../../src/node/index.ts";
import type { RemoteCall } from "../../src/index.ts";
import type { Local, Moving } from "@espalier/heartbeat";

// Run by trace.test.ts in a process of its own, without any tool between the file and the engine. Its line numbers matter.
if (process.argv[2] === "inspector") useResolver(inspectorResolver());
declare const ask: () => Iterable<Local | Moving>;
builtin("ask", () => null);

const limit = 1;
const job = remote({ limit }, function* job() {
  let total = 0;
  for (const x of [1, 2, 3]) {
    total += x;
    yield* ask();
    if (total > limit) {
      const deep = (q: null): unknown => (q as unknown as { boom(): unknown }).boom();
      deep(null);
    }
  }
});

const spread = remote(
  {
    limit,
  },
  function* spread() {
    yield* ask();
    throw new Error(`at the end ${limit}`);
  },
);

function traceOf(definition: () => unknown, moves: number): string {
  const store = createCodeStore();
  let frame = (definition() as RemoteCall<unknown>).enter();
  try {
    for (let move = 0; move < moves; move++) {
      frame.next(undefined);
      const state = (frame.capture as NonNullable<typeof frame.capture>)(() => {});
      store.closure([state.hash]);
      frame = store.restore(state);
    }
    frame.next(undefined);
    return "it did not throw";
  } catch (error) {
    return (error as Error).stack ?? "";
  }
}

const received = (): string => {
  const store = createCodeStore();
  const packing = createCodeStore();
  const frame = (spread() as unknown as RemoteCall<unknown>).enter();
  frame.next(undefined);
  const state = (frame.capture as NonNullable<typeof frame.capture>)(() => {});
  store.admit(packing.pack(packing.closure([state.hash])));
  try {
    store.restore(state).next(undefined);
    return "it did not throw";
  } catch (error) {
    return (error as Error).stack ?? "";
  }
};

console.log(JSON.stringify({ job: traceOf(job, 2), spread: traceOf(spread, 1), received: received() }));
