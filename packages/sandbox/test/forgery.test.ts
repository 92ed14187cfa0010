import { remote } from "@espalier/code";
import { Attributed, NodeAddress, Pid, Process, Remote } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { SandboxError } from "../src/index.ts";
import { codec, Place } from "./threadless.ts";

// What a node does when a sandbox was broken out of, and says what it likes.

const asks = remote(function* () {
  try {
    return yield* Process.sleep(1);
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
});

const wire = codec({
  definition: () => {
    throw new Error("no definitions here");
  },
});
const encode = (value: unknown): Uint8Array => wire.encode(value).bytes;

/** Starts the computation with a sandbox that lies in its first answer, and is itself from then on. */
async function lying(...answers: readonly unknown[]): Promise<unknown> {
  const place = await Place.start();
  place.launched = (link) => {
    const honest = link.answer;
    let lied = false;
    link.answer = (bytes) => {
      const answer = honest(bytes);
      if (answer === null || lied) return answer;
      lied = true;
      for (const lie of answers) link.events.message(lie instanceof Uint8Array ? lie : encode(lie));
      return null;
    };
  };
  return place.run(place.stranger(asks)()).catch((error: unknown) => error);
}

describe("a sandbox that lies (S174)", () => {
  it.each([
    ["what is no message", new Uint8Array([1, 2, 3])],
    ["what is no answer", { type: "yield" }],
    ["an answer for another frame", { type: "return", frame: 7, value: encode(1) }],
    ["a generator with a number that the node gives", { type: "enter", frame: 1, entered: 1 }],
  ])("is ended for %s", async (_what, lie) => {
    const error = await lying(lie);
    expect(error).toBeInstanceOf(SandboxError);
    expect((error as SandboxError).limit).toBe("protocol");
  });

  it("is ended when it answers twice", async () => {
    const answer = { type: "yield", frame: 1, operation: encode({ type: "process.receive", fields: {} }), state: null };
    const error = await lying(answer, answer);
    expect((error as SandboxError).limit).toBe("protocol");
  });

  const asking = (operation: unknown): Promise<unknown> =>
    lying({ type: "yield", frame: 1, operation: encode(operation), state: null });

  it.each([
    ["what no node does", { type: "node.stop", fields: {} }, /does not do that for code in a sandbox/],
    ["what the policy withholds", { type: "process.register", fields: { name: "boss", pid: null } }, /policy/],
    ["the clock", { type: "process.now", fields: {} }, /policy/],
    ["a promise", { type: "remote.promise", fields: {} }, /does not do that/],
    ["a pid that is none", { type: "process.exit", fields: { pid: { serial: 1 }, cause: { type: "kill" } } }, /pid/],
    ["a cause that is none", { type: "process.exitSelf", fields: { cause: { type: "odd" } } }, /cause/],
    ["a time that is none", { type: "process.sleep", fields: { durationMs: -1 } }, /milliseconds/],
    ["a system call", { type: "server.call", fields: { system: true } }, /no system calls/],
    ["no operation at all", 42, /expected an operation/],
  ])("is refused %s, where it asked", async (_what, operation, message) => {
    expect(await asking(operation)).toMatch(message);
    expect(await asking(operation)).toMatch(/^refused: /);
  });

  it("gets nothing by fields that an operation does not have", async () => {
    const fields = { durationMs: 1, kernel: {}, type: "node.stop" };
    expect(await asking({ type: "process.sleep", fields, kernel: {}, frame: 1 })).toBe(undefined);
  });

  it.each([
    ["process.send", { to: null, message: 1 }],
    ["process.sendAfter", { delayMs: 1, to: null, message: 1 }],
    ["process.exit", { pid: null, cause: { type: "kill" } }],
    ["server.cast", { target: null, name: "stop", parameters: [] }],
    ["server.call", { target: null, name: "stop", parameters: [], system: false, withinMs: 1, otherwise: null }],
    ["server.shutdown", { target: null, cause: { type: "kill" }, withinMs: 1 }],
  ])("cannot have the node itself do anything by %s", async (type, fields) => {
    const root = new Pid(new NodeAddress("s".repeat(43), "life"), 0);
    const to = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? root]));
    const answer = await asking({ type, fields: type === "server.call" ? { ...to, otherwise: null } : to });
    expect(answer).toMatch(/^refused: .*says nothing to a node itself/);
  });

  it.each([
    ["process.send", {}],
    ["process.sendAfter", { delayMs: 1 }],
  ])("cannot speak for another process by %s", async (type, fields) => {
    const pid = new Pid<any>(new NodeAddress("s".repeat(43), "life"), 5);
    const message = new Attributed(pid, "forged");
    expect(await asking({ type, fields: { ...fields, to: pid, message } })).toMatch(/^refused: .*who sends a message/);
  });

  it.each([
    ["a frame as a process", { type: "process.spawn", fields: { body: { frame: -1 } } }, /expected a remote/],
    ["a function that is none", { type: "process.spawn", fields: { body: { function: "x" } } }, /expected a function/],
    ["a frame of the node", { type: "remote.attempt", fields: { what: { frame: 1 } } }, /below 0/],
    ["a node that is none", { type: "remote.transfer", fields: { node: { id: "x" } } }, /NodeRef/],
    ["a task that is none", { type: "task.ask", fields: { task: { pid: 1 }, withinMs: 1 } }, /Task/],
    [
      "an operation in an operation",
      { type: "remote.attempt", fields: { what: { type: "node.stop", fields: {} } } },
      /does not do/,
    ],
    ["a name that is long", { type: "process.whereis", fields: { name: "x".repeat(10_000) } }, /1 to 1024 characters/],
  ])("is refused %s", async (_what, operation, message) => {
    expect(await asking(operation)).toMatch(message);
  });

  it("cannot name processes into being", async () => {
    const place = await Place.start();
    const watching = remote(function* (pid: Pid) {
      return yield* Remote.attempt(() => Process.exit(pid, { type: "kill" }));
    });
    const address = place.node.kernel.address;
    expect(await place.run(place.stranger(watching)(new Pid(address, 99)))).toEqual({
      type: "success",
      value: undefined,
    });
  });
});
