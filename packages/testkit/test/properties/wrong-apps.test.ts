import { type Node, Process, type Self, Server, Supervisor } from "espalier";
import { describe, expect, it } from "vitest";
import {
  type Place,
  type Property,
  properties as P,
  received,
  scenario,
  type ScenarioOptions,
  sent,
  simulate,
  startNode,
} from "../../src/index.ts";

/** What a property says of an app on two nodes, without faults. */
async function failureOf<App>(
  boot: (place: Place) => App | Promise<App>,
  properties: Pick<ScenarioOptions<App, App>, "always" | "eventually">,
  op?: (node: Place & { readonly app: App }) => unknown,
): Promise<string | undefined> {
  const result = await simulate(
    scenario<App>("wrong", {
      nodes: { alice: {}, bob: {} },
      boot,
      ...properties,
      ...(op === undefined ? {} : { workload: (w) => w.op("do", { count: 1, on: "alice" }, ({ node }) => op(node)) }),
      budget: { virtualMs: 2_000, settleMs: 1_000 },
    }),
    { seed: 1 },
  );
  return result.failure?.what;
}

describe("apps that are wrong", { timeout: 60_000 }, () => {
  it("noDeadlock: two servers call each other", async () => {
    const asking = (other: string) =>
      Server.define<any, undefined, any>({
        label: `asks ${other}`,
        init: () => ({}),
        call: {
          *ask(): Generator<any, unknown, any> {
            return yield* (Server.ref(asking(""), other) as any).call.ask();
          },
        },
      });
    const boot = async (place: Place): Promise<Node> => {
      const node = await startNode(place);
      node
        .run(function* () {
          yield* Server.start(asking("two"), undefined, { name: "one" });
          yield* Server.start(asking("one"), undefined, { name: "two" });
          // Somebody else is busy meanwhile.
          for (;;) yield* Process.sleep(100);
        })
        .catch(() => {});
      return node;
    };
    const asks = ({ app }: { readonly app: Node }): void => {
      app.run((Server.ref(asking(""), "one") as any).call.ask()).catch(() => {});
    };
    expect(await failureOf(boot, { always: [P.noDeadlock()] }, asks)).toMatch(
      /^processes wait for each other: one \(process \d+ of alice\) in call ask to two; two \(process/,
    );
  });

  it("noUnhandledRejection: a finally block throws", async () => {
    const boot = async (place: Place): Promise<Node> => {
      const node = await startNode(place);
      node
        .run(function* top() {
          const pid = yield* Process.spawn(function* untidy() {
            try {
              yield* Process.sleep("1h");
            } finally {
              // oxlint-disable-next-line no-unsafe-finally -- what the property is about
              throw new Error("no broom");
            }
          });
          yield* Process.sleep(100);
          yield* Process.exit(pid, { type: "exit", reason: "enough" });
        })
        .catch(() => {});
      return node;
    };
    expect(await failureOf(boot, { always: [P.noUnhandledRejection] })).toMatch(
      /^untidy, process \d+ of alice: a finally block threw on alice: Error: no broom; expected cleanup not to fail$/,
    );
  });

  it("childrenRunning: somebody stops a permanent child for good", async () => {
    const boot = async (place: Place): Promise<Node> => {
      const node = await startNode(place);
      const idle = function* (self: Self<never>) {
        yield* self.receive();
      };
      node
        .run(function* (self: Self<never>) {
          const children = [Supervisor.worker("db", idle as never, [])];
          const supervisor = yield* Supervisor.start(Supervisor.define({ children }));
          if (place.name === "bob") yield* Supervisor.terminateChild(supervisor, "db");
          yield* self.receive();
        })
        .catch(() => {});
      return node;
    };
    expect(await failureOf(boot, { eventually: [P.childrenRunning] })).toMatch(
      /^supervisor \(process \d+ of bob\): child "db" \(permanent\) is absent; expected it to be running, 1000 ms after/,
    );
  });

  it("noOrphans: a process is started and forgotten", async () => {
    const boot = async (place: Place): Promise<Node> => {
      const node = await startNode(place);
      await node.run(function* top() {
        yield* Process.spawn(function* forgotten(self: Self<never>) {
          yield* self.receive();
        });
      });
      return node;
    };
    expect(await failureOf(boot, { always: [P.whenQuiet(P.noOrphans, { quietMs: 500 })] })).toMatch(
      /^alice: forgotten \(process \d+ of alice\): its parent is over, and nobody holds it/,
    );
  });
});

describe("flows", { timeout: 60_000 }, () => {
  interface App {
    readonly take: (id: number) => void;
  }
  const boot = (place: Place): App => ({ take: (id) => received(place, "post", id, "a to b") });

  const flow = (property: Property<any>, op: (node: Place & { readonly app: App }) => void, phase = "always") =>
    failureOf(boot, { [phase]: [property] }, op);
  const post = (node: Place, id: number) => sent(node, "post", id, "a to b");

  it("hold when everything that was delivered arrives once and in order, gaps where the outcome is unknown", async () => {
    const op = (node: Place & { readonly app: App }): void => {
      for (const id of [1, 2, 3]) post(node, id).ok();
      post(node, 4).failed("full");
      post(node, 5);
      for (const id of [1, 2, 3]) node.app.take(id);
    };
    for (const property of [P.noLoss("post"), P.noDup("post"), P.fifo("post")]) {
      expect(await flow(property, op)).toBeUndefined();
    }
  });

  it("noLoss sees what was delivered and not received, and what was refused and received", async () => {
    expect(await flow(P.noLoss("post"), (node) => post(node, 1).ok(), "eventually")).toBe(
      "post 1 of a to b, sent by alice, was delivered; expected somebody to receive it, 1000 ms after all was healed",
    );
    const refused = flow(P.noLoss("post"), (node) => {
      post(node, 1).failed("full");
      node.app.take(1);
    });
    expect(await refused).toBe(
      "post 1 of a to b, sent by alice, was refused (full), and alice received it; expected nobody to",
    );
  });

  it("noDup sees what is received twice, and what nobody sent", async () => {
    const twice = flow(P.noDup("post"), (node) => {
      post(node, 1);
      node.app.take(1);
      node.app.take(1);
    });
    expect(await twice).toBe("post 1 of a to b was received by alice and again by alice; expected once");
    expect(await flow(P.noDup("post"), ({ app }) => app.take(9))).toBe(
      "post 9 of a to b was received by alice; expected it to have been sent",
    );
  });

  it("fifo sees what overtakes", async () => {
    const overtaken = flow(P.fifo("post"), (node) => {
      post(node, 1);
      post(node, 2);
      node.app.take(2);
      node.app.take(1);
    });
    expect(await overtaken).toBe(
      "alice received post 1 of a to b after post 2 of a to b, which was sent later; expected the order of sending",
    );
  });
});
