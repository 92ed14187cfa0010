import { CauseError, describeCause, type LocalGenerator } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import { NodeRef } from "./node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import { Migrate } from "../moving/migrate.ts";
import { stopAll } from "../exits/shutdown.ts";

/** What became of a node that was drained. */
export interface Drained {
  /** What has moved, with its home, and where it is now. */
  readonly migrated: readonly { readonly pid: Pid; readonly to: NodeRef }[];
  /** What was stopped in order, or killed when the time was over, and why it has not moved. */
  readonly stopped: readonly { readonly pid: Pid; readonly label: string; readonly why: string }[];
  /** The nodes that it was connected with when it left: each of them sees a `nodedown` with the reason `shutdown`. */
  readonly left: readonly NodeRef[];
}

/** How many processes are on their way at once: a node of a hundred thousand must not open a hundred thousand offers. */
const movesMax = 32;

/** How often a node that is about to leave looks whether all have heard where its processes are. */
const lookMs = 20;

/**
 * Moves what can move, stops the rest, and leaves. The oldest move first. A process that is linked with its parent goes only after it: whoever
 * stops, stops it too, wherever it is.
 */
export async function drain(kernel: Kernel, to: readonly NodeRef[], withinMs: number): Promise<Drained> {
  const { clock } = kernel.host;
  const startedMs = clock.monotonic();
  const leftMs = (): number => Math.max(0, startedMs + withinMs - clock.monotonic());
  kernel.draining = true;
  const move = new Moving(kernel, to, startedMs + withinMs / 2);
  await move.done();
  await untilAllKnow(kernel, startedMs + withinMs * 0.75);
  const stopped = kernel.homed.map(({ pid, label }) => ({ pid, label, why: move.why(pid) }));
  const left = kernel.distribution?.connected ?? [];
  await stopAll(kernel, leftMs());
  return { migrated: move.migrated, stopped, left };
}

/** Whoever sends to what has moved is told the way by this node, which must not leave before. */
async function untilAllKnow(kernel: Kernel, deadlineMs: number): Promise<void> {
  const { clock } = kernel.host;
  const { distribution } = kernel;
  if (distribution === null) return;
  const isBusy = (): boolean => distribution.homes.underway + distribution.moving.leavers > 0;
  while (isBusy() && clock.monotonic() < deadlineMs) {
    await new Promise<void>((resolve) => void kernel.alarms.set(lookMs, { ring: resolve }));
  }
}

class Moving {
  readonly migrated: { readonly pid: Pid; readonly to: NodeRef }[] = [];
  readonly #kernel: Kernel;
  readonly #to: readonly NodeRef[];
  readonly #deadlineMs: number;
  readonly #why = new Map<string, string>();
  /** What is to move and may now. */
  readonly #ready: Cell[] = [];
  /** What may move once its parent has. */
  readonly #children = new Map<string, Cell[]>();
  #turn = 0;

  constructor(kernel: Kernel, to: readonly NodeRef[], deadlineMs: number) {
    this.#kernel = kernel;
    this.#to = to;
    this.#deadlineMs = deadlineMs;
  }

  #childrenOf(parent: string): Cell[] {
    let children = this.#children.get(parent);
    if (children === undefined) this.#children.set(parent, (children = []));
    return children;
  }

  /** Why a process has not moved. */
  why(pid: Pid): string {
    return this.#why.get(pid.key) ?? "there was no time to move it";
  }

  async done(): Promise<void> {
    const kernel = this.#kernel;
    const cells = [...kernel.homed, ...kernel.guests.values()];
    for (const cell of cells) {
      const parent = this.#parentOf(cell);
      if (parent === null) this.#ready.push(cell);
      else this.#childrenOf(parent).push(cell);
    }
    const movers = Array.from({ length: Math.min(movesMax, cells.length) }, () => this.#mover());
    await Promise.all(movers);
  }

  /** One of the processes that move others, one after the other. */
  #mover(): Promise<void> {
    return new Promise((resolve) => {
      const mover = this.#kernel.spawn(this.#kernel.root, () => this.#moveAll(), []);
      this.#kernel.columns.markSystem(mover);
      mover.ended = () => resolve();
    });
  }

  *#moveAll(): LocalGenerator<void> {
    for (let cell = this.#ready.shift(); cell !== undefined; cell = this.#ready.shift()) {
      const why = yield* this.#move(cell);
      const children = this.#children.get(cell.pid.key) ?? [];
      if (why !== null) this.#stay(cell, why);
      else for (const child of children) this.#ready.push(child);
    }
  }

  /** Null when it has moved, or there is nothing to be moved any more. */
  *#move(cell: Cell): LocalGenerator<string | null> {
    if (!cell.alive) return null;
    const { pid } = cell;
    const targets = this.#targetsOf(cell);
    let why = "there is nowhere to move it to";
    for (const node of targets) {
      try {
        if (cell.place?.kind === "guest") yield* this.#migrate(pid, { node });
        else {
          // Its home can be handed over once it computes there.
          if (cell.place !== null) yield* this.#migrate(pid, { node: this.#self });
          yield* this.#migrate(pid, { node, home: true });
        }
        this.migrated.push({ pid, to: node });
        return null;
      } catch (error) {
        why = reasonOf(error);
        // It cannot move anywhere.
        if ((error as { readonly code?: unknown }).code === "NOT_MOVABLE") return why;
      }
    }
    return why;
  }

  #migrate(pid: Pid, request: { readonly node: NodeRef; readonly home?: boolean }): Migrate<void> {
    const leftMs = Math.max(0, this.#deadlineMs - this.#kernel.host.clock.monotonic());
    return new Migrate<void>(pid, request, leftMs);
  }

  /** Each of the nodes, another one first each time; a guest goes home when none is given. */
  #targetsOf({ place, pid }: Cell): readonly NodeRef[] {
    if (this.#to.length === 0 && place?.kind === "guest") return [new NodeRef(pid.address.id, null)];
    const first = this.#turn++ % Math.max(1, this.#to.length);
    return [...this.#to.slice(first), ...this.#to.slice(0, first)];
  }

  /** It stops here, and with it all that is linked with it as its child. */
  #stay(cell: Cell, why: string): void {
    this.#why.set(cell.pid.key, why);
    for (const child of this.#children.get(cell.pid.key) ?? []) {
      this.#stay(child, `it belongs to ${cell.label}, which has not moved: ${why}`);
    }
  }

  /** The process of this node that it is linked with and was started by. */
  #parentOf(cell: Cell): string | null {
    const parent = this.#kernel.find(cell.parent);
    if (parent === undefined || !parent.alive || cell.links === null) return null;
    for (const peer of cell.links) if (peer.equals(parent.pid)) return parent.pid.key;
    return null;
  }

  get #self(): NodeRef {
    return new NodeRef(this.#kernel.address.id, this.#kernel.distribution?.url ?? null);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof CauseError) return describeCause(error.reason);
  return error instanceof Error ? error.message : String(error);
}
