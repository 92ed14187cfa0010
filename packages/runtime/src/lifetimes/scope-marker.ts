import { causeOf, CauseError, HeartbeatForgottenError, isClean, isEnded, type Heartbeat } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { Marker } from "../stack.ts";

/**
 * The scope of `Heartbeat.link`. When the heartbeat ends, what runs in the scope is cancelled, and below it the heartbeat's cause is thrown.
 * When what runs in it fails, or the process ends abnormally in it, the heartbeat fails.
 */
export class ScopeMarker implements Marker {
  readonly marker = "scope";
  readonly heartbeat: Heartbeat;
  error: unknown = undefined;
  #registration: string | null = null;
  #open = false;

  constructor(heartbeat: Heartbeat) {
    this.heartbeat = heartbeat;
  }

  entered(kernel: Kernel, cell: Cell): void {
    let ended = false;
    this.#open = true;
    this.#emit(kernel, cell, "scope.entered");
    const id = kernel.lifetimes.register(this.heartbeat, {
      told: (status) => {
        ended = true;
        this.#registration = null;
        this.error = isEnded(status) ? new CauseError(status.cause) : new HeartbeatForgottenError(this.heartbeat);
        this.#emit(kernel, cell, "scope.cancelled");
        kernel.interrupt(cell, this);
      },
    });
    if (!ended) this.#registration = id;
    tellHome(cell);
  }

  returned(kernel: Kernel, cell: Cell, value: unknown): unknown {
    this.#release(kernel, cell);
    tellHome(cell);
    return value;
  }

  threw(kernel: Kernel, cell: Cell, error: unknown): never {
    // First, or this very scope would hear of it.
    this.#release(kernel, cell);
    tellHome(cell);
    kernel.lifetimes.failed(this.heartbeat, causeOf(error));
    throw error;
  }

  left(kernel: Kernel, cell: Cell): void {
    this.#release(kernel, cell);
    const { cause } = cell;
    if (cause !== null && !isClean(cause)) kernel.lifetimes.failed(this.heartbeat, cause);
  }

  capture(): Heartbeat {
    return this.heartbeat;
  }

  #release(kernel: Kernel, cell: Cell): void {
    if (this.#registration !== null) kernel.lifetimes.unregister(this.#registration);
    this.#registration = null;
    if (this.#open) this.#emit(kernel, cell, "scope.left");
    this.#open = false;
  }

  #emit({ events }: Kernel, { pid }: Cell, type: "scope.entered" | "scope.cancelled" | "scope.left"): void {
    if (events.active) events.emit({ type, pid, heartbeat: this.heartbeat });
  }
}

/** The heartbeats of the scopes that are open in a process, outermost first. */
export function openScopes(stack: Cell["stack"]): readonly Heartbeat[] {
  return (stack ?? []).flatMap((entry) => (entry instanceof ScopeMarker ? [entry.heartbeat] : []));
}

/** The home of a guest fails these heartbeats when it has to give up the node that the guest is on. */
function tellHome(cell: Cell): void {
  if (cell.place?.kind === "guest") cell.place.scopes(openScopes(cell.stack));
}
