import { Node, Process, Supervisor, type LocalGenerator, type Pid, type Self } from "espalier";
import { expect, it } from "vitest";
import { conform } from "./conform.ts";
import { stopping } from "./rules/stopping.ts";

conform(stopping);

const depth = 2_048;

/** The child of the one before it, and linked with it. */
function* link(self: Self<any>, below: number, ended: number[], first: Pid<string>): LocalGenerator<void> {
  try {
    if (below > 0) yield* Process.spawnLink(link, below - 1, ended, first);
    else yield* Process.send(first, "all there");
    for (;;) yield* self.receive();
  } finally {
    ended.push(below);
  }
}

it("R-1463 the end of 2,048 processes, each the child of another, needs no stack (S250)", async () => {
  await using node = await Node.start();
  const ended: number[] = [];
  await node.run(function* (self: Self<string>) {
    const top = yield* Process.spawn(link, depth - 1, ended, self.pid);
    yield* self.receive();
    expect(ended).toEqual([]);
    yield* Process.stop(top, { cause: { type: "shutdown" } });
    yield* Process.sleep(0);
  });
  expect(ended.toSorted((a, b) => a - b)).toEqual(Array.from({ length: depth }, (_, index) => index));
});

/** A supervisor above as many others, each of them below another. */
function chain(below: number): ReturnType<typeof Supervisor.define<void>> {
  let definition = Supervisor.define({ children: [] });
  for (let n = 0; n < below; n += 1) {
    definition = Supervisor.define({ children: [Supervisor.supervisor("below", definition, [])] });
  }
  return definition;
}

it("R-1463 a tree of 2,048 supervisors, each below another, is stopped from its leaves", async () => {
  await using node = await Node.start();
  await node.run(function* () {
    const supervisor = yield* Supervisor.start(chain(depth - 1));
    expect(node.inspect().processes.length).toBeGreaterThan(depth);
    yield* Supervisor.stop(supervisor);
  });
  expect(node.inspect().processes.length).toBe(0);
});
