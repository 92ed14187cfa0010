import { normal, type LocalGenerator } from "@espalier/heartbeat";
import { Process, type Self } from "@espalier/runtime";
import {
  Supervisor,
  type ChildSpec,
  type Restart,
  type Strategy,
  type SupervisorDefinition,
} from "@espalier/supervisor";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Bench, boom, settle } from "./bench.ts";
import { TreeModel, type Branch, type Plant } from "./tree-model.ts";

/** One thing that happens to a tree; numbers choose among what there is. */
interface Step {
  readonly how: "crash" | "end" | "kill" | "terminate" | "restart" | "delete" | "start";
  readonly supervisor: number;
  readonly child: number;
  /** So many starts of the child fail from now on. */
  readonly failing: number;
  readonly restart: Restart;
}

type Seed = { readonly restart: Restart; readonly significant: boolean; readonly branch: SeedBranch | null };
type SeedBranch = Omit<Branch, "children"> & { readonly children: readonly Seed[] };

const restart = fc.constantFrom<Restart>("permanent", "transient", "temporary");

const { seedBranch } = fc.letrec<{ seed: Seed; seedBranch: SeedBranch }>((tie) => ({
  seed: fc.record<Seed>({
    restart,
    significant: fc.boolean(),
    branch: fc.oneof({ depthSize: "small", maxDepth: 3, withCrossShrink: true }, fc.constant(null), tie("seedBranch")),
  }),
  seedBranch: fc.record<SeedBranch>({
    strategy: fc.constantFrom<Strategy>("one-for-one", "one-for-all", "rest-for-one"),
    restartsMax: fc.integer({ min: 0, max: 4 }),
    autoShutdown: fc.constantFrom("never", "never", "any-significant", "all-significant"),
    children: fc.array(tie("seed"), { minLength: 1, maxLength: 4 }),
  }),
}));

const step = fc.record<Step>({
  how: fc.constantFrom("crash", "crash", "end", "kill", "terminate", "restart", "delete", "start"),
  supervisor: fc.nat(20),
  child: fc.nat(20),
  failing: fc.constantFrom(0, 0, 1, 2, 9),
  restart,
});

/** One permanent child that all of it happens to: a start that fails, one that does not, and one of what runs. */
const eachOnce: [SeedBranch, Step[]] = [
  {
    strategy: "one-for-one",
    restartsMax: 4,
    autoShutdown: "never",
    children: [{ restart: "permanent", significant: false, branch: null }],
  },
  (["terminate", "restart", "restart", "restart", "crash", "end", "kill"] as const).map((how, index) => ({
    how,
    supervisor: 0,
    child: 0,
    failing: index === 1 ? 1 : 0,
    restart: "permanent",
  })),
];

/** Gives every child an id, `top.1.0`, and no significance where that is no specification. */
function plant(seed: Seed, id: string, autoShutdown: string): Plant {
  const significant = seed.significant && seed.restart !== "permanent" && autoShutdown !== "never";
  const { branch } = seed;
  if (branch === null) return { id, restart: seed.restart, significant, branch };
  const children = branch.children.map((child, index) => plant(child, `${id}.${index}`, branch.autoShutdown));
  return { id, restart: seed.restart, significant, branch: { ...branch, children } };
}

/** The same tree of real processes. */
class Tree {
  readonly trace: string[] = [];
  readonly #model: TreeModel;
  readonly #failing = new Map<string, number>();

  constructor(model: TreeModel) {
    this.#model = model;
  }

  fail(id: string, count: number): void {
    this.#failing.set(id, count);
    this.#model.failing.set(id, count);
  }

  define({ strategy, restartsMax, autoShutdown, children }: Branch): SupervisorDefinition<void> {
    const intensity = { restarts: restartsMax, within: "1000s" } as const;
    return Supervisor.define({
      strategy,
      intensity,
      autoShutdown,
      children: children.map((child) => this.spec(child)),
    });
  }

