import { NodeRef, Process, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench, reasonOf } from "./helpers.ts";

const elsewhere = new NodeRef("A".repeat(43), "ws://a:7000");

test("a process is where it is to be already, whatever it is made of", async () => {
  const { run, node } = await bench();
  await run(function* () {
    const pid = yield* Process.spawn(function* (self: Self<string>) {
      yield* self.receive();
    });
    yield* Process.migrate(pid, node.ref);
    expect(yield* Process.alive(pid)).toBe(true);
  });
});

test("a node that is alone says `noconnection`, and `noproc` of who is gone", async () => {
  const { run } = await bench();
  await run(function* () {
    const pid = yield* Process.spawn(function* (self: Self<string>) {
      yield* self.receive();
    });
    expect(yield* reasonOf(Process.migrate(pid, elsewhere))).toEqual({ type: "noconnection", node: elsewhere.id });
    yield* Process.kill(pid);
    expect(yield* reasonOf(Process.migrate(pid, elsewhere))).toMatchObject({ type: "noproc" });
  });
});

test("whoever moves itself asks for a transfer", async () => {
  const { run, node } = await bench();
  const body = function* (self: Self<never>) {
    yield* Process.migrate(self.pid, node.ref);
    return yield* reasonOf(Process.migrate(self.pid, elsewhere));
  };
  expect(await run(body)).toEqual({ type: "noconnection", node: elsewhere.id });
});

test("a mistake in what is asked is named at once", async () => {
  const { run } = await bench();
  await run(function* (self: Self<never>) {
    const wrong = (pid: unknown, node: unknown): unknown => {
      try {
        return Process.migrate(pid as never, node as never);
      } catch (error) {
        return error;
      }
    };
    expect(String(wrong(self.pid, "a"))).toMatch(/Process\.migrate: expected a node reference, got string/);
    expect(String(wrong("a", elsewhere))).toMatch(/Process\.migrate: expected a pid, got string/);
    yield* attempt(Process.sleep(0));
  });
});
