import type { Node } from "espalier";
import { test as baseTest, type TestAPI, type TestContext } from "vitest";
import { Sim, type SimOptions } from "../../probe/sim.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { checkChaos, checkReplay, type ChaosOptions } from "./chaos.ts";
import { closed, opened } from "./clusters.ts";
import { LocalNode, type LocalOptions } from "./local.ts";
import { seedOfTest } from "./settings.ts";

/** What a test can ask for by its name. */
export interface Fixtures {
  /** A simulated cluster without nodes, of a seed from the name of the test. When the test is over it is stopped, and must leave nothing behind. */
  readonly sim: Sim;
  /** What `sim` is made with: `test.override({ simOptions: … })`. */
  readonly simOptions: Partial<SimOptions>;
  /** A real node in this process. When the test is over it is stopped, and must leave nothing behind. */
  readonly local: Node;
  /** What `local` is started with. */
  readonly localOptions: LocalOptions;
}

/** What a test function of the kit has beside vitest's. */
export interface ChaosTests {
  /**
   * One test that runs a scenario under many seeds, or for a time. If a run fails it looks for the smallest plan that fails in the same way,
   * writes a replay file and a report, and fails with the text of that failure. CHAOS_SEED, CHAOS_SEEDS and CHAOS_TIME come before what is
   * given here.
   */
  chaos(scenario: Scenario<any, any>, options?: ChaosOptions): void;
  /** A counterexample as a permanent test: makes the run of a replay file again, which must hold by now. */
  replay(scenario: Scenario<any, any>, file: string): void;
}

const extended: TestAPI<Fixtures> = baseTest.extend<Fixtures>({
  simOptions: {},
  localOptions: {},
  sim: async ({ task, simOptions }, use) => {
    const sim = new Sim({ seed: seedOfTest(nameOf(task), sequenceSeed()), ...simOptions });
    opened(sim, sim);
    try {
      await use(sim);
    } finally {
      closed(sim);
      await sim.stop();
    }
  },
  local: async ({ localOptions }, use) => {
    const local = await LocalNode.start(localOptions);
    opened(local.node, local);
    try {
      await use(local.node);
    } finally {
      closed(local.node);
      await local.stop();
    }
  },
});

const chaosTests: ChaosTests = {
  chaos(scenario, options = {}) {
    // A campaign takes as long as it was told to, which vitest does not know.
    extended(scenario.name, { timeout: options.timeoutMs ?? 0 }, ({ annotate }: TestContext) =>
      checkChaos({ annotate }, scenario, options),
    );
  },
  replay(scenario, file) {
    extended(`${scenario.name}: ${file}`, () => checkReplay(scenario, file));
  },
};

/** vitest's `test`, with clusters as fixtures, campaigns and replays. */
export const test: TestAPI<Fixtures> & ChaosTests = Object.assign(extended, chaosTests);

/** The name of a test within its file, with those of the suites that it is in. */
function nameOf(task: {
  readonly name: string;
  readonly suite?: { readonly name: string; readonly suite?: object } | undefined;
}): string {
  const { suite } = task;
  return suite === undefined || suite.name === "" ? task.name : `${nameOf(suite as typeof task)} > ${task.name}`;
}

/** vitest's own seed: it has no other way to be read where tests run. */
function sequenceSeed(): number | undefined {
  const { __vitest_worker__: worker } = globalThis as {
    readonly __vitest_worker__?: { readonly config?: { readonly sequence?: { readonly seed?: number } } };
  };
  return worker?.config?.sequence?.seed;
}
