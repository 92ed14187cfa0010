import fc from "fast-check";
import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Node, type Pid, type ProcessView, type Self } from "@espalier/runtime";
import { Supervisor } from "@espalier/supervisor";
import { expect, test } from "vitest";
import type { Column, ProcessFilter, TreeRow } from "../../src/protocol/sheets.ts";
import { Bench } from "./bench.ts";

type Order = { readonly spawn: number } | { readonly supervise: number } | "crash";

/** Spawns, supervises and crashes as it is told; other messages stay in its mailbox. */
function* worker(self: Self<Order | "noise">): LocalGenerator<void> {
  for (;;) {
    const order = yield* self.receive({ match: (message): message is Order => message !== "noise" });
    if (order === "crash") throw new Error("told to");
    if ("spawn" in order) yield* Process.spawnOpt({ label: `w${order.spawn}` }, worker);
    else yield* Supervisor.startLink(family(order.supervise), undefined);
  }
}

function family(size: number): ReturnType<typeof Supervisor.define<void>> {
  const ids = Array.from({ length: size }, (_, index) => `c:${size - index}%`);
  return Supervisor.define({
    intensity: { restarts: 100, within: "5s" },
    children: ids.map((id) => Supervisor.worker(id, child, [])),
  });
}

function* child(self: Self<Order | "noise">): LocalGenerator<void> {
  yield* self.ready();
  yield* worker(self);
}

const step = fc.oneof(
  fc.record({ do: fc.constant("order" as const), at: fc.nat(30), spawn: fc.nat(3) }),
  fc.record({ do: fc.constant("supervise" as const), at: fc.nat(30), size: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constantFrom("crash" as const, "kill" as const, "terminate" as const), at: fc.nat(30) }),
  fc.record({ do: fc.constant("noise" as const), at: fc.nat(30), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant("sample" as const) }),
);

const filters = fc.record<ProcessFilter>(
  {
    text: fc.constantFrom("w1", "W", "c", "2", "nothing like it"),
    mailboxAtLeast: fc.nat(4),
    kind: fc.constantFrom("process" as const, "supervisor" as const),
  },
  { requiredKeys: [] },
);

const window = fc.record({ first: fc.nat(10), count: fc.nat(12) });

async function play(
  bench: Bench,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
): Promise<void> {
  await bench.begin(worker as Parameters<Node["run"]>[0]);
  const beginning = [
    { do: "order", at: 0, spawn: 1 },
    { do: "supervise", at: 1, size: 3 },
  ] as const;
  for (const one of [...beginning, ...steps]) {
    const { processes } = bench.node.inspect();
    if (one.do === "sample") {
      bench.observer.sample();
      continue;
    }
    const view = processes[one.at % Math.max(1, processes.length)];
    if (view === undefined) continue;
    const pid = view.pid as Pid<any>;
    await bench.begin(function* () {
      if (one.do === "order") yield* Process.send(pid, { spawn: one.spawn });
      else if (one.do === "supervise") yield* Process.send(pid, { supervise: one.size });
      else if (one.do === "crash") yield* Process.send(pid, "crash");
      else if (one.do === "kill") yield* Process.exit(pid, { type: "kill" });
      else if (one.do === "noise") for (let sent = 0; sent < one.count; sent += 1) yield* Process.send(pid, "noise");
      else if (view.details?.type === "supervisor") {
        yield* Supervisor.terminateChild(pid as never, view.details.children[0]?.id as string);
      }
    });
    bench.host.advance(20);
    await bench.host.settle();
  }
  bench.observer.sample();
}

function matches(view: ProcessView, { text, mailboxAtLeast, kind }: ProcessFilter): boolean {
  if (text !== undefined) {
    const said = [view.label, view.name ?? "", String(view.pid.serial)];
    if (!said.some((part) => part.toLowerCase().includes(text.toLowerCase()))) return false;
  }
  if (mailboxAtLeast !== undefined && view.mailbox < mailboxAtLeast) return false;
  return kind === undefined || (view.details?.type === "supervisor" ? "supervisor" : "process") === kind;
}

test("pages of the table are slices of all processes, filtered and sorted (S317)", async () => {
  const columns = fc.constantFrom<Column>("pid", "label", "mailbox", "reductions");
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      filters,
      columns,
      fc.boolean(),
      window,
      async (steps, filter, by, descending, { first, count }) => {
        const bench = await Bench.start();
        await play(bench, steps);
        const page = bench.observer.table({ sort: { by, descending, mode: "total" }, filter, first, count });
        const { processes } = bench.node.inspect();
        const keyOf = (view: ProcessView): number | string =>
          by === "pid" ? view.pid.serial : view[by as "label" | "mailbox" | "reductions"];
        const sorted = processes
          .filter((view) => matches(view, filter))
          .toSorted((a, b) => {
            const one = keyOf(a);
            const other = keyOf(b);
            if (one === other) return a.pid.serial - b.pid.serial;
            return one < other === descending ? 1 : -1;
          });
        expect(page.rows.map(({ pid }) => pid)).toEqual(sorted.slice(first, first + count).map(({ pid }) => pid.key));
        expect(page).toMatchObject({ matching: sorted.length, all: processes.length });
        for (const row of page.rows) {
          const view = processes.find(({ pid }) => pid.key === row.pid) as ProcessView;
          expect(row).toMatchObject({ label: view.label, mailbox: view.mailbox, reductions: view.reductions });
        }
      },
    ),
    { numRuns: 30 },
  );
});

