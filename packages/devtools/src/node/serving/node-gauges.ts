import { type EventLoopUtilization, monitorEventLoopDelay, performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Gauges } from "../../observing/gauges.ts";
import type { NodeSheet, Overview } from "../../protocol/sheets.ts";

/** Each look wakes an event loop that is idle: at ten a second that takes about 1 ms of it. */
const resolutionMs = 100;
/** Of the worst lateness. */
const minute = 60;

/** What Node measures of this OS process. The event loop is watched between {@link NodeGauges.start} and {@link NodeGauges.stop}. */
export class NodeGauges implements Gauges {
  readonly program: NodeSheet["program"];
  #delays: ReturnType<typeof monitorEventLoopDelay> | null = null;
  #used: EventLoopUtilization = performance.eventLoopUtilization();
  #late: number[] = [];
  #loop: Overview["loop"] = null;
  #spentMs = 0;
  #sinceMs = 0;
  #costMsPerSecond = 0;

  constructor(title: string) {
    this.program = { pid: process.pid, title: title.slice(0, 200), runtime: `node ${process.version}` };
  }

  start(): void {
    if (this.#delays !== null) return;
    this.#delays = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#delays.enable();
    this.#used = performance.eventLoopUtilization();
    this.#late = [];
    this.#loop = null;
    this.#spentMs = 0;
    this.#sinceMs = performance.now();
  }

  stop(): void {
    this.#delays?.disable();
    this.#delays = null;
    this.#loop = null;
  }

  /** Takes what was measured since the last call. */
  tick(): void {
    if (this.#delays === null) return;
    // Between two of its own timers: what is over its interval is lateness.
    const lastMs = this.#delays.count === 0 ? 0 : Math.max(0, this.#delays.max / 1e6 - resolutionMs);
    this.#delays.reset();
    this.#late.push(lastMs);
    if (this.#late.length > minute) this.#late.shift();
    const used = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(used, this.#used);
    this.#used = used;
    this.#loop = { lastMs, worstMs: Math.max(...this.#late), utilization };
    const nowMs = performance.now();
    this.#costMsPerSecond = (this.#spentMs * 1_000) / Math.max(1, nowMs - this.#sinceMs);
    this.#spentMs = 0;
    this.#sinceMs = nowMs;
  }

  loop(): Overview["loop"] {
    return this.#loop;
  }

  memory(): Overview["memory"] {
    const { used_heap_size: heapUsedBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics();
    return { rssBytes: process.memoryUsage.rss(), heapUsedBytes, heapLimitBytes };
  }

  costMsPerSecond(): number {
    return this.#costMsPerSecond;
  }

  spent(ms: number): void {
    this.#spentMs += ms;
  }
}
