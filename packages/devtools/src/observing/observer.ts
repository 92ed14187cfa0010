import type { Cell, Node } from "@espalier/runtime";
import { crashPage, crashSheet, crashSummary } from "../crashes/crash-sheet.ts";
import { supervisorSummary } from "../crashes/supervisor-summary.ts";
import type {
  CrashPage,
  CrashSheet,
  Finding,
  Lifetimes,
  NetworkSheet,
  NodeSheet,
  Overview,
  ProcessSheet,
  TablePage,
  TableQuery,
  TreePage,
  TreeQuery,
} from "../protocol/sheets.ts";
import { Findings } from "../findings/findings.ts";
import { Filter } from "./filter.ts";
import type { Gauges } from "./gauges.ts";
import { History } from "./history.ts";
import { Labels } from "./labels.ts";
import { lifetimesOf } from "./lifetimes.ts";
import { networkOf } from "./network.ts";
import { ProcessSheets } from "./process-sheet.ts";
import { Restarts } from "./restarts.ts";
import { Rows } from "./rows.ts";
import { Sample } from "./sample.ts";
import { Supervisors } from "./supervisors.ts";
import { Table } from "./table.ts";
import { Tree } from "./tree.ts";
import { rankOf } from "./trouble.ts";

/** Rows in each list of the landing page. */
const listedMax = 8;

/**
 * What dev tools say of one node. Nothing is looked at unless somebody asks: {@link Observer.sample} goes through all processes and is called at
 * most once a second while somebody watches; the rest answers from the last sample, and asks only the processes that it shows.
 */
export class Observer {
  readonly #node: Node;
  readonly #gauges: Gauges;
  readonly #sample: Sample;
  readonly #restarts: Restarts;
  readonly #supervisors: Supervisors;
  readonly #rows: Rows;
  readonly #filter: Filter;
  readonly #table: Table;
  readonly #tree: Tree;
  readonly #sheets: ProcessSheets;
  readonly #history: History = new History();
  readonly #labels: Labels;
  readonly #findings: Findings = new Findings();
  /** How bad things are with each process, as it says. */
  #trouble: Uint8Array = new Uint8Array(0);
  #troubled: ReadonlyMap<number, number> = new Map();
  /** Counts how often that has changed. */
  #troubles = 0;

  constructor(node: Node, gauges: Gauges) {
    const { kernel } = node;
    this.#node = node;
    this.#gauges = gauges;
    this.#labels = new Labels(kernel.columns);
    this.#sample = new Sample(kernel.columns, (slot) => this.#labels.changed(slot));
    this.#restarts = new Restarts(kernel);
    this.#supervisors = new Supervisors(kernel);
    this.#rows = new Rows(node, this.#sample, this.#supervisors, this.#restarts);
    this.#filter = new Filter(kernel, this.#sample, this.#rows);
    this.#table = new Table(kernel, this.#sample, this.#filter, this.#rows);
    this.#tree = new Tree(kernel, this.#sample, this.#supervisors, this.#filter, this.#rows);
    this.#sheets = new ProcessSheets(node, this.#rows, this.#restarts);
  }

