import {
  faults,
  OpUnknownError,
  properties,
  property,
  scenario,
  startNode,
  type FaultFamily,
  type Place,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import { Heartbeat, Process, type Cause, type Node, type NodeEvent, type Self } from "espalier";
import { allButCrashes, everything, short, timing } from "./conditions.ts";
import { causesAreTrue, compositesAreTrue, deadlinesAreKept, keyOf, toldInTime } from "./heartbeat-properties.ts";

interface Supervision {
  readonly key: string;
  /** `forgotten` counts as an answer (P14). */
  outcome: Cause | "forgotten" | null;
}

interface Board {
  readonly node: Node;
  /** The heartbeats that this node has heard of, its own included. */
  readonly known: Heartbeat[];
  readonly supervisions: Supervision[];
  /** How often what is linked to a heartbeat has acted, by process. */
  readonly acts: Map<string, number>;
}

async function boot(place: Place): Promise<Board> {
  const node = await startNode(place, timing);
  const board: Board = { node, known: [], supervisions: [], acts: new Map() };
  await new Promise<void>((resolve, reject) => {
    const keep = function* (self: Self<Heartbeat>) {
      yield* Process.register("board");
      resolve();
      for (;;) board.known.push(yield* self.receive());
    };
    node.run(keep).catch(reject);
  });
  return board;
}

type Running = Place & { readonly app: Board };

/** Tells all boards, those that can be reached. */
function publish({ app, peers }: Running, heartbeat: Heartbeat): void {
  for (const { ref } of peers) {
    const tell = function* () {
      const board = yield* Process.whereisAt(ref, "board");
      if (board !== undefined) yield* Process.send(board, heartbeat as never);
    };
    // A board that cannot be reached does not hear of it.
    app.node.run(tell).catch(() => {});
  }
}

/** What does not come to an answer may have happened, or may happen later. */
async function orUnknown<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw new OpUnknownError(String(error));
  }
}

const everySupervisionEnds: Property<Board> = property(
  "every supervisor on a node that lives is told, or hears that it is forgotten (P12, P14)",
  ({ nodes }) => {
    for (const { name, seen } of nodes) {
      const waiting = seen?.supervisions.find(({ outcome }) => outcome === null);
      if (waiting !== undefined) return `${name} waits for the end of ${waiting.key}`;
    }
    return null;
  },
);

const everythingExpires: Property<Board> = property("no heartbeat outlives its time (P5)", ({ nodes }) => {
  for (const { name, view } of nodes) {
    const live = view?.heartbeats.find(({ heartbeat, status }) => "serial" in heartbeat && status.state === "live");
    if (live !== undefined) return `${live.heartbeat.toString()} lives on ${name}`;
  }
  return null;
});

/** With no silence beyond the bound, nobody is ever declared gone; and causes are those that were recorded. */
const nobodyIsGivenUp: Property<Board> = {
  name: "nobody is given up without a silence beyond the bound (P11)",
  begin: () => {
    let wrong: string | null = null;
    const look = (node: string, event: NodeEvent): void => {
      if (event.type === "node.verdict") wrong ??= `${node} gave up ${event.node}`;
      if (event.type === "heartbeat.told" && event.cause?.type === "unresponsive") {
        wrong ??= `${node} was told that ${event.heartbeat.toString()} is unresponsive`;
      }
    };
    return { event: ({ node, event }) => look(node, event), check: () => wrong };
  },
};

/** What is linked to a heartbeat does nothing on a node that knows that it has ended. */
const cancelledIsSilent: Property<Board> = {
  name: "what was cancelled is silent (P22)",
  begin: ({ nodes }) => {
    const cancelled = new Map<string, { readonly node: string; readonly life: number; readonly acts: number }>();
    return {
      event: ({ node, life, event }) => {
        if (event.type !== "scope.cancelled") return;
        const acts = nodes.find(({ name }) => name === node)?.seen?.acts.get(event.pid.key) ?? 0;
        cancelled.set(event.pid.key, { node, life, acts });
      },
      check: () => {
        for (const [pid, { node, life, acts }] of cancelled) {
          const there = nodes.find(({ name }) => name === node);
          if (there?.life !== life || there.seen === null) cancelled.delete(pid);
          else if ((there.seen.acts.get(pid) ?? 0) !== acts) return `${pid} acts on ${node} after it was cancelled`;
        }
        return null;
      },
    };
  },
};

const durations: readonly number[] = [150, 400, 1_000, 1_100, 2_500, 6_000];

