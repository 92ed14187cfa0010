import { type Duration, durationMs } from "@espalier/heartbeat";
import { allowedOperations } from "./operations.ts";

/** A number of bytes as people write it: a number, `"512KB"`, `"64MB"`, `"1GB"`; powers of 1,024. */
export type Size = number | `${number}${"KB" | "MB" | "GB"}`;

/** What untrusted code may use. Each limit is for the code of one peer: each has a sandbox of its own. */
export interface SandboxLimits {
  /** What its values may take; beyond it the sandbox is ended. `"64MB"` unless said. */
  readonly memory?: Size;
  /**
   * Bytes of ArrayBuffers and typed arrays that its code may make; beyond it making one throws. A quarter of `memory` unless said. The
   * heap does not count them, so they are a limit of their own.
   */
  readonly buffers?: Size;
  /** Processor time of one step, from one `yield*` to the next; beyond it the sandbox is ended. `"1s"` unless said. */
  readonly cpu?: Duration;
  /** The part of one processor core that it gets over time, above 0 and at most 1; who asks for more waits. 0.5 unless said. */
  readonly share?: number;
  /** Computations in it at a time, each call that has not returned counted; one more throws. 10,000 unless said. */
  readonly frames?: number;
  /**
   * Processor time that it gets in a `cpuWindow`, its starts included; beyond it the sandbox is ended, and not started again in that window.
   * `"20m"` unless said.
   */
  readonly cpuTotal?: Duration;
  /** What {@link SandboxLimits.cpuTotal} is for, from the first start on. `"1h"` unless said. */
  readonly cpuWindow?: Duration;
  /** Processes of this node that its code has begun or runs in, and that live; one more throws. 1,000 unless said. */
  readonly processes?: number;
  /** Messages that its code sends in a second, to processes and channels; one more throws. 1,000 unless said. */
  readonly messages?: number;
  /** What those messages may take in a second, encoded; what comes after throws. `"4MB"` unless said. */
  readonly sent?: Size;
  /** Messages that wait in its processes and timers, and room in its buffered channels; one more throws. 10,000 unless said. */
  readonly queued?: number;
  /** What the messages that wait in its processes and timers take in the node; one more throws. A quarter of `memory` unless said. */
  readonly queuedBytes?: Size;
  /** Timers of its processes, waits with a time limit counted; one more throws. 10,000 unless said. */
  readonly timers?: number;
  /** Links, monitors and other things that its processes wait to hear of; one more throws. 10,000 unless said. */
  readonly monitors?: number;
  /** Heartbeats that it has created and that have not ended; one more throws. 1,000 unless said. */
  readonly heartbeats?: number;
  /** Its buffered channels and its listeners to channels; one more throws. 1,000 unless said. */
  readonly channels?: number;
  /** How long it is kept with nothing in it. `"10s"` unless said. */
  readonly idle?: Duration;
  /** The operations that its code may ask this node for, by type; see {@link allowedOperations}, which is what it may unless said. */
  readonly operations?: readonly string[];
}

/** {@link SandboxLimits} in numbers. */
export interface Limits {
  readonly memoryBytes: number;
  readonly bufferBytes: number;
  readonly cpuMs: number;
  readonly share: number;
  readonly frames: number;
  readonly idleMs: number;
  readonly cpuTotalMs: number;
  readonly cpuWindowMs: number;
  readonly processes: number;
  readonly messages: number;
  readonly sentBytes: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly timers: number;
  readonly monitors: number;
  readonly heartbeats: number;
  readonly channels: number;
  readonly operations: ReadonlySet<string>;
}

/** The least that a sandbox can start with. */
const memoryBytesMin = 16 * 2 ** 20;

/** @throws TypeError or RangeError naming the setting. */
export function readLimits(limits: SandboxLimits = {}): Limits {
  const memoryBytes = sizeBytes(limits.memory ?? "64MB", "sandbox.memory");
  if (memoryBytes < memoryBytesMin)
    throw new RangeError(`sandbox.memory: expected at least 16MB, got ${memoryBytes} bytes`);
  const share = limits.share ?? 0.5;
  if (!(share > 0 && share <= 1))
    throw new RangeError(`sandbox.share: expected more than 0 and at most 1, got ${share}`);
  const cpuMs = durationMs(limits.cpu ?? "1s", "sandbox.cpu");
  if (cpuMs < 1) throw new RangeError(`sandbox.cpu: expected at least 1 ms, got ${cpuMs}`);
  return {
    memoryBytes,
    bufferBytes: limits.buffers === undefined ? memoryBytes / 4 : sizeBytes(limits.buffers, "sandbox.buffers"),
    cpuMs,
    share,
    frames: count(limits.frames, 10_000, "frames"),
    idleMs: durationMs(limits.idle ?? "10s", "sandbox.idle"),
    cpuTotalMs: positive(durationMs(limits.cpuTotal ?? "20m", "sandbox.cpuTotal"), "cpuTotal"),
    cpuWindowMs: positive(durationMs(limits.cpuWindow ?? "1h", "sandbox.cpuWindow"), "cpuWindow"),
    processes: count(limits.processes, 1_000, "processes"),
    messages: count(limits.messages, 1_000, "messages"),
    sentBytes: positive(sizeBytes(limits.sent ?? "4MB", "sandbox.sent"), "sent"),
    queued: count(limits.queued, 10_000, "queued"),
    queuedBytes:
      limits.queuedBytes === undefined ? memoryBytes / 4 : sizeBytes(limits.queuedBytes, "sandbox.queuedBytes"),
    timers: count(limits.timers, 10_000, "timers"),
    monitors: count(limits.monitors, 10_000, "monitors"),
    heartbeats: count(limits.heartbeats, 1_000, "heartbeats"),
    channels: count(limits.channels, 1_000, "channels"),
    operations: new Set(limits.operations ?? allowedOperations),
  };
}

/** A number of things; `Infinity` is no limit. */
function count(value: number | undefined, otherwise: number, name: string): number {
  const number = value ?? otherwise;
  if ((Number.isInteger(number) && number > 0) || number === Infinity) return number;
  throw new RangeError(`sandbox.${name}: expected a whole number above 0, got ${number}`);
}

function positive(value: number, name: string): number {
  if (value > 0) return value;
  throw new RangeError(`sandbox.${name}: expected more than 0, got ${value}`);
}

const unitBytes: Readonly<Record<string, number>> = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

function sizeBytes(size: Size, name: string): number {
  const match = typeof size === "string" ? /^(\d+(?:\.\d+)?)(KB|MB|GB)$/.exec(size) : null;
  const bytes = match === null ? size : Number(match[1]) * (unitBytes[match[2] as string] as number);
  if (typeof bytes === "number" && bytes >= 0 && bytes < Infinity) return Math.floor(bytes);
  throw new TypeError(`${name}: expected bytes or a size such as "64MB", got ${String(size)}`);
}
