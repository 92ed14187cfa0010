import { AsyncFrame } from "../spawning/async-body.ts";
import { Queue } from "@espalier/channels";
import { causeOf, isClean, killed, normal, type Cause } from "@espalier/heartbeat";
import { Thrown, type Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";
import { decideExit } from "./signal.ts";
import { isMarker } from "../stack.ts";
import { unwind } from "./unwind.ts";

/**
 * How processes end. Sealing a process's fate and carrying it out are two steps: a crowd of linked processes ends one after the other from
 * a queue, not in a recursion, and a process that is executing first has to let go of its generator.
 */
export class Exits {
  readonly #kernel: Kernel;
  readonly #dying: Queue<Cell> = new Queue<Cell>();
  #draining = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * An exit signal has arrived. Its sender's link, if it came through one, is gone with it. `ahead`: if it becomes a message, that
   * is a priority message.
   */
  signal(cell: Cell, from: Pid, cause: Cause, link: boolean, ahead: boolean = false): void {
    const linked = link && cell.links !== null && cell.links.delete(from);
    const toSelf = from.equals(cell.pid);
    switch (decideExit({ link, cause, toSelf }, { linked, trapping: cell.trapping })) {
      case "drop":
        return;
      case "message": {
        this.#kernel.deliverMapped(cell, { type: "EXIT", from, cause }, cell.exitMap, ahead);
        return;
      }
      case "die":
        this.end(cell, cause);
        return;
      case "kill":
        this.kill(cell);
        return;
    }
  }

  /** Ends the process with `cause`: its `finally` blocks run first. Nothing happens when its fate is sealed already. */
  end(cell: Cell, cause: Cause): void {
    this.#seal(cell, cause);
  }

  /** Ends the process with `killed`: nothing of it runs any more, no `finally` either. */
  kill(cell: Cell): void {
    if (!cell.alive) return;
    // Dropped generators are simply forgotten. One that is executing goes on to its next operation, and no further.
    cell.cause = killed;
    this.drop(cell);
    this.#seal(cell, killed);
  }

  /** The body has returned or thrown. The scheduler finishes the process when it has let go of it. */
  bodyEnded(cell: Cell, outcome: unknown, threw: boolean): void {
    cell.cause = threw ? causeOf(outcome) : normal;
    cell.outcome = threw ? new Thrown(outcome) : outcome;
    cell.status = "exiting";
  }

  #seal(cell: Cell, cause: Cause): void {
    if (!cell.alive) return;
    const running = cell.status === "running";
    cell.cause = cause;
    cell.status = "exiting";
    if (running) return;
    this.#dying.push(cell);
    if (!this.#draining) this.#drain();
  }

  /** Carries out what is sealed. For the scheduler, when `cell` is the process that it was stepping. */
  finish(cell: Cell): void {
    this.#dying.push(cell);
    if (!this.#draining) this.#drain();
  }

  #drain(): void {
    this.#draining = true;
    try {
      for (let cell = this.#dying.shift(); cell !== undefined; cell = this.#dying.shift()) this.#finish(cell);
    } finally {
      this.#draining = false;
    }
  }

  #finish(cell: Cell): void {
    const kernel = this.#kernel;
    const cause = cell.cause as Cause;
    cell.waiting?.cancel(kernel);
    cell.waiting = null;
    this.unwindAll(cell);
    const outcome = cell.outcome;
    cell.outcome = undefined;
    cell.input = undefined;
    const crash = isClean(cause) || isEndOfLifetime(cause) ? null : kernel.crashes.add(cell, cause);
    // What others can see is released before anybody hears of the end.
    kernel.release(cell);
    cell.status = "ended";
    if (crash !== null) kernel.crashed(cell, crash);
    const { place, links, ended } = cell;
    cell.links = null;
    cell.ended = null;
    if (place !== null && place.kind === "guest") {
      // Everything else is at its home, and the home's business.
      for (let watch = cell.watches; watch !== null; watch = cell.watches) {
        watch.close();
        watch.ownerEnded(kernel);
      }
      cell.place = null;
      place.ended(cause, outcome);
      return;
    }
    cell.place = null;
    place?.ended(cause);
    for (let watch = cell.watches; watch !== null; watch = cell.watches) {
      // Symmetrical bookkeeping: nobody keeps a watcher that is gone.
      kernel.unwatch(watch);
      watch.ownerEnded(kernel);
    }
    // Watchers before links: whoever started this process and is linked to it decides whether it gets the exit as well.
    for (let watcher = cell.watchers; watcher !== null; watcher = cell.watchers) watcher.notify(kernel, cause);
    if (links !== null) {
      const exit = { type: "exit", from: cell.pid, cause, link: true } as const;
      if (links.first !== null) kernel.route(cell.pid, links.first, exit);
      if (links.rest !== null) for (const peer of links.rest.values()) kernel.route(cell.pid, peer, exit);
    }
    kernel.recorder.ended(cell, cause);
    if (kernel.events.hears("exit")) kernel.events.emit({ type: "exit", pid: cell.pid, label: cell.label, cause });
    ended?.(cause, outcome);
  }

  /** Forgets all frames without running anything of them, and leaves all scopes. */
  drop(cell: Cell): void {
    const { frame, stack } = cell;
    cell.frame = null;
    cell.stack = null;
    if (frame instanceof AsyncFrame) frame.drop();
    if (stack === null) return;
    for (const entry of stack) {
      if (entry instanceof AsyncFrame) entry.drop();
      else if (isMarker(entry)) entry.left(this.#kernel, cell);
    }
  }

  /** Cancels all frames, the top one first, and leaves all scopes. */
  unwindAll(cell: Cell): void {
    const { stack } = cell;
    if (cell.frame !== null) unwind(this.#kernel, cell, cell.frame);
    cell.frame = null;
    cell.stack = null;
    if (stack === null) return;
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      if (isMarker(entry)) entry.left(this.#kernel, cell);
      else unwind(this.#kernel, cell, entry);
    }
  }
}

/** Something that was told how long to live has ended then: what was asked for, and no crash to report. */
function isEndOfLifetime({ type }: Cause): boolean {
  return type === "stopped" || type === "expired";
}
