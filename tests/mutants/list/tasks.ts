import type { Mutant } from "@espalier/testkit/command";

/** The scenario of a rule. */
function rule(section: "tasks" | "registries" | "applications", title: string): Pick<Mutant, "scenario" | "seed"> {
  return { scenario: [`tests/conformance/rules/${section}.ts`, title], seed: 1 };
}

/** Tasks, registries and applications. */
export const taskMutants: readonly Mutant[] = [
  {
    id: "R1021",
    title: "a task that was given up may be awaited again",
    file: "packages/runtime/src/tasks/task.ts",
    find: `    this.#cell.kernel.unwatch(this.#watch);
    if (otherwise !== null)`,
    replace: `    if (otherwise !== null)`,
    ...rule("tasks", "R-1021 when await takes too long the task is given up, and its result goes nowhere"),
  },
  {
    id: "R1022",
    title: "a task that somebody killed was stopped as asked",
    file: "packages/runtime/src/tasks/task.ts",
    find: `if (asking === "kill") return cause.type === "killed" ? null : outcome;`,
    replace: `if (cause.type === "killed") return null;`,
    ...rule("tasks", "R-1022 shutdown stops what runs, and says what came of what had ended"),
  },
  {
    id: "R1023",
    title: "awaitMany waits for all before it fails",
    file: "packages/runtime/src/tasks/task-many.ts",
    find: `return asking === "awaitMany" ? this.#failed : this.#settled >= limit;`,
    replace: `return asking === "awaitMany" ? false : this.#settled >= limit;`,
    ...rule("tasks", "R-1023 awaitMany fails as soon as any task has failed, or the time is over, and gives all up"),
  },
  {
    id: "R1024",
    title: "a stream that is left early only asks its tasks to end",
    file: "packages/runtime/src/tasks/task-stream.ts",
    find: `for (const cause of [shutdown, kill]) {`,
    replace: `for (const cause of [shutdown, kill].slice(0, 1)) {`,
    ...rule(
      "tasks",
      "R-1024 leaving a stream early stops what runs, whatever it thinks of that, and no message is left",
    ),
  },
  {
    id: "R1025",
    title: "the unlinked tasks of a stream under a supervisor outlive their owner",
    file: "packages/runtime/src/tasks/task-supervised.ts",
    find: `link || owned)`,
    replace: `link)`,
    ...rule(
      "tasks",
      "R-1024, R-1025 a stream under a supervisor has its tasks there, and leaves none behind, however it ends",
    ),
  },
  {
    id: "R1032",
    title: "the entries of an owner wait for a tidying that is to come",
    file: "packages/directory/src/registry-table.ts",
    find: `    this.#table.remove(this.#owner, [...this.entries]);`,
    replace: ``,
    ...rule("registries", "R-1032 entries are gone before anybody hears of the end, from all keys"),
  },
  {
    id: "R1034",
    title: "the lock of a process that dies is never released",
    file: "packages/directory/src/registry-lock.ts",
    find: `    (this.cell.belongings ??= new Set()).add(this);`,
    replace: ``,
    ...rule(
      "registries",
      "R-1034 a lock is held by one at a time, and released when its holder returns, throws or dies",
    ),
  },
  {
    id: "R1035",
    title: "a registry that crashes leaves those alone that are registered",
    file: "packages/directory/src/registry-table.ts",
    find: `        this.#kernel.addLink(this.holder, owner.pid);`,
    replace: ``,
    ...rule("registries", "R-1035 a registry takes those down that are registered, until they are not any more"),
  },
  {
    id: "R1202",
    title: "what was started for an application that did not start goes on",
    file: "packages/supervisor/src/application-manage.ts",
    find: `for (const { name } of started.toReversed()) {`,
    replace: `for (const { name } of started.slice(1).toReversed()) {`,
    ...rule(
      "applications",
      "R-1202 when one does not start, those that were started for it are stopped, and no others",
    ),
  },
  {
    id: "R1205",
    title: "what an application leaves behind outlives it",
    file: "packages/supervisor/src/application-master.ts",
    find: `  yield* calling("stop");
  yield* killGroup(group);`,
    replace: `  yield* calling("stop");`,
    ...rule(
      "applications",
      "R-1205 stopping is prepStop, the tree in reverse order, stop, and the end of what was left behind",
    ),
  },
  {
    id: "R1206",
    title: "an application that does not stop holds up all that started before it",
    file: "packages/supervisor/src/application-controller.ts",
    find: `    if (stopWithinMs < Infinity)`,
    replace: `    if (stopWithinMs < 0)`,
    ...rule("applications", "R-1206 a node that stops, stops its applications in reverse, each within its time"),
  },
];
