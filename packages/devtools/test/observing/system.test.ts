import { Actions } from "@espalier/devtools";
import { Server } from "@espalier/runtime";
import { Application, Supervisor } from "@espalier/supervisor";
import { expect, test } from "vitest";
import { Bench } from "./bench.ts";

const Till = Server.define({ label: "till", init: () => 0 });
const tree = Supervisor.define({ children: [Supervisor.worker("till", Till, [])] });
const shop = Application.define({ name: "shop", tree });

async function bench(): Promise<Bench> {
  const bench = await Bench.start();
  await bench.begin(function* () {
    yield* Application.start(shop);
  });
  return bench;
}

test("the runtime's own processes are listed when they are asked for, and what they started stands for itself (S368)", async () => {
  const { observer } = await bench();
  const sort = { by: "pid", descending: false, mode: "total" } as const;
  const labels = (system: boolean): readonly string[] =>
    observer.table({ sort, filter: { system }, first: 0, count: 10 }).rows.map(({ label }) => label);
  expect(labels(false)).toEqual(["supervisor", "till"]);
  expect(labels(true)).toEqual(["application controller", "applicationMaster", "supervisor", "till"]);

  const open = observer.table({ sort, filter: { system: true }, first: 0, count: 10 }).rows.map(({ pid }) => pid);
  const rows = (system: boolean): readonly unknown[] =>
    observer
      .tree({ open, filter: { system }, first: 0, count: 10 })
      .rows.map(({ label, depth, branch, children }) => [label, depth, branch.processes, children]);
  expect(rows(false)).toEqual([
    ["supervisor", 0, 2, 1],
    ["till", 1, 1, 0],
  ]);
  expect(rows(true)).toEqual([
    ["application controller", 0, 4, 1],
    ["applicationMaster", 1, 3, 1],
    ["supervisor", 2, 2, 1],
    ["till", 3, 1, 0],
  ]);
});

test("nobody acts on the runtime's own processes, not even when nobody looks at the columns (S367)", async () => {
  const { host, node } = await bench();
  const master = node.inspect().processes.find(({ label }) => label === "applicationMaster")?.pid.key ?? "";
  const actions = new Actions(node, "ada");
  for (const act of [actions.kill(master), actions.exit(master), actions.send(master, {}), actions.suspend(master)]) {
    await expect(host.wait(act)).rejects.toMatchObject({ code: "invalid", message: /one of the runtime's own$/ });
  }
  expect(node.inspect().processes).toHaveLength(4);
});
