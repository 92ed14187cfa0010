import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Node, Process, type DiagnosticsCrash, type DiagnosticsEvent } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { expect, test } from "vitest";

test("diagnostics channels tell of beginnings, ends and crashes, and nobody is told after unsubscribing (S309)", async () => {
  const node = await Node.start({ host: nodeHost(), logger: { report() {} } });
  const lines: string[] = [];
  const told = (data: unknown, name: string | symbol): void => {
    const { event, crash, node: id } = data as DiagnosticsEvent & DiagnosticsCrash;
    expect(id).toBe(node.inspect().id);
    lines.push(`${String(name)} ${crash === undefined ? event.type : crash.label}`);
  };
  const names = ["espalier:spawn", "espalier:exit", "espalier:crash", "espalier:dead-letter", "espalier:event"];
  for (const name of names) subscribe(name, told);
  const run = (): Promise<unknown> =>
    node.run(function* main() {
      const { pid } = yield* Process.spawnMonitor(function* fails(): Generator<never, void> {
        throw new Error("on purpose");
      });
      yield* Process.sleep(0);
      yield* Process.send(pid as never, "late" as never);
    });
  await run();
  for (const name of names) unsubscribe(name, told);
  const count = lines.length;
  expect(lines).toContain("espalier:spawn spawn");
  expect(lines).toContain("espalier:exit exit");
  expect(lines).toContain("espalier:crash fails");
  expect(lines).toContain("espalier:dead-letter dead-letter");
  expect(lines.filter((line) => line === "espalier:event spawn")).toHaveLength(2);
  await run();
  expect(lines).toHaveLength(count);
  await node.stop();
});

test("whoever subscribes to one kind of events alone is told of those, from the first to the last (S347)", async () => {
  const node = await Node.start({ host: nodeHost(), logger: { report() {} } });
  const run = (): Promise<unknown> =>
    node.run(function* main() {
      const pid = yield* Process.spawn(function* fails(): Generator<never, void> {
        throw new Error("on purpose");
      });
      yield* Process.sleep(0);
      yield* Process.send(pid as never, "late" as never);
    });
  for (const type of ["spawn", "exit", "dead-letter"] as const) {
    const types: string[] = [];
    const told = (data: unknown): void => void types.push((data as DiagnosticsEvent).event.type);
    subscribe(`espalier:${type}`, told);
    await run();
    unsubscribe(`espalier:${type}`, told);
    await run();
    expect(types).toEqual(type === "dead-letter" ? [type] : [type, type]);
  }
  const stop = node.events.subscribe(() => {});
  expect([node.kernel.events.active, node.kernel.events.hears("exit")]).toEqual([true, true]);
  stop();
  expect([node.kernel.events.active, node.kernel.events.hears("exit")]).toEqual([false, false]);
  await node.stop();
});
