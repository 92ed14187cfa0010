import { Actions, stateOf } from "@espalier/devtools";
import { Node, Process, Server, type NodeEvent, type Pid, type Self } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { Supervisor } from "@espalier/supervisor";
import { beforeEach, expect, test } from "vitest";

const Till = Server.define({
  label: "till",
  init: () => ({ sum: 0, secret: "s", heard: [] as unknown[] }),
  call: {
    *count(state) {
      yield* Process.sleep("1h");
      return state.sum;
    },
  },
  cast: {
    add(state, by: number) {
      state.sum += by;
    },
    *count() {
      yield* Process.sleep("1h");
    },
  },
  info(state, message) {
    state.heard.push(message);
  },
});

let host: ManualHost;
let node: Node;
let events: NodeEvent[];
let actions: Actions;

beforeEach(async () => {
  host = new ManualHost();
  node = await host.wait(Node.start({ host }));
  events = [];
  node.events.subscribe((event) => {
    if (event.type === "devtools.action") events.push(event);
  });
  actions = new Actions(node, "ada");
});

/** A till under a static supervisor, and one under a dynamic one. */
function shop(options: { readonly restart?: "permanent" | "transient" | "temporary" } = {}): Promise<void> {
  const Shop = Supervisor.define({
    children: [
      Supervisor.worker("till", Till, [], { name: "till" }),
      Supervisor.worker("guest", Till, [], { name: "guest", restart: "temporary" }),
      Supervisor.dynamic("more", Till, { name: "more", ...options }),
      Supervisor.worker("reader", reader, []),
    ],
  });
  return host.wait(
    node.run(function* () {
      yield* Supervisor.start(Shop);
      const more = yield* Supervisor.startChild("more", []);
      if (more.type === "started") yield* Process.register("one more", more.pid);
    }),
  );
}

function* reader(self: Self<unknown>) {
  yield* self.trapExit();
  yield* Process.register("reader");
  for (;;) yield* self.receive();
}

const keyOf = (name: string): string => (node.kernel.whereis(name)?.pid as Pid | undefined)?.key ?? expect.fail(name);
const stateNow = async (name: string): Promise<unknown> => JSON.stringify(await host.wait(stateOf(node, keyOf(name))));

test("a message is put into the mailbox, if it is what JSON can say", async () => {
  await shop();
  await host.wait(actions.send(keyOf("till"), { type: "hello", list: [1, null] }));
  expect(await stateNow("till")).toContain("hello");
  const hostile = [undefined, () => {}, 1n, Number.NaN, new Map(), [Symbol("s")], { in: { of: keyOf } }];
  for (const message of hostile) {
    await expect(host.wait(actions.send(keyOf("till"), message))).rejects.toMatchObject({ code: "invalid" });
  }
  const deep: unknown[] = [];
  deep.push(deep);
  await expect(host.wait(actions.send(keyOf("till"), deep))).rejects.toThrow("more than 32 levels");
});

test("what a server holds is shown without its secrets, and a process that is none is not asked", async () => {
  await shop();
  expect(await host.wait(stateOf(node, keyOf("till")))).toMatchObject({
    entries: [
      ["sum", { text: "0" }],
      ["secret", { type: "hidden" }],
      ["heard", {}],
    ],
  });
  await expect(host.wait(stateOf(node, keyOf("reader")))).rejects.toMatchObject({ code: "invalid" });
  await expect(host.wait(stateOf(node, "x/y/99"))).rejects.toMatchObject({ code: "not-found" });
  expect(node.kernel.whereis("reader")?.mailbox.length).toBe(0);
});

test("a server that is busy says with what, and is not asked twice", async () => {
  await shop();
  await host.wait(node.run(() => Server.ref(Till, "till").cast.count()));
  host.advance(7_000);
  await expect(host.wait(stateOf(node, keyOf("till")))).rejects.toMatchObject({
    code: "busy",
    message: expect.stringMatching(/^busy: handling cast count for 12\.\d s, waiting for sleep$/),
  });
  const waiting = node.kernel.whereis("till")?.mailbox.length;
  await expect(host.wait(stateOf(node, keyOf("till")))).rejects.toMatchObject({ code: "busy" });
  expect(node.kernel.whereis("till")?.mailbox.length).toBe(waiting);
  await expect(host.wait(actions.suspend(keyOf("till")))).rejects.toMatchObject({ code: "busy" });
});

