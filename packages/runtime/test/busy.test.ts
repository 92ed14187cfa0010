import { ManualHost } from "@espalier/runtime/testing";
import { expect, test } from "vitest";
import { Node, Process, type Self } from "../src/index.ts";

test("a node is busy from its first process to the end of its last, and says when that turns", async () => {
  const host = new ManualHost();
  const node = await Node.start({ host });
  const { kernel } = node;
  const turns: boolean[] = [];
  kernel.watchBusy(() => turns.push(kernel.isBusy));
  expect(kernel.isBusy).toBe(false);

  const running = node.run(function* two() {
    const first = yield* Process.spawn(function* waits(self: Self<string>) {
      yield* self.receive();
    });
    yield* Process.sleep(10);
    yield* Process.send(first, "end");
  });
  await host.wait(running);
  await host.settle();
  expect(turns).toEqual([true, false]);

  void node.run(() => Process.sleep("1h")).catch(() => {});
  await host.settle();
  expect(kernel.isBusy).toBe(true);
  await host.wait(node.stop());
  expect(turns).toEqual([true, false, true, false]);
});
