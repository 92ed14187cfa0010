import type { FaultKind } from "../kind.ts";

/** A node that reads slowly: what others send to it queues up with them. */
export interface SlowConsumer {
  readonly node: string;
  readonly bytesPerSecond: number;
  readonly lastsMs?: number | null;
}

export const slowConsumer: FaultKind<SlowConsumer> = {
  check: (fields) => ({
    node: fields.node("node"),
    bytesPerSecond: fields.number("bytesPerSecond", 1),
    lastsMs: fields.lastsMs(),
  }),
  describe: ({ node, bytesPerSecond }) => `${node} reads no more than ${bytesPerSecond} bytes/s`,
  inert: "nothing was sent to it meanwhile",
  begin: ({ node, bytesPerSecond }, controls) => controls.readSlowly(node, bytesPerSecond),
};