test("a server is suspended and resumed", async () => {
  await shop();
  await host.wait(actions.suspend(keyOf("till")));
  await host.wait(node.run(() => Server.ref(Till, "till").cast.add(2)));
  expect(await stateNow("till")).toContain('"0"');
  await host.wait(actions.resume(keyOf("till")));
  expect(await stateNow("till")).toContain('"2"');
  await expect(host.wait(actions.suspend(keyOf("reader")))).rejects.toMatchObject({ code: "invalid" });
});

test("a static supervisor's child is started anew, and that counts as no restart (S316)", async () => {
  await shop();
  for (let count = 0; count < 5; count += 1) {
    const before = keyOf("till");
    await host.wait(actions.restart(before));
    expect(keyOf("till")).not.toBe(before);
  }
  expect(node.crashes).toEqual([]);
  await expect(host.wait(actions.restart(keyOf("guest")))).rejects.toThrow("is temporary");
  expect(await stateNow("guest")).toContain("sum");
});

test.each(["permanent", "transient"] as const)(
  "a %s child of a dynamic supervisor is ended, and starts again",
  async (restart) => {
    await shop({ restart });
    const before = keyOf("one more");
    await host.wait(actions.restart(before));
    expect(node.kernel.whereis("one more")).toBeUndefined();
    const details = node.inspect().processes.find(({ name }) => name === "more")?.details;
    expect(details).toMatchObject({ childCount: 1, children: [{ state: "running" }] });
  },
);

test("what nobody would start again is not restarted", async () => {
  await shop({ restart: "temporary" });
  const before = keyOf("one more");
  await expect(host.wait(actions.restart(before))).rejects.toMatchObject({ code: "invalid" });
  expect(keyOf("one more")).toBe(before);
  const running = node.run(function* () {
    yield* Process.register("alone");
    yield* Process.sleep("1h");
  });
  host.run();
  await expect(host.wait(actions.restart(keyOf("alone")))).rejects.toThrow("expected the child of a supervisor");
  await host.wait(actions.exit(keyOf("alone"), "enough"));
  await expect(running).rejects.toMatchObject({ reason: { type: "exit", reason: "enough" } });
});

test("whoever traps exits lives on, until it is killed", async () => {
  await shop();
  const key = keyOf("reader");
  await host.wait(actions.exit(key));
  expect(keyOf("reader")).toBe(key);
  await host.wait(actions.kill(key));
  expect(keyOf("reader")).not.toBe(key);
  await expect(host.wait(actions.kill(key))).rejects.toMatchObject({ code: "not-found" });
});

test("each action is an event, and on the flight recorder, with what came of it (S315)", async () => {
  await shop();
  const pid = node.kernel.whereis("reader")?.pid;
  await host.wait(actions.exit(keyOf("reader")));
  await expect(host.wait(actions.restart("x/y/99"))).rejects.toThrow("found none of that pid");
  await expect(host.wait(actions.suspend(keyOf("reader")))).rejects.toThrow("system messages");
  expect(events).toEqual([
    { type: "devtools.action", by: "ada", action: "exit", process: pid, outcome: { type: "done" } },
    {
      type: "devtools.action",
      by: "ada",
      action: "restart",
      process: null,
      outcome: { type: "refused", reason: expect.stringContaining("found none of that pid") },
    },
    {
      type: "devtools.action",
      by: "ada",
      action: "suspend",
      process: pid,
      outcome: { type: "refused", reason: expect.stringContaining("does not answer system messages") },
    },
  ]);
  const recorded = node.kernel.recorder.entries().map(({ event }) => event);
  expect(recorded.filter(({ type }) => type === "devtools.action")).toEqual(events);
});
