import type { Node } from "@espalier/runtime";
import { recordingVersion, type Recording } from "../protocol/recording.ts";

/** What the flight recorder of a node has, and who lives. */
export function recordingOf(node: Node): Recording {
  const { host, address } = node.kernel;
  const nowMs = host.clock.monotonic();
  return {
    format: "espalier-recording",
    version: recordingVersion,
    title: address.id,
    source: "node",
    fromMs: nowMs,
    toMs: nowMs,
    wallMs: host.clock.wall(),
    nodes: [{ id: address.id, name: address.id.slice(0, 8) }],
    processes: [],
    events: [],
    faults: [],
    failure: null,
    seed: null,
    lost: 0,
  };
}
