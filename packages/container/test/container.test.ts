import { Process, type Self } from "@espalier/runtime";
import { expect, it } from "vitest";
import { firstFrame, stage } from "./world.ts";

it("lists who lives here, how they stand and since when, and gives those that run by key", async () => {
  const { host, container, doorman } = await stage();
  const [a, b] = [doorman("a"), doorman("b")];
  const node = await host.wait(container.create(a.record));
  host.advance(70);
  expect(container.createAsleep(b.record).url).toBe(`ws://here:1/#${b.id}`);
  const began = container.nodes()[0]?.since as number;
  expect(container.nodes()).toEqual([
    { id: a.id, name: "a", status: "idle", since: began },
    { id: b.id, name: "b", status: "asleep", since: began + 70 },
  ]);
  expect(container.get(a.id)).toBe(node);
  expect(container.get(b.id)).toBeUndefined();
  expect(container.inspect()).toMatchObject({ url: "ws://here:1", nodes: container.nodes() });
});

it("calls a node active while a process of it lives, and idle when none does, and says so (S281)", async () => {
  const { host, container, doorman, events } = await stage();
  const a = doorman("a");
  const node = await host.wait(container.create(a.record));
  const status = (): unknown => container.nodes()[0]?.status;
  const running = node.run(function* waits(self: Self<string>) {
    yield* Process.register("waits");
    return yield* self.receive();
  });
  await host.settle();
  expect(status()).toBe("active");
  await host.wait(node.run(() => Process.send("waits", "end")));
  await host.wait(running);
  await host.settle();
  expect(status()).toBe("idle");
  expect(events).toEqual([
    { type: "container.created", node: a.id, name: "a" },
    { type: "container.status", node: a.id, from: "asleep", to: "starting" },
    { type: "container.status", node: a.id, from: "starting", to: "idle" },
    { type: "container.status", node: a.id, from: "idle", to: "active" },
    { type: "container.status", node: a.id, from: "active", to: "idle" },
  ]);
});

it("refuses a second node with the same key, also while the first one starts or leaves, and an unknown one by name", async () => {
  const { host, container, doorman } = await stage();
  const a = doorman("a");
  const first = container.create(a.record);
  await expect(container.create(a.record)).rejects.toMatchObject({ code: "IDENTITY_TAKEN", id: a.id });
  expect(() => container.createAsleep(a.record)).toThrow(/lives in this container already/);
  await host.wait(first);
  const leaving = [container.remove(a.id), container.remove(a.id)];
  const refused = [container.create(a.record), container.wake(a.id), container.sleep(a.id)];
  expect(await Promise.allSettled(refused)).toMatchObject([
    { reason: { code: "IDENTITY_TAKEN" } },
    { reason: { code: "UNKNOWN_NODE" } },
    { reason: { code: "UNKNOWN_NODE" } },
  ]);
  await host.wait(Promise.all(leaving));
  for (const call of ["sleep", "wake", "remove"] as const) {
    await expect(container[call](a.id)).rejects.toMatchObject({ code: "UNKNOWN_NODE", id: a.id });
  }
  await host.wait(container.create(a.record));
  expect(a.starts).toBe(2);
});

it("puts a node to sleep and wakes it from its record, in another life; each asked twice happens once", async () => {
  const { host, container, doorman, callFor } = await stage();
  const a = doorman("a");
  const node = await host.wait(container.create(a.record));
  await host.wait(Promise.all([container.sleep(a.id), container.sleep(a.id)]));
  expect(container.nodes()[0]?.status).toBe("asleep");
  await expect(node.run(() => Process.sleep(1))).rejects.toMatchObject({ code: "NODE_STOPPED" });
  expect(callFor(a.id).refusal).toMatch(/is asleep/);
  const [one, other] = await host.wait(Promise.all([container.wake(a.id), container.wake(a.id)]));
  expect(one).toBe(other);
  expect(one.incarnation).not.toBe(node.incarnation);
  expect(await container.wake(a.id)).toBe(one);
  expect(a.starts).toBe(2);
  expect(callFor(a.id).heard).toHaveLength(1);
  // Woken while it falls asleep: first one, then the other.
  const asleep = container.sleep(a.id);
  const awake = container.wake(a.id);
  await host.wait(asleep);
  await host.wait(awake);
  expect([a.starts, container.nodes()[0]?.status]).toEqual([3, "idle"]);
  // Removed while it falls asleep: it leaves.
  await host.wait(Promise.all([container.sleep(a.id), container.remove(a.id)]));
  expect(container.nodes()).toEqual([]);
});

it("takes nothing in that does not start, and tells whoever waited for it at the door", async () => {
  const { host, container, doorman, callFor, events } = await stage();
  const a = doorman("a");
  let fail = (_error: Error): void => {};
  a.gate = new Promise((_, reject) => (fail = reject));
  const creating = container.create(a.record);
  const caller = callFor(a.id);
  expect(caller.refusal).toBeNull();
  fail(new Error("the disk is full"));
  await expect(host.wait(creating)).rejects.toThrow("the disk is full");
  host.run();
  expect(caller.refusal).toBe(`the node ${a.id} could not start`);
  expect(container.nodes()).toEqual([]);
  expect(events.map(({ type }) => type)).toContain("container.failed");
  // One that slept before sleeps on.
  container.createAsleep(a.record);
  await expect(host.wait(container.wake(a.id))).rejects.toThrow("the disk is full");
  expect(container.nodes()[0]?.status).toBe("asleep");
});

