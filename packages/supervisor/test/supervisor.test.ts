import { expect, it } from "vitest";
import { Process } from "@espalier/runtime";
import { worker } from "../src/children.ts";
import { define } from "../src/definition.ts";
import { Bench, startTree } from "./bench.ts";

it("starts in order, stops in reverse (R-910, R-960)", async () => {
  const bench = await Bench.start();
  const tree = define({ children: ["a", "b", "c"].map((id) => worker(id, bench.child(id), [])) });
  await bench.run(function* (self) {
    const pid = yield* startTree(tree);
    yield* Process.sleep(0);
    void pid;
    void self;
  });
  expect(bench.news()).toBe("+a +b +c");
  await bench.host.wait(bench.node.stop());
  expect(bench.news()).toBe("-c -b -a");
});
