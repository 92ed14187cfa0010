import type { Node } from "@espalier/runtime";
import { Process, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { DevTools } from "../../src/node/index.ts";
import { ask, busyNode } from "./serving.fixture.ts";

function* worker(self: Self<object>) {
  for (;;) yield* self.receive();
}

test("traces the messages of a process for whoever may look, one session at a time", async () => {
  const node: Node = await busyNode(0);
  const tools = await DevTools.start({ nodes: [node], discoverable: false });
  try {
    const { secret } = (tools.links[0] as DevTools["links"][number]).token;
    const answer = async (method: string, parameters: object): Promise<any> =>
      JSON.parse((await ask(tools, secret, { method, parameters })).text);
    const pid = await node.run(() => Process.spawn(worker));
    const { key } = pid;
    expect(await answer("trace.get", { first: 0, count: 1 })).toMatchObject({ error: { code: "not-found" } });
    expect(await answer("trace.start", { pids: ["x"] })).toMatchObject({ error: { code: "not-found" } });
    expect(await answer("trace.start", { pids: [key], maxMs: 60_000, maxEvents: 2 })).toMatchObject({
      result: { endsInMs: 60_000 },
    });
    expect(await answer("trace.start", { pids: [key] })).toMatchObject({ error: { code: "busy" } });
    const sender = await node.run(function* (self) {
      for (const type of ["one", "two", "three"]) yield* Process.send(pid, { type });
      yield* Process.sleep("5ms");
      return self.pid;
    });
    const row = { pid: key, from: sender.key, sentMs: expect.any(Number), waitedMs: expect.any(Number) };
    expect(await answer("trace.get", { first: 1, count: 500 })).toMatchObject({
      result: { running: true, messages: [{ ...row, kind: "two", handledMs: expect.any(Number) }], total: 2, lost: 1 },
    });
    expect(await answer("trace.stop", {})).toMatchObject({ result: null });
    expect(await answer("trace.get", { first: 0, count: 0 })).toMatchObject({ result: { running: false, total: 2 } });
    expect(Object.hasOwn(node.kernel, "deliver")).toBe(false);
  } finally {
    await tools.stop();
    await node.stop();
  }
});