it("keeps whoever comes while a node starts until it listens, as long as a handshake may take", async () => {
  const { host, container, doorman, callFor } = await stage();
  const a = doorman("a");
  let open = (): void => {};
  a.gate = new Promise((resolve) => (open = resolve));
  const creating = container.create(a.record);
  const late = callFor(a.id);
  host.advance(3_000);
  const inTime = callFor(a.id);
  host.advance(2_000);
  expect(late.end).toBe(`the node ${a.id} did not start within 5000 ms`);
  open();
  await host.wait(creating);
  host.run();
  expect(a.frames).toHaveLength(1);
  expect(inTime.heard).toHaveLength(1);
  expect(container.inspect().pipes).toMatchObject({ halfOpen: 0, routed: 1, refused: { late: 1 } });
});

it("stops a node that is not wanted any more as soon as it has started", async () => {
  const { host, container, doorman, callFor } = await stage();
  const a = doorman("a");
  let open = (): void => {};
  a.gate = new Promise((resolve) => (open = resolve));
  const creating = container.create(a.record);
  const caller = callFor(a.id);
  const removing = container.remove(a.id);
  open();
  await expect(host.wait(creating)).rejects.toMatchObject({ code: "NODE_STOPPED" });
  await host.wait(removing);
  host.run();
  expect(container.nodes()).toEqual([]);
  await expect(a.node?.run(() => Process.sleep(1))).rejects.toMatchObject({ code: "NODE_STOPPED" });
  // It listened for a moment: whoever waited got in, or was told.
  expect(caller.heard.length + (caller.end === null ? 0 : 1)).toBeGreaterThan(0);
  expect(container.inspect().pipes.halfOpen).toBeLessThan(2);
});

it("lets a node go that stops by itself, and refuses whoever comes meanwhile", async () => {
  const { host, container, doorman, call, callFor } = await stage();
  const a = doorman("a");
  const node = await host.wait(container.create(a.record));
  const between = call();
  const stopping = node.stop();
  await host.wait(stopping);
  between.pipe.send(firstFrame(a.id));
  host.run();
  await host.settle();
  expect(between.heard.length).toBe(1);
  expect(container.nodes()).toEqual([]);
  expect(callFor(a.id).refusal).toBe(`no node ${a.id} lives here`);
});

it("stops all nodes, then closes the port, and takes no more; nothing is left", async () => {
  const { host, container, doorman, call, callFor } = await stage();
  const [a, b, c] = [doorman("a"), doorman("b"), doorman("c")];
  await host.wait(container.create(a.record));
  container.createAsleep(b.record);
  const starting = container.create(c.record);
  const [silent, taken] = [call(), callFor(a.id)];
  const stopping = container.stop();
  expect(container.stop()).toBe(stopping);
  await expect(container.create(doorman("d").record)).rejects.toMatchObject({ code: "CONTAINER_STOPPED" });
  await expect(container.wake(b.id)).rejects.toMatchObject({ code: "CONTAINER_STOPPED" });
  await expect(host.wait(starting)).rejects.toMatchObject({ code: "NODE_STOPPED" });
  await host.wait(stopping);
  host.run();
  expect(container.nodes()).toEqual([]);
  expect(silent.end).toBe("the container stops");
  taken.pipe.close();
  host.run();
  expect(call().end).toMatch(/nobody listens there/);
  const inside: string[] = [];
  a.network?.connect("ws://here:1", { open() {}, frame() {}, closed: (reason) => inside.push(reason) });
  host.run();
  expect(inside).toEqual(["the container is stopped"]);
  expect(host.timers).toBe(0);
});

it("says whose start it was that failed, and stops the others all the same when one cannot stop", async () => {
  const { host, container, doorman, events } = await stage();
  const [a, b] = [doorman("a"), doorman("b")];
  const node = await host.wait(container.create(a.record));
  await host.wait(container.create(b.record));
  node.kernel.closers.push(() => Promise.reject(new Error("stuck")));
  await host.wait(container.stop());
  expect(container.nodes()).toEqual([]);
  expect(events.find(({ type }) => type === "container.failed")).toMatchObject({ node: a.id, what: "stop" });
});

it("takes whoever comes while a node falls asleep, as long as that listens, and then refuses them by name", async () => {
  const { host, container, doorman, callFor } = await stage();
  const a = doorman("a");
  const node = await host.wait(container.create(a.record));
  let end = (): void => {};
  node.kernel.closers.push(() => new Promise((resolve) => (end = resolve)));
  const asleep = container.sleep(a.id);
  expect(callFor(a.id).heard).toHaveLength(1);
  await host.settle();
  expect(callFor(a.id).refusal).toBe(`the node ${a.id} stops`);
  expect(container.nodes()[0]?.status).toBe("stopping");
  end();
  await host.wait(asleep);
  expect(callFor(a.id).refusal).toBe(`the node ${a.id} is asleep`);
});

it("introduces a node to the others while it runs, by its own word alone", async () => {
  const { host, container, doorman } = await stage();
  const [a, b] = [doorman("a"), doorman("b")];
  await host.wait(container.create(a.record));
  await host.wait(container.create(b.record));
  const key = new Uint8Array(32).fill(7);
  a.introductions?.publish(a.id, key);
  key.fill(0);
  expect(b.introductions?.staticKeyOf(a.id)).toEqual(new Uint8Array(32).fill(7));
  expect(() => b.introductions?.publish(a.id, key)).toThrow(/expected its own key/);
  expect(() => b.introductions?.withdraw(a.id)).toThrow(/expected its own key/);
  // Also when it did not take leave.
  await host.wait(container.sleep(a.id));
  expect(b.introductions?.staticKeyOf(a.id)).toBeNull();
  b.introductions?.publish(b.id, key);
  b.introductions?.withdraw(b.id);
  expect(a.introductions?.staticKeyOf(b.id)).toBeNull();
});
