import { properties, property, scenario, startNode, type Property, type Scenario } from "@espalier/testkit";
import { Process, Server, Supervisor, type Cause, type Node, type NodeEvent, type Pid, type Self } from "espalier";
import { timing } from "../../simulation/scenarios/conditions.ts";

interface App {
  readonly node: Node;
  /** When each init of the children that fail to start began, by the supervisor's serial. */
  readonly inits: { readonly supervisor: number; readonly atMs: number }[];
}

const worker = Server.define({ label: "worker", init: () => null, call: { ask: () => null } });

/** Takes its time to end. */
const slow = Server.define({
  label: "slow",
  *init() {
    yield* Process.trapExit(true);
    return null;
  },
  *terminate() {
    yield* Process.sleep(20);
  },
});

/** Does not end when it is told to. */
function* stubborn(self: Self<any>) {
  yield* self.trapExit();
  for (;;) yield* self.receive();
}

const brief = function* (_self: Self<never>, turns: number) {
  for (let turn = 0; turn < turns; turn += 1) yield* Process.sleep(10);
};

const tree = Supervisor.define({
  strategy: "rest-for-one",
  intensity: { restarts: 3, within: "2s" },
  children: [
    Supervisor.worker("first", worker, [], { name: "first" }),
    Supervisor.worker("slow", slow, []),
    Supervisor.worker("stubborn", stubborn, [], { shutdown: 50 }),
    Supervisor.worker("last", worker, [], { name: "last" }),
  ],
});

const crowd = Supervisor.dynamic("brief", brief, { restart: "temporary" });

type Report = Extract<NodeEvent, { readonly type: "supervisor" }>["report"];

/** What a supervisor says of why a child ended is why it ended. */
const trueReports: Property<App> = {
  name: "a supervisor reports the cause with which its child ended (P10)",
  begin: () => {
    const causes = new Map<string, Cause>();
    const reported: { readonly pid: Pid; readonly cause: Cause }[] = [];
    let wrong: string | null = null;
    const take = (report: Report): void => {
      if (report.type === "child-ended" || report.type === "shutdown-error") reported.push(report);
    };
    return {
      event: ({ event }) => {
        if (event.type === "exit") causes.set(event.pid.key, event.cause);
        else if (event.type === "supervisor") take(event.report);
      },
      check: () => {
        for (const { pid, cause } of reported.splice(0)) {
          const own = causes.get(pid.key);
          if (own !== undefined && own.type !== cause.type) {
            wrong ??= `${pid.toString()} ended with ${own.type}, its supervisor reported ${cause.type}`;
          }
        }
        return wrong;
      },
    };
  },
};

/** The children that each supervisor counts. */
const nothingRemembered: Property<App> = property(
  "no supervisor keeps a temporary child without a process (P19)",
  ({ nodes }) => {
    for (const { view } of nodes) {
      for (const { details } of view?.processes ?? []) {
        if (details?.type !== "supervisor") continue;
        const left = details.children.find(({ restart, pid }) => restart === "temporary" && pid === null);
        if (left !== undefined) return `a supervisor keeps ${left.id ?? "a child"}, which is ${left.state}`;
      }
    }
    return null;
  },
);

/** A restart that fails in init is an attempt, and counts. */
const initsCount: Property<App> = property(
  "a child that fails to start is tried as often as it may be restarted (P23)",
  ({ nodes }) => {
    const counts = new Map<number, number>();
    for (const { supervisor } of nodes[0]?.seen?.inits ?? []) counts.set(supervisor, (counts.get(supervisor) ?? 0) + 1);
    // The first start, three restarts of what runs no more.
    const often = [...counts].find(([, count]) => count > 4);
    return often === undefined ? null : `supervisor ${often[0]} started it ${often[1]} times; expected at most 4`;
  },
);

export const trees: Scenario<App> = scenario<App>("supervisors whose children crash", {
  nodes: { a: {} },
  boot: async (place) => {
    const node = await startNode(place, timing);
    const app: App = { node, inits: [] };
    const failing = Server.define({
      label: "failing",
      init: function* (supervisor: () => number) {
        const serial = supervisor();
        const before = app.inits.filter((init) => init.supervisor === serial).length;
        app.inits.push({ supervisor: serial, atMs: place.nowMs });
        if (before > 0 && before < 6) throw new Error("not yet");
        return null;
      },
    });
    let lives = 0;
    const risky = Supervisor.define({
      intensity: { restarts: 3, within: "2s" },
      children: [Supervisor.worker("failing", failing, [() => lives], { name: "failing" })],
    });
    /** Starts it again whenever it has ended. */
    const keep = (name: string, definition: any) =>
      function* keeper(self: Self<any>) {
        yield* self.trapExit();
        for (;;) {
          if (name === "risky") lives += 1;
          const supervisor = yield* Supervisor.start(definition, undefined, { name });
          const ref = yield* self.monitor(supervisor.target);
          yield* self.receive({ match: (message: any) => message.type === "DOWN" && message.ref.equals(ref) });
        }
      };
    for (const [name, definition] of [
      ["tree", tree],
      ["crowd", crowd],
      ["risky", risky],
    ] as const) {
      node.run(keep(name, definition)).catch((error: unknown) => place.tell(String(error)));
    }
    return app;
  },
  workload: (w) => {
    const ask = (node: Node, what: () => any): void => {
      // Its supervisor may be on its way from one life to the next.
      node.run(what).catch(() => {});
    };
    w.op("crash", { count: 10, args: (rng) => rng.pick(["first", "last", "failing"]) }, ({ node, args }) => {
      ask(node.app.node, function* () {
        const pid = yield* Process.whereis(args as string);
        if (pid !== undefined) yield* Process.exit(pid, { type: "exit", reason: "crash" });
      });
    });
    // One asks for its end, another one ends it, before the supervisor's turn.
    w.op("race", { count: 6, args: (rng) => rng.pick(["first", "last"]) }, ({ node, args }) => {
      const { node: here } = node.app;
      ask(here, function* () {
        yield* Supervisor.terminateChild("tree", args as string);
        // It stays without a process where its start was met by the other one's exit.
        while ((yield* Supervisor.restartChild("tree", args as string)).type === "failed");
      });
      ask(here, function* () {
        const pid = yield* Process.whereis(args as string);
        if (pid !== undefined) yield* Process.exit(pid, { type: "exit", reason: "at once" });
      });
    });
    w.op("stop", { count: 2 }, ({ node }) => ask(node.app.node, () => Supervisor.stop("tree")));
    w.op("hire", { count: 8, args: (rng) => 1 + rng.below(10) }, ({ node, args }) => {
      ask(node.app.node, () => Supervisor.startChild("crowd", [args as number]));
    });
    w.op("add", { count: 3 }, ({ node }) => {
      const child = Supervisor.worker(`brief ${node.nowMs}`, brief, [3], { restart: "temporary" });
      ask(node.app.node, () => Supervisor.startChild("tree", child));
    });
  },
  always: [properties.restartIntensity, properties.stopOrder, trueReports, initsCount],
  eventually: [
    properties.childrenRunning,
    properties.noOrphans,
    properties.linkedBothWays,
    nothingRemembered,
    properties.mapsBounded(),
  ],
  budget: { virtualMs: 6_000, settleMs: 20_000, events: 200_000 },
  module: import.meta.url,
});