  spec({ id, restart, significant, branch }: Plant): ChildSpec {
    const options = { restart, significant, name: id };
    if (branch !== null) return Supervisor.supervisor(id, this.define(branch), [], options);
    const { trace } = this;
    const failing = this.#failing;
    return Supervisor.worker(
      id,
      function* leaf(self: Self<any>): LocalGenerator<void> {
        yield* self.trapExit();
        const left = failing.get(id) ?? 0;
        trace.push(`${left > 0 ? "!" : "+"}${id}`);
        if (left > 0) {
          failing.set(id, left - 1);
          throw new Error("does not start");
        }
        yield* self.ready();
        const message = yield* self.receive();
        if (message.type === "EXIT") trace.push(`-${id}`);
        yield* Process.exit(message.type === "EXIT" ? message.cause : message);
      },
      [],
      { ...options, ready: true },
    );
  }

  *shape(id = "top"): LocalGenerator<string> {
    if ((yield* Process.whereis(id)) === undefined) return "";
    const children = [...(yield* Supervisor.whichChildren(id))].reverse();
    const parts = [`${id}(${children.map(({ id, child }) => `${child === null ? "-" : "+"}${id}`).join(" ")})`];
    for (const { id: inner, child, type } of children) {
      if (type === "supervisor" && child !== null) parts.push(yield* this.shape(inner!));
    }
    return parts.join(" ");
  }
}

it("random trees do what OTP's rules say under random crashes and management (S240, R-910 to R-952, R-970 to R-993)", async () => {
  const counts: Record<string, number> = {};
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);
  await fc.assert(
    fc.asyncProperty(seedBranch, fc.array(step, { maxLength: 15 }), async (branch, steps) => {
      const top = plant({ restart: "temporary", significant: false, branch }, "top", "never");
      const model = new TreeModel(top);
      const tree = new Tree(model);
      const bench = await Bench.start();
      await bench.run(function* () {
        yield* Supervisor.start(tree.define(top.branch!), undefined, { name: "top" });
        for (const { how, supervisor, child, failing, restart } of steps) {
          expect(tree.trace.splice(0).join(" ")).toBe(model.news());
          expect(yield* tree.shape()).toBe(model.shape());
          const supervisors = model.shape().match(/[^ (]+(?=\()/g) ?? [];
          if (supervisors.length === 0) return;
          const id = supervisors[supervisor % supervisors.length]!;
          const { children } = model.find(id)!.inside!;
          const chosen = children[child % Math.max(1, children.length)]?.plant.id ?? `${id}.none`;
          if (failing > 0) tree.fail(chosen, failing);
          const said = yield* perform(how, id, chosen, restart);
          count(said ?? how);
          yield* settle();
        }
      });
      function* perform(how: Step["how"], id: string, child: string, restart: Restart): LocalGenerator<string | null> {
        switch (how) {
          case "terminate":
            return yield* same(Supervisor.terminateChild(id, child), model.terminateChild(id, child));
          case "restart":
            return yield* same(Supervisor.restartChild(id, child), model.restartChild(id, child));
          case "delete":
            return yield* same(Supervisor.deleteChild(id, child), model.deleteChild(id, child));
          case "start": {
            const added: Plant = { id: `${child}+`, restart, significant: false, branch: null };
            return yield* same(Supervisor.startChild(id, tree.spec(added)), model.startChild(id, added));
          }
          default: {
            const pid = yield* Process.whereis<any>(child);
            if (pid === undefined || model.find(child)?.inside !== null) return null;
            if (how === "kill") yield* Process.kill(pid);
            else yield* Process.send(pid, how === "end" ? normal : boom);
            model.crash(child, how === "end");
            return null;
          }
        }
      }
    }),
    // What random trees come to rarely is done once in any case, so that what is counted below is no matter of luck.
    { numRuns: 150, examples: [eachOnce] },
  );
  // The property is about something.
  for (const what of ["crash", "end", "kill", "ok", "started", "failed", "running"]) {
    expect(counts[what], what).toBeGreaterThan(0);
  }
}, 60_000);

function* same(asked: any, expected: string): LocalGenerator<string> {
  const { type } = yield* asked;
  expect(type).toBe(expected);
  return expected;
}
