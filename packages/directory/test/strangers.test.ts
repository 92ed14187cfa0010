import { Group } from "@espalier/directory";
import { Attributed, Node, NodeAddress, Pid, Process, type Self } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { expect, test } from "vitest";
import { Asks } from "../src/global-asks.ts";
import { Locks } from "../src/global-locks.ts";
import { randomExit, resolverOf } from "../src/global-resolve.ts";

test("of many processes of a node that say that they are its scope, few are believed", async () => {
  const host = new ManualHost();
  const node = await Node.start({ host });
  const running = node.run(function* () {
    yield* Group.start("scope");
    const scope = yield* Process.whereis<unknown>("group:scope");
    for (let count = 0; count < 9; count += 1) {
      yield* Process.spawn(function* stranger(self: Self<unknown>) {
        const members = [["group", [self.pid]]];
        yield* Process.send(scope as Pid<unknown>, new Attributed(self.pid, { type: "group.sync", members }));
        yield* Process.sleep("1m");
      });
    }
    yield* Process.sleep("1s");
    return (yield* Group.members("group", "scope")).map(({ serial }) => serial);
  });
  host.advance(1_000);
  const members = await running;
  // The last ones.
  expect(members.length).toBe(4);
  expect(members).toEqual([...members].sort((one, other) => one - other));
});

test("a lock that many hold is counted as many, and who has set too many takes none from others", () => {
  const locksMax = 5;
  const locks = new Locks(locksMax);
  const address = new NodeAddress("node", "1");
  const pid = (serial: number): Pid<any> => new Pid<any>(address, serial);
  const id = { resource: "one", requester: "all" };
  for (let serial = 0; serial < locksMax; serial += 1) locks.set(id, pid(serial), pid(0));
  expect([locks.set(id, pid(locksMax), pid(0)), locks.set(id, pid(1), pid(0))]).toEqual([false, true]);
  expect(locks.set(id, pid(0), pid(1))).toBe(true);
  locks.lost(pid(1));
  locks.delete(id, pid(1), pid(0));
  locks.delete(id, pid(1), pid(0));
  expect([locks.size, locks.set(id, pid(locksMax), pid(0))]).toEqual([locksMax - 1, true]);
  locks.lost(pid(0));
  expect(locks.size).toBe(0);
});

test("a node that does not answer what it is asked is forgotten, and those who wait for others go on waiting", async () => {
  const address = new NodeAddress("node", "1");
  const silent = new Pid<any>(address, 1);
  const other = new Pid<any>(address, 2);
  const said: string[] = [];
  const asks: Asks = new Asks(
    function* () {},
    2,
    function* (of) {
      said.push(`forgotten ${of.serial}`);
      yield* asks.lost(of);
    },
  );
  const ask = (name: string, ...targets: Pid<any>[]) =>
    asks.all(targets, { type: "remove", name, pid: silent }, function* (answers) {
      said.push(`${name} ${[...answers.values()].join()}`);
    });
  const node = await Node.start({ host: new ManualHost() });
  const running = node.run(function* () {
    yield* ask("a", silent);
    yield* ask("b", silent, other);
    yield* ask("c", silent);
    yield* asks.answer(other, 3, "yes");
    yield* ask("d", silent);
  });
  (node.kernel.host as ManualHost).advance(0);
  await running;
  expect(said).toEqual(["forgotten 1", "a ", "c ", "b ,yes"]);
});

test("a resolver that no node has is none that every object has", () => {
  expect([resolverOf("constructor"), resolverOf("__proto__")]).toEqual([randomExit, randomExit]);
});
