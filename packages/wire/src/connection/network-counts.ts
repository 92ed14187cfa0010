import type { HandshakeFailure } from "@espalier/runtime";
import type { Counts } from "../session/counts.ts";

/** What a node has done on its network since it was started, apart from the links that are up: see `NetworkView`. */
export class NetworkCounts {
  begun = 0;
  done = 0;
  readonly failed: Record<HandshakeFailure, number> = {
    stranger: 0,
    misfit: 0,
    refused: 0,
    crossed: 0,
    broken: 0,
    late: 0,
    gone: 0,
    ended: 0,
  };
  readonly sent: Counts = { frames: 0, messages: 0, bytes: 0 };
  readonly received: Counts = { frames: 0, messages: 0, bytes: 0 };
}
