import { killed, normal, shutdown, type LocalGenerator } from "@espalier/heartbeat";
import { Process, type Self } from "@espalier/runtime";
import { Application, Supervisor, type ChildOptions, type Outcome, type StopOrders } from "@espalier/supervisor";
import { describe, expect, it } from "vitest";
import { Bench, boom } from "./bench.ts";

/** Orders that a test gives. */
class Orders implements StopOrders {
  readonly #listeners = new Set<(order: string) => void>();

  get count(): number {
    return this.#listeners.size;
  }

  subscribe(stop: (order: string) => void): () => void {
    this.#listeners.add(stop);
    return () => this.#listeners.delete(stop);
  }

  give(order: string): void {
    for (const listener of this.#listeners) listener(order);
  }
}

function child(bench: Bench, name: string, options: ChildOptions = {}, cleanupMs = 0) {
  return Supervisor.worker(name, bench.child(name, cleanupMs), [], { ready: true, ...options });
}

describe("an application", () => {
  it("starts its tree in order and, told to stop, stops it in reverse: code 0 (S90, R-1205)", async () => {
    const bench = await Bench.start();
    const orders = new Orders();
    const outcome = Application.run(
      bench.node,
      Supervisor.define({ children: [child(bench, "a"), child(bench, "b")] }),
      {
        orders,
      },
    );
    await bench.host.settle();
    expect(bench.news()).toBe("+a +b");
    orders.give("SIGTERM");
    expect(await bench.host.wait(outcome)).toEqual({ why: "stopped", code: 0, cause: shutdown });
    expect(bench.news()).toBe("-b -a");
    expect(orders.count).toBe(0);
    expect(bench.node.inspect().processes).toEqual([]);
    expect(bench.logged).toEqual([]);
  });

  it("whose tree gives up ends with code 1 (S90, R-1204)", async () => {
    const bench = await Bench.start();
    const definition = Supervisor.define({ intensity: { restarts: 0 }, children: [child(bench, "a")] });
    const outcome = Application.run(bench.node, definition, { orders: new Orders() });
    await bench.host.settle();
    await bench.run(function* () {
      yield* Process.send("a", { end: boom });
    });
    expect(await bench.host.wait(outcome)).toEqual({ why: "failed", code: 1, cause: shutdown });
  });

  it("whose significant child has done its work ends with code 0 (S90, R-992)", async () => {
    const bench = await Bench.start();
    const definition = Supervisor.define({
      autoShutdown: "any-significant",
      children: [child(bench, "a"), child(bench, "job", { significant: true, restart: "transient" })],
    });
    const outcome = Application.run(bench.node, definition, { orders: new Orders() });
    await bench.host.settle();
    bench.news();
    await bench.run(function* () {
      yield* Process.send("job", { end: normal });
    });
    expect(await bench.host.wait(outcome)).toEqual({ why: "done", code: 0, cause: shutdown });
    expect(bench.news()).toBe("-a");
  });

  it("is not done when only a part of it is", async () => {
    const bench = await Bench.start();
    const part = Supervisor.define({
      autoShutdown: "any-significant",
      children: [child(bench, "job", { significant: true, restart: "transient" })],
    });
    const top = Supervisor.define({ intensity: { restarts: 0 }, children: [Supervisor.supervisor("part", part, [])] });
    const outcome = Application.run(bench.node, top, { orders: new Orders() });
    await bench.host.settle();
    await bench.run(function* () {
      yield* Process.send("job", { end: normal });
    });
    expect(await bench.host.wait(outcome)).toEqual({ why: "failed", code: 1, cause: shutdown });
  });

  it("that does not start says why and leaves nothing behind: code 1 (R-913)", async () => {
    const bench = await Bench.start();
    bench.failures["b"] = 1;
    const definition = Supervisor.define({ children: [child(bench, "a"), child(bench, "b")] });
    const outcome = await bench.host.wait(Application.run(bench.node, definition, { orders: new Orders() }));
    expect(outcome).toMatchObject({
      why: "not-started",
      code: 1,
      cause: { type: "shutdown", detail: { type: "failed-to-start-child", id: "b" } },
    });
    expect(bench.news()).toBe("+a !b -a");
    expect(bench.node.inspect().processes).toEqual([]);
  });

  it("passes its argument on", async () => {
    const bench = await Bench.start();
    const orders = new Orders();
    const definition = Supervisor.define((name: string) => ({ children: [child(bench, name)] }));
    const outcome = Application.run(bench.node, definition, { orders, argument: "named" });
    await bench.host.settle();
    orders.give("SIGINT");
    expect((await bench.host.wait(outcome)).code).toBe(0);
    expect(bench.news()).toBe("+named -named");
  });

  it("that does not stop in time is killed: code 1 (S90, R-1206)", async () => {
    const bench = await Bench.start();
    const orders = new Orders();
    const definition = Supervisor.define({ children: [child(bench, "a", { shutdown: "infinity" }, 60_000)] });
    const outcome = Application.run(bench.node, definition, { orders, stopWithin: "10s" });
    await bench.host.settle();
    orders.give("SIGTERM");
    expect(await bench.host.wait(outcome)).toEqual({ why: "overdue", code: 1, cause: killed });
    expect(bench.host.clock.monotonic()).toBe(10_000);
  });

  it("that is told twice does not wait any longer: code 1", async () => {
    const bench = await Bench.start();
    const orders = new Orders();
    const definition = Supervisor.define({ children: [child(bench, "a", { shutdown: "infinity" }, 60_000)] });
    const outcome = Application.run(bench.node, definition, { orders });
    await bench.host.settle();
    orders.give("SIGINT");
    await bench.host.settle();
    orders.give("SIGINT");
    expect(await bench.host.wait(outcome)).toEqual({ why: "overdue", code: 1, cause: killed });
    expect(bench.host.clock.monotonic()).toBe(0);
  });

  it("that is told while it starts stops when it has started; told twice, at once", async () => {
    const preparing = function* (self: Self<any>): LocalGenerator<void> {
      yield* Process.sleep("10s");
      yield* self.ready();
      yield* self.receive();
    };
    for (const times of [1, 2]) {
      const bench = await Bench.start();
      const orders = new Orders();
      const definition = Supervisor.define({ children: [Supervisor.worker("p", preparing, [], { ready: true })] });
      const outcome: Promise<Outcome> = Application.run(bench.node, definition, { orders });
      await bench.host.settle();
      for (let time = 0; time < times; time += 1) orders.give("SIGINT");
      expect(await bench.host.wait(outcome)).toMatchObject(times === 1 ? { code: 0 } : { code: 1, why: "overdue" });
      expect(bench.host.clock.monotonic()).toBe(times === 1 ? 10_000 : 0);
    }
  });
});