  /** Looks at all processes, and reads on in the flight recorder. */
  sample(): void {
    const { host } = this.#node.kernel;
    const nowMs = host.clock.monotonic();
    const everyMs = this.#sample.serial === 0 ? null : nowMs - this.#sample.atMs;
    const loop = this.#gauges.loop();
    this.#sample.take(nowMs);
    const events = this.#restarts.follow();
    this.#findings.look({
      node: this.#node,
      nowMs,
      everyMs,
      sample: this.#sample,
      labels: this.#labels,
      rows: this.#rows,
      restarts: this.#restarts,
      events,
      loop,
    });
    this.#judge();
    const { processes, mailbox, receivedPerSecond } = this.#sample.totals;
    this.#history.add(nowMs, processes, receivedPerSecond ?? 0, mailbox, loop?.lastMs ?? 0);
  }

  get node(): NodeSheet {
    const { ref, incarnation, kernel } = this.#node;
    return { id: ref.id, incarnation, url: kernel.distribution?.url ?? null, program: this.#gauges.program };
  }

  overview(): Overview {
    this.#begin();
    const { kernel } = this.#node;
    const { totals } = this.#sample;
    return {
      node: this.node,
      upMs: kernel.host.clock.monotonic() - kernel.startedMs,
      processes: totals.processes,
      runnable: kernel.scheduler.length,
      timers: kernel.alarms.length,
      deadLetters: kernel.deadLetters.count,
      crashes: kernel.crashes.count,
      restarts: this.#restarts.count,
      reductionsPerSecond: totals.reductionsPerSecond,
      messagesPerSecond: totals.receivedPerSecond,
      loop: this.#gauges.loop(),
      memory: this.#gauges.memory(),
      findings: this.findings(),
      growing: this.#rows.rows(this.#sample.extremes.growing.slice(0, listedMax)),
      stuck: this.#rows.rows(this.#sample.extremes.stuck.slice(0, listedMax)),
      busiest: this.#rows.rows(this.#sample.extremes.busiest.slice(0, listedMax)),
      restarting: this.#restarting(),
      deaths: kernel.crashes.reports.slice(-listedMax).toReversed().map(crashSummary),
      history: this.#history.sheet,
      costMsPerSecond: this.#gauges.costMsPerSecond(),
    };
  }

  /** What somebody should look at, the worst first. */
  findings(): readonly Finding[] {
    return this.#findings.list;
  }

  table(query: TableQuery): TablePage {
    this.#begin();
    return this.#table.page(query);
  }

  tree(query: TreeQuery): TreePage {
    this.#begin();
    return this.#tree.page(query, this.#trouble, this.#troubles);
  }

  /**
   * A process in full; null: there is none any more.
   *
   * @param pid its `Pid.key`.
   * @param values whether what is in its messages may be shown.
   */
  process(pid: string, values: boolean): ProcessSheet | null {
    this.#begin();
    return this.#sheets.sheet(pid, values);
  }

  crashes(): CrashPage {
    return crashPage(this.#node.kernel.crashes);
  }

  /** A crash in full; null: there is none of that number, or none any more. */
  crash(id: number): CrashSheet | null {
    const report = this.#node.kernel.crashes.get(id);
    return report === undefined ? null : crashSheet(report, this.#node);
  }

  lifetimes(): Lifetimes {
    return lifetimesOf(this.#node);
  }

  network(): NetworkSheet {
    return networkOf(this.#node);
  }

  #judge(): void {
    const { columns } = this.#node.kernel;
    const troubled = new Map<number, number>();
    for (const { pid, severity } of this.findings()) {
      const slot = pid === null ? -1 : this.#filter.slotOf(pid);
      if (slot >= 0) troubled.set(slot, Math.max(troubled.get(slot) ?? 0, rankOf(severity)));
    }
    if (this.#trouble.length !== columns.serials.length) this.#trouble = new Uint8Array(columns.serials.length);
    else if (isEqual(troubled, this.#troubled)) return;
    for (const slot of this.#troubled.keys()) this.#trouble[slot] = 0;
    for (const [slot, rank] of troubled) this.#trouble[slot] = rank;
    this.#troubled = troubled;
    this.#troubles += 1;
  }

  /** The first to ask does not wait for a sample, nor does the first after a long while. */
  #begin(): void {
    if (!this.#sample.isKept) this.sample();
  }

  /** Those that have restarted something within their window, the last one first. */
  #restarting(): Overview["restarting"] {
    const { kernel } = this.#node;
    const restarting: Overview["restarting"][number][] = [];
    const nowMs = kernel.host.clock.monotonic();
    for (const { pid, lastMs } of [...this.#restarts.supervisors].toReversed()) {
      if (restarting.length === listedMax) break;
      const cell: Cell | undefined = kernel.find(pid);
      if (cell === undefined) continue;
      const summary = supervisorSummary(kernel.detailsOf(cell, true));
      // A supervisor leaves out what is older only when it restarts something.
      if (summary !== null && nowMs - lastMs <= summary.withinSeconds * 1000)
        restarting.push({ supervisor: this.#rows.row(cell), summary });
    }
    return restarting;
  }
}

function isEqual(one: ReadonlyMap<number, number>, other: ReadonlyMap<number, number>): boolean {
  if (one.size !== other.size) return false;
  for (const [slot, rank] of one) if (other.get(slot) !== rank) return false;
  return true;
}
