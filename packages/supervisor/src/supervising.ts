import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import { InKernel, isExit, Process, type Kernel, type Pid, type Self } from "@espalier/runtime";
import { assert } from "./assert.ts";
import { drawDelayMs, type Wait } from "./backoff.ts";

/** A supervisor's message to itself: there is a restart to try again. */
export class Retry<Event> {
  readonly event: Event;

  constructor(event: Event) {
    this.event = event;
  }
}

/** What every supervisor is told by its mailbox. */
type Told =
  | { readonly type: "exited"; readonly pid: Pid; readonly cause: Cause }
  | { readonly type: "stop"; readonly cause: Cause };

/** One running supervisor of either kind: lets its plan decide about each event, and performs what that says. */
export abstract class Supervising<Event, Action, Reply> {
  protected readonly self: Self<unknown>;
  protected reply: Reply | null = null;
  /** Why it has ended, once all its children have. */
  ended: Cause | null = null;

  constructor(self: Self<unknown>) {
    this.self = self;
  }

  /** What to do about `event`, in order. */
  protected abstract decide(event: Event | Told, nowMs: number): readonly Action[];

  /** Does it; the result of a start or a stop is the next event. */
  protected abstract perform(action: Action): LocalGenerator<Event | null>;

  /** Performs what is decided about `event`, and about the results of that, until the supervisor is idle again or has ended. */
  *take(event: Event | Told): LocalGenerator<void> {
    for (let next: Event | Told | null = event; next !== null;) {
      const actions: readonly Action[] = this.decide(next, yield* Process.now());
      next = null;
      for (const action of actions) next = yield* this.perform(action);
    }
  }

  /** {@link take} for an event that asks for a reply. */
  *ask(event: Event): LocalGenerator<any> {
    this.reply = null;
    yield* this.take(event);
    assert(this.reply !== null, "management gets a reply");
    return this.reply;
  }

  /** Lets the mailbox have its turn before the next attempt, and time pass where there is a back-off (R-950, R-1403). */
  protected *retry(event: Event, wait: Wait | null): LocalGenerator<void> {
    const message = new Retry(event);
    if (wait === null) return yield* Process.send(this.self.pid, message);
    // Ends with this process; one whose child needs no retry any more comes too late, and does nothing.
    yield* Process.sendAfter(drawDelayMs(wait, yield* new InKernel(randomUnit)), this.self.pid, message);
  }

  /** Whatever is no call: what it does not know it reports and ignores. */
  *message(message: unknown): LocalGenerator<void> {
    const { pid } = this.self;
    if (message instanceof Retry) yield* this.take(message.event);
    else if (!isExit(message)) yield* Process.report({ type: "unexpected-message", pid, label: "supervisor", message });
    else if (isNode(message.from)) yield* this.take({ type: "stop", cause: message.cause });
    else yield* this.take({ type: "exited", pid: message.from, cause: message.cause });
  }
}

function randomUnit({ host }: Kernel): number {
  return host.random.unit();
}

/** Whether it stands for a node: what nodes do themselves, such as asking processes to end, carries the serial that no process has. */
function isNode(pid: Pid): boolean {
  return pid.serial === 0;
}
