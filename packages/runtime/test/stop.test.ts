import type { Cause } from "@espalier/heartbeat";
import { Process, type Node, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { bench } from "./helpers.ts";

/** Tidies up for as long as it is allowed to. */
function* slow(self: Self<unknown>) {
  yield* self.trapExit();
  yield* self.receive();
  yield* Process.sleep("8s");
}

async function causeOfSlow(stop: (node: Node) => Promise<void>): Promise<{ cause: Cause | undefined; tookMs: number }> {
  const { node, host, run } = await bench();
  let cause: Cause | undefined;
  node.events.subscribe((event) => {
    if (event.type === "exit" && event.label === "slow") ({ cause } = event);
  });
  await run(function* () {
    yield* Process.spawn(slow);
  });
  const startedMs = host.clock.monotonic();
  await host.wait(stop(node));
  return { cause, tookMs: host.clock.monotonic() - startedMs };
}

test("what has not ended five seconds after its node was stopped is killed", async () => {
  expect(await causeOfSlow((node) => node.stop())).toEqual({ cause: { type: "killed" }, tookMs: 5_000 });
});

test("node.stop({ within }) gives processes longer, and ends when they have", async () => {
  const { cause, tookMs } = await causeOfSlow((node) => node.stop({ within: "infinity" }));
  expect({ cause, tookMs }).toEqual({ cause: { type: "normal" }, tookMs: 8_000 });
});
