import { Observer, type Gauges, type TreePage } from "@espalier/devtools";
import type { LocalGenerator } from "@espalier/heartbeat";
import { Node, Process, type Node as RunningNode, type Pid, type Self } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { benchmark, type Question, type Subject } from "./harness.ts";

// What looking costs: of 100,000 processes of which 1,000 get a message and 100 end and come anew between two looks. An answer a second
// each, so a figure in µs is in thousandths of a millisecond a second.

const processes = 100_000;
const busy = 1_000;
const renewed = 100;

const gauges: Gauges = {
  program: { pid: 1, title: "bench", runtime: "node" },
  loop: () => null,
  memory: () => null,
  costMsPerSecond: () => 0,
};

/** Begins `width` children, each of which begins as many, `depth` levels deep. */
function* family(self: Self<string>, depth: number, width: number): LocalGenerator<void> {
  if (depth > 0) {
    for (let child = 0; child < width; child += 1) {
      yield* Process.spawnOpt({ label: `level ${depth}` }, family, depth - 1, width);
    }
  }
  while ((yield* self.receive()) !== "end");
}

/** A node with its processes, and who looks at it. */
class Site {
  readonly node: RunningNode;
  readonly observer: Observer;
  readonly pids: readonly Pid<any>[];
  #turn = 0;

  static async of(roots: number, depth: number, width: number): Promise<Site> {
    const node = await Node.start({ host: nodeHost() });
    await node.run(function* () {
      for (let root = 0; root < roots; root += 1) yield* Process.spawn(family, depth, width);
    });
    while (node.kernel.scheduler.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    return new Site(node);
  }

  constructor(node: RunningNode) {
    this.node = node;
    this.observer = new Observer(node, gauges);
    this.pids = node.inspect().processes.map(({ pid }) => pid as Pid<any>);
    if (this.pids.length < 0.9 * processes) throw new Error(`expected ${processes} processes, got ${this.pids.length}`);
  }

  /** A second of life. */
  async live(): Promise<void> {
    const { pids } = this;
    this.#turn += 1;
    const turn = this.#turn;
    await this.node.run(function* () {
      for (let index = 0; index < busy; index += 1) {
        yield* Process.send(pids[(index * 97 + turn) % pids.length] as Pid<any>, "work");
      }
      const parent = yield* Process.spawn(family, 1, renewed);
      yield* Process.sleep(1);
      yield* Process.exit(parent as Pid, { type: "kill" });
    });
    await new Promise((resolve) => setImmediate(resolve));
  }

  roots(count: number): readonly string[] {
    return this.observer.tree({ open: [], first: 0, count }).rows.map(({ key }: TreePage["rows"][number]) => key);
  }
}

/** How long `look` takes, in µs, after a second of life and the sample of it; `sampling`: the sample is part of it. */
function looking(site: () => Promise<Site>, look: (site: Site) => unknown, sampling: boolean): Subject {
  let made: Promise<Site> | null = null;
  return async () => {
    const one = await (made ??= site());
    await one.live();
    if (!sampling) one.observer.sample();
    const beginMs = performance.now();
    if (sampling) one.observer.sample();
    look(one);
    return (performance.now() - beginMs) * 1000;
  };
}

/** What no sample can do without: to read four columns, compare them with what they were, and keep them. */
function rawPass(): Subject {
  const columns = Array.from({ length: 4 }, () => new Float64Array(processes).map((_, index) => index % 7));
  const before = columns.map((column) => column.slice());
  return () => {
    const beginMs = performance.now();
    let changed = 0;
    const [a, b, c, d] = columns as [Float64Array, Float64Array, Float64Array, Float64Array];
    const [e, f, g, h] = before as [Float64Array, Float64Array, Float64Array, Float64Array];
    for (let slot = 0; slot < processes; slot += 1) {
      changed += (a[slot] as number) - (e[slot] as number) + (b[slot] as number) - (f[slot] as number);
      changed += (c[slot] as number) - (g[slot] as number) + (d[slot] as number) - (h[slot] as number);
      e[slot] = a[slot] as number;
      f[slot] = b[slot] as number;
      g[slot] = c[slot] as number;
      h[slot] = d[slot] as number;
    }
    const us = (performance.now() - beginMs) * 1000;
    if (changed !== 0) throw new Error("nothing has changed");
    return us;
  };
}

const sort = { by: "mailbox", descending: true, mode: "total" } as const;

function question(name: string, roots: number, depth: number, width: number): Question {
  const site = (): Promise<Site> => Site.of(roots, depth, width);
  const opened = (one: Site): readonly string[] => one.roots(100);
  const overview = (one: Site): unknown => one.observer.overview();
  const table = (one: Site): unknown => one.observer.table({ sort, first: 0, count: 50 });
  const tree = (one: Site): unknown => one.observer.tree({ open: opened(one), first: 0, count: 50 });
  return {
    name: `100,000 processes, ${name}`,
    unit: "µs",
    subjects: {
      "all of it": looking(site, (one) => [overview(one), table(one), tree(one)], true),
      "a sample": looking(site, () => null, true),
      "the overview": looking(site, overview, false),
      "a page of the table": looking(site, table, false),
      "a page of the table, by rate, far down": looking(
        site,
        (one) => one.observer.table({ sort: { ...sort, mode: "rate" }, first: 50_000, count: 50 }),
        false,
      ),
      "a page of the table, by text": looking(
        site,
        (one) => one.observer.table({ sort, filter: { text: "level 2" }, first: 0, count: 50 }),
        false,
      ),
      "a page of the tree": looking(site, tree, false),
      "the sheet of a process": looking(
        site,
        (one) => one.observer.process((one.pids[one.pids.length >> 1] as Pid).key, false),
        false,
      ),
      "a raw pass over four columns": rawPass(),
    },
    aim: { value: 2000 },
  };
}

await benchmark(
  import.meta.url,
  "Looking at a node",
  [question("flat", 1, 1, 100_000), question("deep", 1_000, 99, 1), question("wide", 10, 4, 10)],
  { processes: 1, runs: 15, warmUpMs: 1_500 },
);
