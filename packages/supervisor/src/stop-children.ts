import { kill, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { isDown, isExit, Process, type Down, type Exit, type Pid, type Ref, type Self } from "@espalier/runtime";
import { planShutdown, type Shutdown } from "./shutdown.ts";

/** A child to stop, and how. */
export interface Stop<P = Pid> {
  readonly pid: P;
  readonly shutdown: Shutdown;
}

/** A child that is being stopped: its link is gone, its end comes as a DOWN message. */
interface Stopping {
  readonly pid: Pid;
  readonly ref: Ref;
  /** When it is killed, on the monotonic clock; Infinity: never, or it has been. */
  deadlineMs: number;
}

/**
 * Stops children and waits until all are dead: told at once, together, and each killed when its own time is over (R-961, R-965, R-1006). A
 * static supervisor stops one at a time by asking for one.
 *
 * Instead of its link each child gets a monitor for the wait, so one that has unlinked itself cannot hang its supervisor, and the true
 * cause is seen. EXIT messages of theirs that wait in the mailbox are consumed.
 *
 * @returns why each of them ended, in the same order.
 */
export function* stopChildren(self: Self<unknown>, stops: readonly Stop[]): LocalGenerator<readonly Cause[]> {
  const causes = new Map<Pid, Cause>();
  const stopping = new Map<number, Stopping>();
  for (const { pid } of stops) {
    const ref = yield* Process.monitor(pid);
    yield* Process.unlink(pid);
    stopping.set(ref.serial, { pid, ref, deadlineMs: Infinity });
  }
  yield* takeExits(self, new Map(stops.map(({ pid }) => [pid.serial, pid])), causes);
  const nowMs = yield* Process.now();
  const pending = [...stopping.values()];
  for (const [index, { pid, shutdown }] of stops.entries()) {
    if (causes.has(pid)) continue;
    const { signal, killAfterMs } = planShutdown(shutdown);
    if (killAfterMs !== null) pending[index]!.deadlineMs = nowMs + killAfterMs;
    yield* Process.exit(pid, signal);
  }
  yield* awaitDowns(self, stopping, causes);
  return stops.map(({ pid }) => causes.get(pid) as Cause);
}

/** Children that had ended before their link was taken away: the EXIT has the cause, the DOWN only says `noproc`. */
function* takeExits(
  self: Self<unknown>,
  pids: ReadonlyMap<number, Pid>,
  causes: Map<Pid, Cause>,
): LocalGenerator<void> {
  const match = (message: unknown): message is Exit =>
    isExit(message) && pids.get(message.from.serial)?.equals(message.from) === true;
  for (;;) {
    const exit = yield* self.receive({ match, within: 0, otherwise: null });
    if (exit === null) return;
    causes.set(pids.get(exit.from.serial) as Pid, exit.cause);
  }
}

/** Takes DOWN messages until none of the children is left, and kills those whose time is over. */
function* awaitDowns(
  self: Self<unknown>,
  stopping: Map<number, Stopping>,
  causes: Map<Pid, Cause>,
): LocalGenerator<void> {
  const match = (message: unknown): message is Down =>
    isDown(message) && stopping.get(message.ref.serial)?.ref.equals(message.ref) === true;
  let deadlineMs = earliest(stopping);
  while (stopping.size > 0) {
    const leftMs = deadlineMs === Infinity ? Infinity : Math.max(0, deadlineMs - (yield* Process.now()));
    const down = yield* self.receive({ match, within: leftMs, otherwise: null });
    if (down === null) {
      for (const child of stopping.values()) {
        if (child.deadlineMs > deadlineMs) continue;
        child.deadlineMs = Infinity;
        yield* Process.exit(child.pid, kill);
      }
      deadlineMs = earliest(stopping);
      continue;
    }
    const { pid } = stopping.get(down.ref.serial) as Stopping;
    stopping.delete(down.ref.serial);
    if (!causes.has(pid)) causes.set(pid, down.cause);
  }
}

function earliest(stopping: ReadonlyMap<number, Stopping>): number {
  let earliestMs = Infinity;
  for (const { deadlineMs } of stopping.values()) earliestMs = Math.min(earliestMs, deadlineMs);
  return earliestMs;
}
