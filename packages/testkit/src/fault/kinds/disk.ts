import type { FaultKind } from "../kind.ts";

/** A disk that is slow, or full. */
export interface Disk {
  readonly node: string;
  /** Added to how long each access takes, in milliseconds: at least 1 if it is not full. Default: 0. */
  readonly latencyMs?: number;
  /** Whether it takes nothing: writing fails, and what was there before stays. */
  readonly full?: boolean;
  readonly lastsMs?: number | null;
}

export const disk: FaultKind<Disk> = {
  check: (fields) => {
    const node = fields.node("node");
    const full = fields.flag("full");
    const latencyMs = fields.has("latencyMs") || !full ? fields.number("latencyMs", full ? 0 : 1) : 0;
    return { node, latencyMs, ...(full ? { full } : {}), lastsMs: fields.lastsMs() };
  },
  describe: ({ node, latencyMs = 0, full = false }) =>
    [
      ...(latencyMs > 0 ? [`the disk of ${node} takes ${latencyMs} ms longer`] : []),
      ...(full ? [`the disk of ${node} is full`] : []),
    ].join(", "),
  inert: "nothing was read or written meanwhile",
  begin: ({ node, latencyMs = 0, full = false }, controls) => controls.disk(node, { latencyMs, full }),
};