interface NaiveRow {
  readonly key: string;
  readonly pid: string | null;
  readonly depth: number;
  readonly processes: number;
  readonly mailbox: number;
  readonly children: number;
}

/** The tree as recursion over a snapshot of the node has it. */
function naiveTree(
  processes: readonly ProcessView[],
  open: ReadonlySet<string> | "found",
  isFound: ((view: ProcessView) => boolean) | null,
): NaiveRow[] {
  const living = new Map(processes.map((view) => [view.pid.key, view]));
  const below = (view: ProcessView): ProcessView[] => processes.filter(({ parent }) => parent.key === view.pid.key);
  const branch = (view: ProcessView): ProcessView[] => [view, ...below(view).flatMap(branch)];
  const rows: NaiveRow[] = [];
  const walk = (view: ProcessView, key: string, depth: number): void => {
    const all = branch(view);
    if (isFound !== null && !all.some(isFound)) return;
    const children = below(view);
    const specified = view.details?.type === "supervisor" ? view.details.children.filter(({ id }) => id !== null) : [];
    rows.push({
      key,
      pid: view.pid.key,
      depth,
      processes: all.length,
      mailbox: all.reduce((sum, { mailbox }) => sum + mailbox, 0),
      children: children.length + specified.filter(({ pid }) => pid === null).length,
    });
    if (open !== "found" && !open.has(key)) return;
    for (const { id, pid } of specified) {
      const childKey = `${key}:${(id as string).replaceAll("%", "%25").replaceAll(":", "%3A")}`;
      const child = pid === null ? undefined : living.get(pid.key);
      if (child !== undefined) walk(child, childKey, depth + 1);
      else if (isFound === null) {
        rows.push({ key: childKey, pid: null, depth: depth + 1, processes: 0, mailbox: 0, children: 0 });
      }
    }
    const known = new Set(specified.map(({ pid }) => pid?.key));
    for (const child of children) if (!known.has(child.pid.key)) walk(child, child.pid.key, depth + 1);
  };
  for (const view of processes) if (!living.has(view.parent.key)) walk(view, view.pid.key, 0);
  return rows;
}

/** Which of the rows with the same parent it is. */
function naivePlace(rows: readonly NaiveRow[], index: number): TreeRow["place"] {
  const { depth } = rows[index] as NaiveRow;
  const above = rows.findLastIndex((row, at) => at < index && row.depth < depth);
  const end = rows.findIndex((row, at) => at > index && row.depth < depth);
  const siblings = rows
    .map((row, at) => ({ at, depth: row.depth }))
    .slice(above + 1, end < 0 ? rows.length : end)
    .filter((row) => row.depth === depth);
  return { position: 1 + siblings.findIndex(({ at }) => at === index), siblings: siblings.length };
}

test("pages of the tree are slices of the whole tree, whatever is open or looked for (S318)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.option(filters, { nil: null }),
      fc.array(fc.nat(), { maxLength: 12 }),
      window,
      async (steps, filter, openings, { first, count }) => {
        const bench = await Bench.start();
        await play(bench, steps);
        const { processes } = bench.node.inspect();
        const whole = naiveTree(processes, "found", null);
        const keys = openings.map((index) => whole[index % Math.max(1, whole.length)]?.key ?? "");
        const isFiltered = filter !== null && Object.keys(filter).length > 0;
        const rows = isFiltered
          ? naiveTree(processes, "found", (view) => matches(view, filter))
          : naiveTree(processes, new Set(keys), null);
        const page = bench.observer.tree({ open: keys, ...(filter === null ? {} : { filter }), first, count });
        expect(page.total).toBe(rows.length);
        const shown = page.rows.map(({ key, process, depth, branch: { processes, mailbox }, children }) => ({
          ...{ key, pid: process?.pid ?? null, depth, processes, mailbox, children },
        }));
        expect(shown).toEqual(rows.slice(first, first + count));
        const places = rows.map((_, index) => (isFiltered ? null : naivePlace(rows, index)));
        expect(page.rows.map(({ place }) => place)).toEqual(places.slice(first, first + count));
      },
    ),
    { numRuns: 40 },
  );
});
