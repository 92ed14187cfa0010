import { normal, shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { Process, type Pid, type Self } from "@espalier/runtime";
import {
  Supervisor,
  type ChildSpec,
  type Restart,
  type Strategy,
  type SupervisorDefinition,
} from "@espalier/supervisor";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Bench, boom } from "./bench.ts";

/** What a random tree is made of. */
type Shape = Branch | Leaf;

interface Branch {
  readonly type: "branch";
  readonly strategy: Strategy;
  readonly restarts: number;
  readonly restart: Restart;
  readonly children: readonly Shape[];
}

interface Leaf {
  readonly type: "leaf";
  readonly restart: Restart;
  readonly trapping: boolean;
  /** How long it takes to end when it is told to, and how long it may. */
  readonly cleanupMs: number;
  readonly shutdownMs: number;
  /** Which of its starts, the first one not counted, fail. */
  readonly failing: readonly boolean[];
}

/** One leaf, by the share of all that are before it, ends by itself. */
interface Incident {
  readonly afterMs: number;
  readonly leaf: number;
  readonly how: "crash" | "normal" | "kill";
}

const restart = fc.constantFrom<Restart>("permanent", "transient", "temporary");

const { branch } = fc.letrec<{ leaf: Leaf; branch: Branch; shape: Shape }>((tie) => ({
  leaf: fc.record<Leaf>({
    type: fc.constant("leaf"),
    restart,
    trapping: fc.boolean(),
    cleanupMs: fc.constantFrom(0, 5, 30),
    shutdownMs: fc.constantFrom(0, 10, 100),
    failing: fc.array(fc.boolean(), { maxLength: 4 }),
  }),
  branch: fc.record<Branch>({
    type: fc.constant("branch"),
    strategy: fc.constantFrom<Strategy>("one-for-one", "one-for-all", "rest-for-one"),
    restarts: fc.integer({ min: 0, max: 3 }),
    restart,
    children: fc.array(tie("shape"), { minLength: 1, maxLength: 4 }),
  }),
  shape: fc.oneof({ depthSize: "small", maxDepth: 3, withCrossShrink: true }, tie("leaf"), tie("branch")),
}));

const incidents = fc.array(
  fc.record<Incident>({
    afterMs: fc.constantFrom(0, 0, 1, 20, 900, 3_000),
    leaf: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    how: fc.constantFrom("crash", "normal", "kill"),
  }),
  { maxLength: 12 },
);

const withinSeconds = 2;

/** Watches every leaf of a tree: who runs now, and what must never be. */
class Watch {
  readonly bench: Bench;
  /** The leaves that run, by path. */
  readonly running = new Map<string, Pid>();
  /** All paths of leaves in start order. */
  readonly paths: string[] = [];
  /** The paths of the leaves that ended, in that order. */
  readonly ends: string[] = [];
  readonly violations: string[] = [];
  /** The paths of permanent children, leaves and branches. */
  readonly permanent = new Set<string>();
  readonly #starts = new Map<string, number>();
  readonly #restartsMs = new Map<string, number[]>();

  constructor(bench: Bench, restartsOf: (supervisor: Pid) => number | undefined) {
    this.bench = bench;
    bench.node.events.subscribe((event) => {
      if (event.type === "exit") {
        for (const [path, pid] of this.running) {
          if (!pid.equals(event.pid)) continue;
          this.running.delete(path);
          this.ends.push(path);
        }
      } else if (event.type === "supervisor" && event.report.type === "child-ended") {
        if (event.report.decision === "restart") this.#restarted(event.supervisor, restartsOf(event.supervisor));
      }
    });
  }

  /** The tree as definitions. */
  define(shape: Branch, path: string, limits: Map<string, number>): SupervisorDefinition<void> {
    const children = shape.children.map((child, index) => this.#spec(child, `${path}.${index}`, limits));
    const { strategy, restarts } = shape;
    return Supervisor.define(() => ({ strategy, intensity: { restarts, within: `${withinSeconds}s` }, children }));
  }

  #spec(shape: Shape, path: string, limits: Map<string, number>): ChildSpec {
    if (shape.restart === "permanent") this.permanent.add(path);
    if (shape.type === "branch") {
      limits.set(path, shape.restarts);
      return Supervisor.supervisor(path, this.define(shape, path, limits), [], { restart: shape.restart, name: path });
    }
    this.paths.push(path);
    const { restart, shutdownMs } = shape;
    return Supervisor.worker(path, this.#body(shape, path), [], { restart, shutdown: shutdownMs, ready: true });
  }

  #body({ trapping, cleanupMs, failing }: Leaf, path: string): (self: Self<any>) => LocalGenerator<void> {
    const watch = this;
    return function* leaf(self) {
      if (watch.running.has(path)) watch.violations.push(`${path}: two incarnations at once`);
      const start = watch.#starts.get(path) ?? 0;
      watch.#starts.set(path, start + 1);
      watch.running.set(path, self.pid);
      if (start > 0 && failing[start - 1] === true) throw new Error("does not start");
      if (trapping) yield* self.trapExit();
      yield* self.ready();
      const message = yield* self.receive();
      if (message.type === "EXIT") yield* Process.sleep(cleanupMs);
      yield* Process.exit(message.type === "EXIT" ? message.cause : message);
    };
  }

