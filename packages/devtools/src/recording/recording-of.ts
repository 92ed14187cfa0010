import type { Cell, Kernel, Node, Pid, RecordedNodeEvent } from "@espalier/runtime";
import { recordingVersion, type RecordedProcess, type Recording } from "../protocol/recording.ts";
import { describeEvent } from "../words/describe-event.ts";
import { recordedText } from "./recorded-fields.ts";
import { RecordedLives, type RecordedLife } from "./recorded-lives.ts";

/** How many processes a recording of a node has, unless said. When its events mention more it begins later. */
export const recordedProcessesMax = 5000;

/**
 * What the flight recorder of a node has, and who lives: those that its events mention with their ancestors, then those that have spawned
 * others that live here, then the rest.
 *
 * @param processesMax how many processes: with the ancestors of the last one there may be a few more.
 *
 * ```ts
 * import { Node, Process } from "espalier";
 * import { recordingOf, stateAt } from "@espalier/devtools";
 *
 * await using node = await Node.start();
 * await node.run(function* parent() {
 *   const child = yield* Process.spawn(function* child() {});
 *   yield* Process.sleep(1);
 * });
 * const recording = recordingOf(node);
 * recording.processes.map(({ label }) => label); // => ["parent", "child"]
 * stateAt(recording, recording.toMs).living; // => 0
 * ```
 */
export function recordingOf(node: Node, processesMax: number = recordedProcessesMax): Recording {
  const { kernel } = node;
  const { host, address, recorder } = kernel;
  const nowMs = host.clock.monotonic();
  // At the same moment: making the recording takes its time.
  const wallMs = host.clock.wall();
  const entries = recorder.entries();
  const chosen = new ChosenLives(kernel, entries, { fromMs: entries[0]?.atMs ?? nowMs, processesMax });
  const kept = chosen.mentioned(entries);
  chosen.fill();
  const lost = recorder.count - kept.length;
  const fromMs = (lost > 0 ? kept : entries)[0]?.atMs ?? nowMs;
  const processes = processesOf(chosen.lives, fromMs, address.id);
  const ids = new Set([
    address.id,
    ...processes.flatMap(({ node, stays }) => [node, ...stays.map((stay) => stay.node)]),
  ]);
  return {
    format: "espalier-recording",
    version: recordingVersion,
    title: `node ${address.id.slice(0, 8)}`,
    source: "node",
    fromMs,
    toMs: Math.max(nowMs, kept.at(-1)?.atMs ?? nowMs),
    wallMs,
    nodes: [...ids].map((id) => ({ id, name: id.slice(0, 8) })),
    processes,
    events: kept.map(({ serial, atMs, event }) => {
      const { text, pids } = describeEvent(event);
      return {
        ...{ serial, atMs, type: event.type, text: recordedText(text), node: address.id },
        pids: pids.map(({ key }) => key),
      };
    }),
    faults: [],
    failure: null,
    seed: null,
    lost,
  };
}

/** The processes that a recording will have. */
class ChosenLives {
  readonly lives: Map<string, RecordedLife> = new Map();
  readonly #kernel: Kernel;
  readonly #known: RecordedLives;
  readonly #max: number;

  constructor(
    kernel: Kernel,
    entries: readonly RecordedNodeEvent[],
    { fromMs, processesMax }: { readonly fromMs: number; readonly processesMax: number },
  ) {
    this.#kernel = kernel;
    this.#max = processesMax;
    this.#known = new RecordedLives(kernel.address.id, fromMs);
    for (const { atMs, event } of entries) this.#known.note(atMs, event);
  }

  /** Adds those that the newest events mention, until there are enough. @returns these events. */
  mentioned(entries: readonly RecordedNodeEvent[]): readonly RecordedNodeEvent[] {
    for (let index = entries.length - 1; index >= 0; index -= 1) {
      const { event } = entries[index] as RecordedNodeEvent;
      // Process 0 is the node itself.
      for (const pid of describeEvent(event).pids) if (pid.serial > 0) this.#add(pid);
      if (this.lives.size >= this.#max) return entries.slice(index);
    }
    return entries;
  }

  /** Adds those that live here, those first that spawned others that do, until there are enough. */
  fill(): void {
    const { columns } = this.#kernel;
    columns.refresh();
    const hasChildren = new Uint8Array(columns.length);
    for (let slot = 0; slot < columns.length; slot += 1) {
      const parent = columns.parentOf(slot);
      if (parent >= 0) hasChildren[parent] = 1;
    }
    for (const spawned of [1, 0]) {
      for (let slot = 0; slot < columns.length && this.lives.size < this.#max; slot += 1) {
        const cell = columns.cells[slot];
        if (cell !== null && cell !== undefined && hasChildren[slot] === spawned) this.#add(cell.pid);
      }
    }
  }

  /** A process and its ancestors, as far as they are here or the events mention them. */
  #add(pid: Pid): void {
    let life: RecordedLife | null = this.#known.of(pid);
    while (life !== null && !this.lives.has(life.pid.key)) {
      this.lives.set(life.pid.key, life);
      this.#look(life);
      const { parent }: RecordedLife = life;
      life = parent !== null && this.#isKnown(parent) ? this.#known.of(parent) : null;
    }
  }

  /** Completes what the events said by what the node knows, if the process is here. */
  #look(life: RecordedLife): void {
    const cell = this.#cellOf(life.pid);
    if (cell === undefined || cell.status === "ended") return;
    life.label = cell.label;
    life.name = cell.name;
    life.parent = cell.parent;
    const { place } = cell;
    if (place?.kind === "away") this.#known.isAt(life, place.host);
    else if (place?.kind !== "leaving") this.#known.isAt(life, this.#kernel.address.id);
  }

  #isKnown(pid: Pid): boolean {
    return this.#known.byPid.has(pid.key) || this.#cellOf(pid) !== undefined;
  }

  #cellOf(pid: Pid): Cell | undefined {
    return this.#kernel.find(pid) ?? this.#kernel.guests.get(pid.key);
  }
}

/** In the order of their serials, but nobody before who spawned it. */
function processesOf(
  chosen: ReadonlyMap<string, RecordedLife>,
  fromMs: number,
  node: string,
): readonly RecordedProcess[] {
  const processes = new Map<string, RecordedProcess>();
  for (const life of [...chosen.values()].toSorted((a, b) => a.pid.serial - b.pid.serial)) {
    const line = new Set<RecordedLife>();
    let next: RecordedLife | undefined = life;
    // Other nodes say who spawned their processes: it may be anybody.
    while (next !== undefined && !processes.has(next.pid.key) && !line.has(next)) {
      line.add(next);
      next = next.parent === null ? undefined : chosen.get(next.parent.key);
    }
    for (const { pid, parent, stays, ...rest } of [...line].toReversed()) {
      processes.set(pid.key, {
        ...rest,
        label: recordedText(rest.label),
        name: rest.name === null ? null : recordedText(rest.name),
        cause: rest.cause === null ? null : recordedText(rest.cause),
        pid: pid.key,
        shortPid: pid.address.id === node ? `${pid.serial}` : `${pid.address.id.slice(0, 8)}.${pid.serial}`,
        parent: parent !== null && processes.has(parent.key) ? parent.key : null,
        fromMs: rest.fromMs === null || rest.fromMs < fromMs ? null : rest.fromMs,
        stays: stays.map((stay) => ({ ...stay })),
      });
    }
  }
  return [...processes.values()];
}
