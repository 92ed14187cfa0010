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
  const frames = limits.frames ?? 10_000;
  if (!(Number.isInteger(frames) && frames > 0))
    throw new RangeError(`sandbox.frames: expected a whole number above 0, got ${frames}`);
  const cpuMs = durationMs(limits.cpu ?? "1s", "sandbox.cpu");
  if (cpuMs < 1) throw new RangeError(`sandbox.cpu: expected at least 1 ms, got ${cpuMs}`);
  return {
    memoryBytes,
    bufferBytes: limits.buffers === undefined ? memoryBytes / 4 : sizeBytes(limits.buffers, "sandbox.buffers"),
    cpuMs,
    share,
    frames,
    idleMs: durationMs(limits.idle ?? "10s", "sandbox.idle"),
    operations: new Set(limits.operations ?? allowedOperations),
  };
}

const unitBytes: Readonly<Record<string, number>> = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

function sizeBytes(size: Size, name: string): number {
  const match = typeof size === "string" ? /^(\d+(?:\.\d+)?)(KB|MB|GB)$/.exec(size) : null;
  const bytes = match === null ? size : Number(match[1]) * (unitBytes[match[2] as string] as number);
  if (typeof bytes === "number" && bytes >= 0 && bytes < Infinity) return Math.floor(bytes);
  throw new TypeError(`${name}: expected bytes or a size such as "64MB", got ${String(size)}`);
}
