import { crashPage, crashSheet, crashText } from "@espalier/devtools";
import { Node, Process, Server, type CrashReport, type Self } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { Supervisor } from "@espalier/supervisor";
import { beforeEach, expect, test } from "vitest";

const Till = Server.define({
  label: "till",
  init: () => ({ sum: 0 }),
  cast: {
    pay(_state, _card: string) {
      throw new RangeError("the card is refused", { cause: new TypeError("no such card", { cause: "4000" }) });
    },
    add(state, by: number) {
      state.sum += by;
    },
  },
});

let host: ManualHost;
let node: Node;

beforeEach(async () => {
  host = new ManualHost();
  node = await host.wait(Node.start({ host }));
});

/** A till that has crashed under a supervisor, with messages that wait for it. */
async function crashed(times = 1): Promise<CrashReport> {
  const Shop = Supervisor.define({
    intensity: { restarts: 5, within: "5s" },
    children: [Supervisor.worker("till", Till, [], { name: "till 1" })],
  });
  await host.wait(
    node.run(function* shop(self: Self<unknown>) {
      yield* self.trapExit();
      yield* Supervisor.startLink(Shop);
      const till = Server.ref(Till, "till 1");
      for (let count = 0; count < times; count += 1) {
        yield* till.cast.add(1);
        yield* till.cast.pay("secret card");
        for (let sent = 0; sent < 7; sent += 1) yield* till.cast.add(2);
        yield* Process.sleep(100);
      }
    }),
  );
  return node.crashes.at(-1) ?? expect.fail("no crash");
}

test("a sheet has all that is known, and no value of the process", async () => {
  const sheet = crashSheet(await crashed(), node);
  expect(sheet).toMatchObject({
    id: 1,
    name: "till 1",
    handling: "cast pay",
    recent: ["cast add", "cast pay"],
    mailbox: { length: 7, stashed: 0, first: Array.from({ length: 5 }, () => "cast add") },
    decision: "restarted, 1 of 5 in 5 s",
    ancestors: [
      { label: "supervisor", supervisor: { strategy: "one-for-one", restarts: 0, allowed: 5, withinSeconds: 5 } },
      { label: "shop", supervisor: null },
    ],
    links: [{ shortPid: "2", label: null }],
    error: { name: "RangeError", message: "the card is refused", causes: ["TypeError: no such card", '"4000"'] },
  });
  const own = sheet.error?.stack.filter((line) => line.own) ?? [];
  expect(own[0]?.text).toMatch(/^at pay .*crashes\.test\.ts:\d+:\d+\)$/);
  expect(JSON.stringify(sheet)).not.toContain("secret card");
  expect(structuredClone(sheet)).toEqual(sheet);
});

test("the text says the same in lines", async () => {
  const lines = crashText(await crashed()).split("\n");
  expect(lines[0]).toMatch(/^crash 1: till 1 Pid\(.*\)$/);
  expect(lines[1]).toBe("  RangeError: the card is refused");
  expect(lines[2]).toMatch(/^ {4}at pay .* {3}← your code$/);
  const facts = lines.filter((line) => /^ {2}\S/.test(line)).slice(1);
  expect(facts.map((line) => line.replace(/Pid\(\S+\)/g, "PID").replace(/ at .*/, ""))).toEqual([
    "  because of TypeError: no such card",
    '  because of "4000"',
    "  lived       0 ms",
    "  handling    cast pay",
    "  took last   cast add, cast pay",
    "  mailbox     7 waiting: cast add, cast add, cast add, cast add, cast add, …",
    "  below       supervisor PID (one-for-one, 0 of 5 restarts in 5 s)",
    "  below       shop PID",
    "  links       1: PID",
    "  supervisor  restarted, 1 of 5 in 5 s",
    "  kind        RangeError",
  ]);
});

test("a page groups crashes of a kind, the last one first", async () => {
  await crashed(3);
  await host.wait(
    node.run(function* () {
      yield* Process.spawn(function* other() {
        yield* Process.exit({ type: "exit", reason: "bored" });
      });
      yield* Process.sleep(1);
    }),
  );
  const page = crashPage(node.kernel.crashes);
  expect(page.total).toBe(4);
  expect(page.crashes.map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  expect(page.groups.map(({ count, last }) => [count, last.label, last.id])).toEqual([
    [1, "other", 4],
    [3, "till", 3],
  ]);
  const [, tills] = page.groups;
  expect((tills?.lastMs ?? 0) - (tills?.firstMs ?? 0)).toBe(200);
  expect(node.crashes[2]?.hint).toMatch(/^3 of the last 3 crashes of till 1 were the same/);
});

test("a cause that is hostile is contained", async () => {
  const read = (): never => expect.fail("read");
  const hostile = Object.defineProperties({}, { name: { get: read }, type: { get: read }, toJSON: { get: read } });
  await host.wait(
    node.run(function* () {
      yield* Process.spawn(function* () {
        yield* Process.sleep(0);
        throw new Error("outer", { cause: hostile });
      });
      yield* Process.sleep(1);
    }),
  );
  const crash = node.crashes[0] as CrashReport;
  expect(crashSheet(crash, node).error?.causes).toEqual(["object"]);
});
