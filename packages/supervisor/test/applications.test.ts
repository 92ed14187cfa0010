import { shutdown } from "@espalier/heartbeat";
import { Process, type Self } from "@espalier/runtime";
import { Application, startOrder, Supervisor, type ApplicationSpec, type StopOrders } from "@espalier/supervisor";
import { describe, expect, it } from "vitest";
import { Bench, boom } from "./bench.ts";

/** Orders that a test gives. */
class Orders implements StopOrders {
  readonly #listeners = new Set<(order: string) => void>();

  subscribe(stop: (order: string) => void): () => void {
    this.#listeners.add(stop);
    return () => this.#listeners.delete(stop);
  }

  give(order: string): void {
    for (const listener of this.#listeners) listener(order);
  }
}

function app(bench: Bench, name: string, spec: Partial<ApplicationSpec> = {}, cleanupMs = 0) {
  const child = Supervisor.worker(name, bench.child(name, cleanupMs), [], { ready: true, shutdown: "infinity" });
  const tree = Supervisor.define({ intensity: { restarts: 0 }, children: [child] });
  return Application.define({ name, tree, ...spec });
}

describe("running an application with what it needs", () => {
  it("starts all in order and, told to stop, stops all in reverse: code 0 (R-1206)", async () => {
    const bench = await Bench.start();
    const orders = new Orders();
    const database = app(bench, "database");
    const shop = app(bench, "shop", { dependencies: [database] });
    const outcome = Application.run(bench.node, shop, { orders });
    await bench.host.settle();
    expect(bench.news()).toBe("+database +shop");
    orders.give("SIGTERM");
    expect(await bench.host.wait(outcome)).toEqual({ why: "stopped", code: 0, cause: shutdown });
    expect(bench.news()).toBe("-shop -database");
    const recorded = bench.node.kernel.recorder.entries().map(({ event }) => event);
    expect(recorded.flatMap((event) => (event.type === "application" ? [event.change.type] : []))).toEqual([
      ...["started", "started", "stopped", "stopped"],
    ]);
  });

  it("ends with code 1 when the application gives up, and the node with it (R-1204)", async () => {
    const bench = await Bench.start();
    const shop = app(bench, "shop", { dependencies: [app(bench, "database")] });
    const outcome = Application.run(bench.node, shop, { orders: new Orders() });
    await bench.host.settle();
    await bench.run(function* () {
      yield* Process.send("shop", { end: boom });
    });
    expect(await bench.host.wait(outcome)).toMatchObject({ why: "failed", code: 1, cause: { type: "shutdown" } });
    await bench.host.settle();
    expect(bench.node.inspect().processes).toEqual([]);
    expect(bench.news()).toBe("+database +shop -database");
  });

  it("goes on when a temporary dependency gives up", async () => {
    const bench = await Bench.start();
    const orders = new Orders();
    const shop = app(bench, "shop", { dependencies: [app(bench, "database")] });
    const outcome = Application.run(bench.node, shop, { orders });
    await bench.host.settle();
    await bench.run(function* () {
      yield* Process.send("database", { end: boom });
    });
    await bench.host.settle();
    orders.give("SIGTERM");
    expect((await bench.host.wait(outcome)).why).toBe("stopped");
    expect(bench.news()).toBe("+database +shop -shop");
  });

  it("says why it did not start, and stops what it had started: code 1", async () => {
    const bench = await Bench.start();
    bench.failures["shop"] = 1;
    const shop = app(bench, "shop", { dependencies: [app(bench, "database")] });
    const outcome = await bench.host.wait(Application.run(bench.node, shop, { orders: new Orders() }));
    expect(outcome).toMatchObject({ why: "not-started", code: 1, cause: { type: "shutdown" } });
    expect(bench.news()).toBe("+database !shop -database");
  });

  it.each(["a second order", "stopWithin"])("is killed by %s: code 1 (R-1206)", async (by) => {
    const bench = await Bench.start();
    const orders = new Orders();
    const shop = app(bench, "shop", {}, 3_600_000);
    const within = by === "stopWithin" ? { stopWithin: "1s" as const } : {};
    const outcome = Application.run(bench.node, shop, { orders, ...within });
    await bench.host.settle();
    orders.give("SIGTERM");
    await bench.host.settle();
    if (by === "stopWithin") bench.host.advance(1_000);
    else orders.give("SIGINT");
    expect(await bench.host.wait(outcome)).toMatchObject({ why: "overdue", code: 1 });
  });

  it("stops from within as from without: what an application does in its phases is done before others need it", async () => {
    const bench = await Bench.start();
    const order: string[] = [];
    const database = app(bench, "database", {
      phases: {
        *migrate() {
          yield* Process.sleep("1s");
          order.push("migrated");
        },
      },
    });
    const shop = Application.define({
      name: "shop",
      dependencies: [database],
      *start() {
        order.push("shop");
        return yield* Process.spawnLink(function* (self: Self<never>) {
          yield* self.receive();
        });
      },
    });
    const orders = new Orders();
    const outcome = Application.run(bench.node, shop, { orders });
    bench.host.advance(1_000);
    await bench.host.settle();
    orders.give("SIGTERM");
    expect((await bench.host.wait(outcome)).code).toBe(0);
    expect(order).toEqual(["migrated", "shop"]);
  });
});

describe("the order of applications", () => {
  it("is the closure, each after what it needs, and names a circle (R-1202)", () => {
    const one = (name: string, ...dependencies: readonly ReturnType<typeof app>[]) =>
      Application.define({ name, dependencies, tree: Supervisor.define({ children: [] }) });
    const a = one("a");
    const b = one("b", a);
    const c = one("c", a);
    const d = one("d", c, b, a);
    expect(startOrder<typeof a>(d, () => undefined)).toEqual({ type: "order", applications: [a, c, b, d] });
  });

  it("is refused where a definition says what cannot be", () => {
    const tree = Supervisor.define({ children: [] });
    expect(() => Application.define({ name: "", tree })).toThrow(/^name: expected/);
    expect(() => Application.define({ name: "a" })).toThrow(/expected either a tree or a function start/);
    expect(() => Application.define({ name: "a", tree, type: "sometimes" as never })).toThrow(
      /^type of application "a"/,
    );
    expect(() => Application.define({ name: "a", tree, dependencies: ["b"] as never })).toThrow(/^dependencies of/);
    expect(() => Application.define({ name: "a", tree, stopWithin: "soon" as never })).toThrow(/^stopWithin of/);
  });
});
