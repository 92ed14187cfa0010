import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Process, Server } from "espalier";
import type { Node, Transport } from "@espalier/runtime";
import { type ManualHost, ManualHost as Host } from "@espalier/runtime/testing";
import { createIdentity } from "@espalier/wire";
import { describe, expect, it } from "vitest";
import { startConnected } from "../../src/index.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const Counter = Server.define({
  init: () => ({ count: 0 }),
  call: { add: (state: { count: number }, by: number) => (state.count += by) },
});

/** What a program could keep of a node. */
class Remains {
  readonly #all: { readonly what: string; readonly of: WeakRef<object> }[] = [];

  watch(what: string, of: object): void {
    this.#all.push({ what, of: new WeakRef(of) });
  }

  /** The names of what is still there after a collection of garbage. */
  async left(): Promise<readonly string[]> {
    // A WeakRef holds what it was made of, or was asked for, until the turn is over.
    for (let round = 0; round < 3; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    return this.#all.filter(({ of }) => of.deref() !== undefined).map(({ what }) => what);
  }
}

/** Two nodes that speak with each other, and stop. */
async function lives(seed: number, remains: Remains): Promise<void> {
  const host = new Host({ seed });
  const identities = [createIdentity(host), createIdentity(host)] as const;
  for (const identity of identities) remains.watch("identity", identity);
  const start = (index: 0 | 1): Promise<Node> =>
    host.wait(
      startConnected({
        host,
        identity: identities[index],
        listen: `ws://node-${index}:1`,
        allow: [identities[1 - index]?.id as string],
        intercept(sessions: Transport) {
          remains.watch("sessions", sessions);
          return sessions;
        },
      }),
    );
  const [server, client] = [await start(0), await start(1)];
  await host.wait(server.run(() => Server.start(Counter, undefined, { name: "counter" })) as Promise<unknown>);
  await host.wait(
    client.run(function* () {
      const counter = Server.ref(Counter, { name: "counter", node: server.ref });
      yield* counter.call.add(1);
      const pid = yield* Process.whereisAt(server.ref, "counter");
      if (pid !== undefined) yield* Process.monitor(pid);
    }),
  );
  for (const node of [server, client]) {
    remains.watch("node", node);
    remains.watch("kernel", node.kernel);
  }
  remains.watch("host", host);
  await host.wait(client.stop());
  await host.wait(server.stop());
}

/** A node whose port is taken. */
async function doesNotStart(seed: number, remains: Remains): Promise<void> {
  const host: ManualHost = new Host({ seed });
  const start = (what: string): Promise<Node> =>
    host.wait(
      startConnected({
        host,
        identity: createIdentity(host),
        listen: "ws://taken:1",
        intercept(sessions: Transport) {
          remains.watch(what, sessions);
          return sessions;
        },
      }),
    );
  const first = await start("sessions of the first");
  const second = await start("sessions of the second").catch(() => null);
  expect(second).toBeNull();
  await host.wait(first.stop());
}

describe("a program", () => {
  it("keeps nothing of nodes that have stopped (S298)", async () => {
    const remains = new Remains();
    for (let seed = 1; seed <= 5; seed += 1) await lives(seed, remains);
    expect(await remains.left()).toEqual([]);
  });

  it("keeps nothing of a node that could not start", async () => {
    const remains = new Remains();
    await doesNotStart(1, remains);
    expect(await remains.left()).toEqual([]);
  });
});
