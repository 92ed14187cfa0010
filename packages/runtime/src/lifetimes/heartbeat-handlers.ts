import {
  CompositeHeartbeat,
  homeOf,
  HeartbeatEnd,
  isEnded,
  leavesOf,
  stopped,
  type AskHeartbeatStatus,
  type CreateHeartbeat,
  type FailHeartbeat,
  type Heartbeat,
  type HeartbeatStatus,
  type LinkHeartbeat,
  type Outcome,
  type ResetHeartbeat,
  type StopHeartbeat,
  type SuperviseHeartbeat,
} from "@espalier/heartbeat";
import { again } from "../again.ts";
import type { Cell } from "../cell.ts";
import { failure } from "../failure.ts";
import type { Kernel } from "../kernel.ts";
import { endError, type Registrant } from "./lifetimes.ts";
import { ScopeMarker } from "./scope-marker.ts";
import type { CapturedWait, suspended, Waiting } from "../waiting.ts";

export function performCreateHeartbeat(kernel: Kernel, _cell: Cell, { durationMs }: CreateHeartbeat): Heartbeat {
  return kernel.lifetimes.create(durationMs);
}

export function performStopHeartbeat(kernel: Kernel, _cell: Cell, { heartbeat }: StopHeartbeat): Outcome {
  checkDecides(kernel, heartbeat);
  return kernel.lifetimes.end(heartbeat, stopped);
}

export function performFailHeartbeat(kernel: Kernel, _cell: Cell, { heartbeat, cause }: FailHeartbeat): Outcome {
  checkDecides(kernel, heartbeat);
  return kernel.lifetimes.end(heartbeat, cause);
}

/** A composite is reset leaf by leaf; it was accepted when one leaf lived (H16). */
export function performResetHeartbeat(kernel: Kernel, _cell: Cell, { heartbeat, durationMs }: ResetHeartbeat): Outcome {
  const leaves = heartbeat instanceof CompositeHeartbeat ? leavesOf(heartbeat) : [heartbeat];
  for (const leaf of leaves) checkDecides(kernel, leaf);
  const outcomes = leaves.map((leaf) => kernel.lifetimes.reset(leaf, durationMs));
  return outcomes.includes("accepted") ? "accepted" : "refused";
}

export function performAskHeartbeatStatus(
  kernel: Kernel,
  _cell: Cell,
  { heartbeat }: AskHeartbeatStatus,
): HeartbeatStatus {
  return kernel.lifetimes.status(heartbeat);
}

/** Without other nodes there is nobody to ask about their heartbeats. */
function checkDecides(kernel: Kernel, heartbeat: Heartbeat): void {
  if (kernel.lifetimes.heartbeats.decides(heartbeat)) return;
  throw failure({ type: "noconnection", node: homeOf(heartbeat).node });
}

export function performLinkHeartbeat(
  kernel: Kernel,
  cell: Cell,
  { heartbeat, what }: LinkHeartbeat<unknown, any>,
): typeof suspended {
  return kernel.scheduler.perform(cell, what, "Heartbeat.link", new ScopeMarker(heartbeat));
}

export function performSuperviseHeartbeat(kernel: Kernel, cell: Cell, { heartbeat }: SuperviseHeartbeat): HeartbeatEnd {
  const supervision = new Supervision(kernel, cell);
  const registration = supervision.begin(heartbeat);
  return new HeartbeatEnd(heartbeat, registration);
}

export function performHeartbeatEnd(kernel: Kernel, cell: Cell, operation: HeartbeatEnd): unknown {
  const { heartbeat, registration } = operation;
  const held = [...(cell.belongings ?? [])].find(
    (belonging) => belonging instanceof Supervision && belonging.id === registration,
  ) as Supervision | undefined;
  // Made by another process, or before a move: the heartbeat's home gives the same answer to whoever asks (P2, P14).
  const supervision = held ?? new Supervision(kernel, cell);
  if (held === undefined) supervision.begin(heartbeat);
  if (supervision.status !== null) {
    supervision.release();
    return endOf(heartbeat, supervision.status);
  }
  supervision.waiting = true;
  return kernel.wait(cell, new AwaitingEnd(supervision, operation));
}

function endOf(heartbeat: Heartbeat, status: HeartbeatStatus): unknown {
  if (isEnded(status)) return status.cause;
  throw endError(heartbeat, status);
}

/** A registration of one process for the end of a heartbeat. It ends with the process. */
class Supervision implements Registrant {
  id = "";
  status: HeartbeatStatus | null = null;
  /** Whether the process is suspended until it is told. */
  waiting = false;
  #heartbeat: Heartbeat | null = null;
  readonly #kernel: Kernel;
  readonly #cell: Cell;

  constructor(kernel: Kernel, cell: Cell) {
    this.#kernel = kernel;
    this.#cell = cell;
  }

  begin(heartbeat: Heartbeat): string {
    this.#heartbeat = heartbeat;
    (this.#cell.belongings ??= new Set()).add(this);
    this.id = this.#kernel.lifetimes.register(heartbeat, this);
    return this.id;
  }

  told(status: HeartbeatStatus): void {
    this.status = status;
    if (!this.waiting) return;
    this.release();
    const heartbeat = this.#heartbeat as Heartbeat;
    if (isEnded(status)) this.#kernel.resume(this.#cell, status.cause);
    else this.#kernel.throwInto(this.#cell, endError(heartbeat, status));
  }

  release(): void {
    this.#cell.belongings?.delete(this);
    this.#kernel.lifetimes.unregister(this.id);
  }
}

class AwaitingEnd implements Waiting {
  readonly what: string;
  readonly #supervision: Supervision;
  readonly #operation: HeartbeatEnd;

  constructor(supervision: Supervision, operation: HeartbeatEnd) {
    this.#supervision = supervision;
    this.#operation = operation;
    this.what = `end of ${operation.heartbeat.toString()}`;
  }

  captureWait(): CapturedWait {
    return again(this.#operation);
  }

  cancel(): void {
    // It may ask again.
    this.#supervision.waiting = false;
  }
}