function heartbeats(
  name: string,
  disturbances: Scenario<Board>["faults"],
  always: readonly Property<Board>[],
): Scenario<Board> {
  return scenario<Board>(`heartbeats ${name}`, {
    nodes: { a: {}, b: {}, c: {} },
    boot,
    workload: (w) => {
      w.op("create", { count: 12, args: (rng) => rng.pick(durations) }, async ({ node, args }) => {
        const heartbeat = await orUnknown(node.app.node.run(Heartbeat.create(args as number)));
        publish(node, heartbeat);
      });
      w.op("combine", { count: 6 }, ({ node, rng }) => {
        const { known } = node.app;
        if (known.length < 2) return;
        const [left, right] = [rng.pick(known), rng.pick(known)];
        publish(node, rng.chance(0.5) ? Heartbeat.both(left, right) : Heartbeat.either(left, right));
      });
      w.op("reset", { count: 16, args: (rng) => rng.pick(durations) }, async ({ node, args, rng }) => {
        if (node.app.known.length === 0) return;
        const heartbeat = rng.pick(node.app.known);
        const outcome = await orUnknown(node.app.node.run(Heartbeat.reset(heartbeat, args as number)));
        node.mark(`reset:${outcome}`);
      });
      w.op("stop", { count: 4 }, async ({ node, rng }) => {
        if (node.app.known.length === 0) return;
        const heartbeat = rng.pick(node.app.known);
        const asked = node.invoke("ask", { key: keyOf(heartbeat), cause: "stopped" });
        const outcome = await orUnknown(node.app.node.run(Heartbeat.stop(heartbeat)));
        asked.ok(outcome);
        node.mark(`stop:${outcome}`);
      });
      w.op("fail", { count: 4, args: (rng) => rng.below(1_000_000) }, async ({ node, rng, args }) => {
        if (node.app.known.length === 0) return;
        const heartbeat = rng.pick(node.app.known);
        const asked = node.invoke("ask", { key: keyOf(heartbeat), cause: `exit ${args as number}` });
        const cause: Cause = { type: "exit", reason: args as number };
        asked.ok(await orUnknown(node.app.node.run(Heartbeat.fail(heartbeat, cause))));
      });
      w.op("supervise", { count: 24 }, ({ node, rng }) => {
        const { known, supervisions, node: here } = node.app;
        if (known.length === 0) return;
        const heartbeat = rng.pick(known);
        const supervision: Supervision = { key: keyOf(heartbeat), outcome: null };
        supervisions.push(supervision);
        const wait = function* () {
          const ended = yield* Heartbeat.supervise(heartbeat);
          const cause = yield* ended;
          supervision.outcome = cause;
          node.mark(`told:${cause.type}`);
        };
        here.run(wait).catch((error: unknown) => {
          if (!/forgotten/i.test(String(error))) throw error;
          supervision.outcome = "forgotten";
          node.mark("told:forgotten");
        });
      });
      w.op("work", { count: 12 }, ({ node, rng }) => {
        const { known, acts, node: here } = node.app;
        if (known.length === 0) return;
        const heartbeat = rng.pick(known);
        const work = function* (self: Self<never>) {
          const act = function* () {
            for (;;) {
              acts.set(self.pid.key, (acts.get(self.pid.key) ?? 0) + 1);
              yield* Process.sleep(15);
            }
          };
          yield* Heartbeat.link(heartbeat, act);
        };
        // That it ends with its heartbeat is what is looked for.
        here.run(work).catch(() => {});
      });
    },
    faults: disturbances,
    always: [
      properties.absorbing,
      properties.oneVerdict,
      properties.noActAfterVerdict,
      properties.noUnhandledRejection,
      deadlinesAreKept,
      compositesAreTrue,
      causesAreTrue,
      toldInTime,
      cancelledIsSilent,
      ...always,
    ],
    eventually: [
      everySupervisionEnds,
      everythingExpires,
      properties.everySupervisorTold,
      properties.mapsBounded(),
      properties.noOrphans,
    ],
    sometimes: ["told:stopped", "told:expired", "told:exit", "reset:accepted", "reset:refused", "stop:refused"],
    budget: { virtualMs: 8_000, settleMs: 60_000 },
    module: import.meta.url,
  });
}

/** All faults. */
export const underEverything: Scenario<Board> = heartbeats("under all faults", everything, []);
export const withoutCrashes: Scenario<Board> = heartbeats("under all faults but crashes", allButCrashes, []);
/** Only this node stands still: so it has no reason to give up another one (P11, H19). */
const judge = "a";

const judgesNobody: Property<Board> = {
  name: "who stood still itself gives up nobody for that (P11, H19)",
  begin: (cluster) => {
    let wrong: string | null = null;
    return {
      event: ({ node, event }) => {
        if (node !== judge || event.type !== "heartbeat.told" || event.cause?.type !== "unresponsive") return;
        if (event.cause.node !== cluster.node(judge).ref.id)
          wrong ??= `${node} gave up the home of ${event.heartbeat.toString()}`;
      },
      check: () => wrong,
    };
  },
};

const standstills: FaultFamily = (context) => [
  ...faults.pause({ nodes: [judge], lastsMaxMs: 2_500 })(context),
  ...faults.block({ nodes: [judge], lastsMaxMs: 2_500 })(context),
];

export const whileTheJudgeStandsStill: Scenario<Board> = heartbeats("while the judge stands still", standstills, [
  judgesNobody,
]);

/** P11. */
export const underShortFaults: Scenario<Board> = heartbeats("under short faults", short, [nobodyIsGivenUp]);

const told: readonly string[] = ["heartbeat.watch", "heartbeat.watched", "heartbeat.tell", "heartbeat.heard"];
const lost: FaultFamily = faults.messages({ kinds: [...told, "pulse.*"], countMax: 16, holdMaxMs: 1_500 });

/** Messages that get lost, come twice, or come late: no silence, so nobody is given up. */
export const underLostMessages: Scenario<Board> = heartbeats("while messages go astray", lost, [nobodyIsGivenUp]);

/** Ends and answers that get lost, again and again. */
export const underLostAnswers: Scenario<Board> = heartbeats(
  "while answers go astray",
  (context) => [
    ...faults.messages({ kinds: told, countMax: 16, runMax: 2, duplicate: 0, holdMaxMs: 900 })(context),
    ...faults.cut({ countMax: 6 })(context),
  ],
  [nobodyIsGivenUp],
);

/** Nodes that are there again at once: nobody notices by a silence. */
export const underQuickCrashes: Scenario<Board> = heartbeats(
  "through quick crashes",
  faults.crash({ countMax: 6, atOnce: 1 }),
  [],
);
