import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import { Process, type Exit, type Pid, type Self } from "@espalier/runtime";
import { decide, type Decided } from "./decide.ts";
import { publish } from "./events.ts";
import type { SupervisorFlags } from "./flags.ts";
import type { ChildSpec } from "./spec.ts";
import { startChild } from "./start-child.ts";
import {
  initialState,
  type StepResult,
  type SupervisorAction,
  type SupervisorEvent,
  type SupervisorState,
} from "./state.ts";
import { isExit, stopChildren } from "./stop-children.ts";

/** What a supervisor is made of, checked and with every default filled in. */
export interface SupervisorPlan {
  readonly flags: SupervisorFlags;
  readonly children: readonly ChildSpec[];
}

/** A supervisor's message to itself: there is a restart to try again. */
class Retry {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

/**
 * The body of a static supervisor: an ordinary process that performs what {@link decide} decides. While it starts or stops a child its mailbox
 * waits; a restart that failed is tried again by way of the mailbox, so that management and the order to stop have their turn.
 */
export function* supervise(self: Self<unknown>, plan: SupervisorPlan): LocalGenerator<never> {
  yield* self.trapExit();
  const supervising = new Supervising(self, yield* Process.parent(), plan);
  yield* supervising.take({ type: "boot" });
  for (;;) yield* supervising.receive();
}

class Supervising {
  readonly #self: Self<unknown>;
  readonly #parent: Pid;
  #state: SupervisorState<Pid>;

  constructor(self: Self<unknown>, parent: Pid, { flags, children }: SupervisorPlan) {
    this.#self = self;
    this.#parent = parent;
    this.#state = initialState(flags, children);
  }

  *receive(): LocalGenerator<void> {
    const message = yield* this.#self.receive();
    if (isExit(message)) yield* this.take(this.#eventOf(message));
    else if (message instanceof Retry) yield* this.take({ type: "retry", id: message.id });
    else yield* Process.report({ type: "unexpected-message", pid: this.#self.pid, label: "supervisor", message });
  }

  /** Performs what is decided about `event`, and about the results of that, until the supervisor is idle again. */
  *take(event: SupervisorEvent<Pid>): LocalGenerator<void> {
    for (let next: SupervisorEvent<Pid> | null = event; next !== null;) {
      const { state, actions }: Decided<Pid> = decide(this.#state, next, yield* Process.now());
      this.#state = state;
      next = null;
      for (const action of actions) next = yield* this.#perform(action);
    }
  }

  *#perform(action: SupervisorAction<Pid>): LocalGenerator<StepResult<Pid> | null> {
    const self = this.#self;
    switch (action.type) {
      case "start":
        return yield* startChild(action.spec, action.spec.args);
      case "stop": {
        const [cause] = yield* stopChildren(self, [action.pid], action.spec.shutdown);
        return { type: "stopped", cause: cause as Cause };
      }
      case "ready":
        yield* self.ready();
        return null;
      case "retry":
        yield* Process.send(self.pid as Pid<Retry>, new Retry(action.id));
        return null;
      case "reply":
        return null;
      case "report":
        yield* publish(self.pid, action.report);
        return null;
      case "end":
        return yield* Process.exit(action.cause);
    }
  }

  /** Its parent's end, or its node's, is the order to stop. */
  #eventOf({ from, cause }: Exit): SupervisorEvent<Pid> {
    if (from.equals(this.#parent) || isNode(from)) return { type: "stop", cause };
    return { type: "exited", pid: from, cause };
  }
}

/** Nodes sign what they do themselves with the serial that no process has. */
function isNode(pid: Pid): boolean {
  return pid.serial === 0;
}
