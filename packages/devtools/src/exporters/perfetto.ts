import type { RecordedProcess, Recording } from "../protocol/recording.ts";

/** An event of Chrome's trace format. Times are in microseconds. */
type TraceEvent = Readonly<Record<string, unknown>>;

/** The track of a node for what is about no process. */
const nodeTrack = 0;

/**
 * A recording in Chrome's trace format (JSON), which https://ui.perfetto.dev opens: a group of tracks a node, and in it a track for each process
 * that was there.
 *
 * - A slice is the time that a process was on that node; arrows lead from one stay to the next.
 * - Marks are what happened: crashes, what supervisors did, moves. What is about no process is on the node's own track.
 * - Faults of a chaos run are in a group of their own.
 *
 * ```ts
 * import { Node } from "espalier";
 * import { perfettoTrace, recordingOf } from "@espalier/devtools";
 *
 * await using node = await Node.start();
 * await node.run(function* clerk() {});
 * perfettoTrace(recordingOf(node)).includes('"name":"clerk"'); // => true
 * ```
 */
export function perfettoTrace(recording: Recording): string {
  const trace = new Trace(recording);
  const traceEvents = [...trace.events()];
  return JSON.stringify({ traceEvents, displayTimeUnit: "ms", otherData: { title: recording.title } });
}

class Trace {
  readonly #recording: Recording;
  readonly #groups: ReadonlyMap<string, number>;
  readonly #tracks: ReadonlyMap<string, number>;
  readonly #processes: ReadonlyMap<string, RecordedProcess>;
  #flows = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#groups = new Map(recording.nodes.map(({ id }, index) => [id, index + 1]));
    this.#tracks = new Map(recording.processes.map(({ pid }, index) => [pid, index + 1]));
    this.#processes = new Map(recording.processes.map((process) => [process.pid, process]));
  }

  *events(): Iterable<TraceEvent> {
    const { nodes, processes, faults, failure } = this.#recording;
    for (const { id, name } of nodes) {
      yield { ph: "M", name: "process_name", pid: this.#groups.get(id), args: { name: `node ${name}` } };
      yield this.#named(id, nodeTrack, "node", 0);
    }
    for (const process of processes) yield* this.#lifeOf(process);
    yield* this.#marks();
    const pid = nodes.length + 1;
    if (faults.length > 0) yield { ph: "M", name: "process_name", pid, args: { name: "faults" } };
    for (const [id, { text, fromMs, toMs }] of faults.entries()) {
      const common = { name: text, cat: "fault", id: `fault ${id}`, pid, tid: nodeTrack };
      yield { ...common, ph: "b", ts: this.#us(fromMs) };
      yield { ...common, ph: "e", ts: this.#us(toMs ?? this.#recording.toMs) };
    }
    if (failure !== null) {
      const args = { text: failure.text };
      yield {
        ph: "i",
        s: "g",
        cat: "failure",
        name: failure.property,
        pid: 1,
        tid: nodeTrack,
        ts: this.#us(failure.atMs),
        args,
      };
    }
  }

  /** A slice for each stay, and an arrow from each to the next. */
  *#lifeOf(process: RecordedProcess): Iterable<TraceEvent> {
    const tid = this.#tracks.get(process.pid) as number;
    const named = new Set<string>();
    const endsUs = new Map<string, number>();
    let before: { readonly pid: number; readonly fromUs: number; readonly toUs: number } | null = null;
    for (const { node, fromMs, toMs } of this.#staysOf(process)) {
      const pid = this.#groups.get(node) as number;
      if (!named.has(node)) yield this.#named(node, tid, `${process.name ?? process.label} ${process.shortPid}`, tid);
      named.add(node);
      // Two nodes may see one process leave and come in another order; one track has one slice at a time.
      const fromUs = Math.max(this.#us(fromMs), endsUs.get(node) ?? 0);
      const toUs = Math.max(fromUs, this.#us(toMs));
      endsUs.set(node, toUs);
      const args = { pid: process.pid, parent: process.parent, cause: process.cause };
      yield { ph: "X", cat: "process", name: process.label, pid, tid, ts: fromUs, dur: toUs - fromUs, args };
      if (before !== null) {
        this.#flows += 1;
        const flow = { cat: "move", name: "moves", id: this.#flows, tid };
        yield { ...flow, ph: "s", pid: before.pid, ts: Math.max(before.fromUs, before.toUs - 1) };
        yield { ...flow, ph: "f", bp: "e", pid, ts: fromUs };
      }
      before = { pid, fromUs, toUs };
    }
  }

  #staysOf({ node, fromMs, toMs, stays }: RecordedProcess): readonly { node: string; fromMs: number; toMs: number }[] {
    const { fromMs: beginMs, toMs: endMs } = this.#recording;
    const own = stays.length > 0 ? stays : [{ node, fromMs: fromMs ?? beginMs, toMs }];
    return own.map((stay) => ({ ...stay, toMs: stay.toMs ?? toMs ?? endMs }));
  }

  /** What happened, but for beginnings and ordinary ends, which slices show. */
  *#marks(): Iterable<TraceEvent> {
    for (const { type, text, atMs, node, pids } of this.#recording.events) {
      if (node === null || type === "spawn") continue;
      const process = pids.map((pid) => this.#processes.get(pid)).find((process) => process !== undefined);
      if (type === "exit" && process?.crashed !== true) continue;
      const pid = this.#groups.get(node);
      // Only tracks that have a slice have a name.
      const isThere = process !== undefined && this.#staysOf(process).some((stay) => stay.node === node);
      const tid = isThere ? this.#tracks.get(process.pid) : nodeTrack;
      const name = type === "exit" ? "crash" : type;
      yield { ph: "i", s: "t", cat: type, name, pid, tid, ts: this.#us(atMs), args: { text } };
    }
  }

  #named(node: string, tid: number, name: string, order: number): TraceEvent {
    return { ph: "M", name: "thread_name", pid: this.#groups.get(node), tid, args: { name, sort_index: order } };
  }

  /** From the beginning of the recording, and not before it: whole numbers, so that what follows something does not begin within it. */
  #us(ms: number): number {
    return Math.max(0, Math.round((ms - this.#recording.fromMs) * 1000));
  }
}
