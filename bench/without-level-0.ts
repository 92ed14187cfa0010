import { registerHooks } from "node:module";

/** A text that stands once in a source file, and what a runtime without level 0 would have there. */
interface Removal {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const source = new URL("../packages/runtime/src/", import.meta.url);

/** All of level 0 that costs something while nobody looks: the columns of processes, the recorder, and the message that is being handled. */
const removals: readonly Removal[] = [
  { file: "cell.ts", find: "  slot = -1;\n", replace: "" },
  { file: "cell.ts", find: "  received = 0;\n", replace: "" },
  { file: "cell.ts", find: "  since: number;\n", replace: "" },
  { file: "cell.ts", find: "  readonly started: number;\n", replace: "" },
  {
    file: "cell.ts",
    find: `    const { tick } = kernel.columns;
    this.since = tick;
    this.started = tick;
`,
    replace: "",
  },
  { file: "cell.ts", find: "  handling: unknown = undefined;\n", replace: "" },
  { file: "scheduler.ts", find: "      this.#kernel.lookAtClock();\n", replace: "" },
  {
    file: "scheduler.ts",
    find: "    if (cell.slot >= 0) this.#kernel.columns.touched[cell.slot] = 1;\n",
    replace: "",
  },
  {
    file: "scheduler.ts",
    find: `    this.#kernel.lookAtClock();
    recorder.inTurn = true;
    if (columns.isKept) columns.dropUnused(recorder.nowMs);
`,
    replace: "",
  },
  { file: "scheduler.ts", find: "      recorder.inTurn = false;\n", replace: "" },
  { file: "scheduler.ts", find: "        cell.since = columns.tick;\n", replace: "" },
  { file: "scheduler.ts", find: "        if (watch !== null) watch.began(cell);\n", replace: "" },
  { file: "scheduler.ts", find: "      if (watch !== null) watch.ended();\n", replace: "" },
  { file: "mailbox/receive.ts", find: "return (cell.handling = mailbox.shift());", replace: "return mailbox.shift();" },
  { file: "mailbox/receive.ts", find: "    cell.handling = undefined;\n    cell.waiting", replace: "    cell.waiting" },
  { file: "mailbox/receive.ts", find: "  if (receiving.any) cell.handling = undefined;\n", replace: "" },
  {
    file: "mailbox/receive.ts",
    find: `    cell.handling = message;\n    cell.resumption = "message";\n`,
    replace: "    cell.input = message;\n",
  },
  {
    file: "scheduler.ts",
    find: `    if (resumption === "message") {
      this.#input = cell.handling;
      cell.resumption = "value";
    } else {
      this.#input = cell.input;
      cell.input = undefined;
    }
    if (resumption !== "value" && resumption !== "message") {
`,
    replace: `    this.#input = cell.input;
    cell.input = undefined;
    if (resumption !== "value") {
`,
  },
  { file: "mailbox/receive.ts", find: "    cell.handling = this.found;\n", replace: "" },
  { file: "exits/exits.ts", find: "    kernel.recorder.ended(cell, cause);\n", replace: "" },
  { file: "kernel.ts", find: "    if (this.columns.isKept) this.columns.add(cell);\n", replace: "" },
  { file: "kernel.ts", find: "    this.recorder.spawned(cell);\n", replace: "" },
  { file: "kernel.ts", find: "    if (this.tracing !== null) this.tracing.delivered(cell, message);\n", replace: "" },
  { file: "kernel.ts", find: "    if (!this.recorder.inTurn) this.lookAtClock();\n    this.came += 1;\n", replace: "" },
  { file: "kernel.ts", find: "    this.columns.remove(cell);\n", replace: "" },
  {
    file: "kernel.ts",
    find: `        cell.handling = message;
        cell.resumption = "message";
        cell.status = "runnable";
        cell.received += 1;
`,
    replace: `        cell.input = message;
        cell.status = "runnable";
`,
  },
  {
    file: "kernel.ts",
    find: `        if (waiting.takes(this, cell, message)) {
          cell.received += 1;
`,
    replace: "        if (waiting.takes(this, cell, message)) {\n",
  },
  {
    file: "kernel.ts",
    find: "        this.columns.delivered(cell);\n        this.retry(cell);\n",
    replace: "        this.retry(cell);\n",
  },
  { file: "kernel.ts", find: "    this.columns.delivered(cell);\n  }\n", replace: "  }\n" },
];

const marked = "?without-level-0";

/**
 * Loads a module of the benchmarks, and all of ours that it imports, once more: with a runtime without level 0.
 *
 * @throws Error when a text does not stand exactly once where it was.
 */
export async function importWithoutLevel0<T>(module: string): Promise<T> {
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const ofOurs = context.parentURL?.endsWith(marked) === true && resolved.url.startsWith("file:");
      return ofOurs && !resolved.url.includes(marked) ? { ...resolved, url: resolved.url + marked } : resolved;
    },
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(marked)) return loaded;
      const here = removals.filter(({ file }) => new URL(file, source).href + marked === url);
      if (here.length === 0) return loaded;
      const text = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
      return { ...loaded, source: here.reduce(removed, text) };
    },
  });
  try {
    return (await import(new URL(module, import.meta.url).href + marked)) as T;
  } finally {
    hooks.deregister();
  }
}

function removed(text: string, { file, find, replace }: Removal): string {
  const count = text.split(find).length - 1;
  if (count !== 1) {
    throw new Error(
      `${file}: expected once, found ${count} times: ${find.trim()}; say in bench/without-level-0.ts what it is now`,
    );
  }
  return text.replace(find, () => replace);
}
