import { remote } from "@espalier/code";
import { Pid, Process, Remote } from "@espalier/runtime";
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