  /** P23: no more restarts in any window than the supervisor allows. */
  #restarted(supervisor: Pid, limit: number | undefined): void {
    const nowMs = this.bench.host.clock.monotonic();
    const times = this.#restartsMs.get(supervisor.key) ?? [];
    times.push(nowMs);
    this.#restartsMs.set(supervisor.key, times);
    const inWindow = times.filter((time) => time >= nowMs - withinSeconds * 1000).length;
    if (limit !== undefined && inWindow > limit) this.violations.push(`${inWindow} restarts, ${limit} allowed`);
  }

  /** P25: every process has a living parent, or is the top. */
  checkNoOrphans(top: Pid): void {
    const { processes } = this.bench.node.inspect();
    const alive = new Set(processes.map(({ pid }) => pid.key));
    for (const { pid, parent, label } of processes) {
      if (label !== "leaf" && label !== "supervisor") continue;
      if (!pid.equals(top) && !alive.has(parent.key)) this.violations.push(`an orphan: ${label} ${pid.toString()}`);
    }
  }
}

/** P24: when all is quiet, nobody waits for a restart, and every permanent child of a living supervisor runs. */
function* checkRestored(watch: Watch, supervisors: Iterable<Pid | string>): LocalGenerator<void> {
  for (const supervisor of supervisors) {
    if (typeof supervisor === "string" && (yield* Process.whereis(supervisor)) === undefined) continue;
    for (const { id, child } of yield* Supervisor.whichChildren(supervisor)) {
      if (child === "restarting" || (child === null && watch.permanent.has(id!))) {
        watch.violations.push(`${id}: ${child ?? "no process"} when all is quiet`);
      }
    }
  }
}

function causeOf(how: Incident["how"]): Cause {
  return how === "normal" ? normal : boom;
}

it("random trees under random crashes keep their promises (S80, S88, P22 to P25, R-930 to R-966)", async () => {
  let restarts = 0;
  let gaveUp = 0;
  await fc.assert(
    fc.asyncProperty(branch, incidents, async (shape, incidents) => {
      const bench = await Bench.start();
      const limits = new Map<string, number>();
      const names = new Map<string, string>();
      bench.node.events.subscribe((event) => {
        if (event.type === "register") names.set(event.pid.key, event.name);
      });
      const watch = new Watch(bench, (pid) => limits.get(names.get(pid.key) ?? "top"));
      limits.set("top", shape.restarts);
      const definition = watch.define(shape, "top", limits);
      await bench.run(function* (self) {
        const top = (yield* Supervisor.start(definition)).pid;
        expect([...watch.running.keys()]).toEqual(watch.paths);
        const ref = yield* Process.monitor(top);
        for (const { afterMs, leaf, how } of incidents) {
          yield* Process.sleep(afterMs);
          const pid = watch.running.get(watch.paths[Math.floor(leaf * watch.paths.length)]!);
          if (pid === undefined) continue;
          if (how === "kill") yield* Process.kill(pid);
          else yield* Process.send(pid as Pid<Cause>, causeOf(how));
          watch.checkNoOrphans(top);
        }
        // Quiet: whatever is restarting or stopping has come to an end.
        yield* Process.sleep("1s");
        watch.checkNoOrphans(top);
        if (yield* Process.alive(top)) {
          yield* checkRestored(
            watch,
            [top, ...limits.keys()].filter((name) => name !== "top"),
          );
          const running = [...watch.paths].filter((path) => watch.running.has(path));
          watch.ends.length = 0;
          yield* Supervisor.stop(top);
          expect(watch.ends).toEqual(running.reverse());
        }
        const down = yield* self.receive({ match: (message: any) => message.ref === ref });
        expect(down.cause).toEqual(shutdown);
      });
      expect(watch.violations).toEqual([]);
      expect([...watch.running.keys()]).toEqual([]);
      expect(bench.node.inspect().processes).toEqual([]);
      expect(bench.host.timers).toBe(0);
      restarts += bench.reported("child-started").length - watch.paths.length;
      gaveUp += bench.reported("gave-up").length;
    }),
    { numRuns: 300 },
  );
  // The property is about something: trees do restart, and do give up.
  expect(restarts).toBeGreaterThan(100);
  expect(gaveUp).toBeGreaterThan(20);
});
