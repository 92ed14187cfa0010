import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import { Process, Server, type Pid, type Self, type ServerDefinition } from "@espalier/runtime";
import { assert } from "./assert.ts";
import { decide, type Decided } from "./decide.ts";
import { publish } from "./events.ts";
import type { SupervisorFlags } from "./flags.ts";
import { childSpecOf, countChildren, whichChildren, type ChildCounts, type ChildInfo } from "./inventory.ts";
import { isExit, isNode } from "./messages.ts";
import { checkSpec, type ChildSpec } from "./spec.ts";
import { startChild } from "./start-child.ts";
import {
  initialState,
  type DeleteChildReply,
  type Reply,
  type RestartChildReply,
  type StartChildReply,
  type StepResult,
  type SupervisorAction,
  type SupervisorEvent,
  type SupervisorState,
  type TerminateChildReply,
} from "./state.ts";
import { stopChildren } from "./stop-children.ts";

/** What a supervisor is made of, checked and with every default filled in. */
export interface SupervisorPlan {
  readonly flags: SupervisorFlags;
  readonly children: readonly ChildSpec[];
}

/** What a static supervisor can be called for; the first parameter is the server's. */
export interface SupervisorCalls {
  readonly startChild: (state: any, spec: ChildSpec) => LocalGenerator<StartChildReply<Pid<any>>>;
  readonly terminateChild: (state: any, id: string) => LocalGenerator<TerminateChildReply>;
  readonly restartChild: (state: any, id: string) => LocalGenerator<RestartChildReply<Pid<any>>>;
  readonly deleteChild: (state: any, id: string) => LocalGenerator<DeleteChildReply>;
  readonly whichChildren: (state: any) => readonly ChildInfo<Pid<any>>[];
  readonly countChildren: (state: any) => ChildCounts;
  readonly childSpec: (state: any, child: string | Pid) => ChildSpec | null;
}

/** What the process is started with. */
interface Beginning {
  readonly self: Self<unknown>;
  /** Null: there is nothing to supervise. */
  readonly plan: SupervisorPlan | null;
}

/** A supervisor's message to itself: there is a restart to try again. */
class Retry {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

/** One running static supervisor: performs what {@link decide} decides. */
class Supervising {
  readonly #self: Self<unknown>;
  #state: SupervisorState<Pid>;
  #reply: Reply<Pid> | null = null;
  /** Why it has ended, once all its children have. */
  ended: Cause | null = null;

  constructor(self: Self<unknown>, { flags, children }: SupervisorPlan) {
    this.#self = self;
    this.#state = initialState(flags, children);
  }

  get state(): SupervisorState<Pid> {
    return this.#state;
  }

  /** Performs what is decided about `event`, and about the results of that, until the supervisor is idle again or has ended. */
  *take(event: SupervisorEvent<Pid>): LocalGenerator<void> {
    for (let next: SupervisorEvent<Pid> | null = event; next !== null;) {
      const { state, actions }: Decided<Pid> = decide(this.#state, next, yield* Process.now());
      this.#state = state;
      next = null;
      for (const action of actions) next = yield* this.#perform(action);
    }
  }

  /** {@link take} for an event that asks for a reply. */
  *ask(event: SupervisorEvent<Pid>): LocalGenerator<any> {
    this.#reply = null;
    yield* this.take(event);
    assert(this.#reply !== null, "management gets a reply");
    return this.#reply;
  }

  /** Whatever is no call: what it does not know it reports and ignores. */
  *message(message: unknown): LocalGenerator<void> {
    const { pid } = this.#self;
    if (message instanceof Retry) yield* this.take({ type: "retry", id: message.id });
    else if (!isExit(message)) yield* Process.report({ type: "unexpected-message", pid, label: "supervisor", message });
    else if (isNode(message.from)) yield* this.take({ type: "stop", cause: message.cause });
    else yield* this.take({ type: "exited", pid: message.from, cause: message.cause });
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
      case "retry":
        yield* Process.send(self.pid, new Retry(action.id));
        return null;
      case "reply":
        this.#reply = action.reply;
        return null;
      case "report":
        yield* publish(self.pid, action.report);
        return null;
      case "ready":
        // The server says so itself, when its init is done.
        return null;
      case "end":
        this.ended = action.cause;
        return null;
    }
  }
}

/**
 * A static supervisor as a server: an ordinary process. While it starts or stops a child its mailbox waits; a restart that failed is tried
 * again by way of the mailbox, so that management, and the order to stop, have their turn.
 */
export const supervisorServer: ServerDefinition<any, Beginning, SupervisorCalls, Server.NoMessages> = Server.define({
  label: "supervisor",
  *init({ self, plan }: Beginning) {
    if (plan === null) return Server.ignore();
    yield* self.trapExit();
    const supervising = new Supervising(self, plan);
    yield* supervising.take({ type: "boot" });
    return supervising.ended === null ? supervising : Server.stop(supervising.ended);
  },
  call: {
    *startChild(supervising: Supervising, spec: ChildSpec) {
      const problem = checkSpec(spec);
      return problem === null ? yield* supervising.ask({ type: "start-child", spec }) : { type: "invalid", problem };
    },
    terminateChild: (supervising: Supervising, id: string) => supervising.ask({ type: "terminate-child", id }),
    restartChild: (supervising: Supervising, id: string) => supervising.ask({ type: "restart-child", id }),
    deleteChild: (supervising: Supervising, id: string) => supervising.ask({ type: "delete-child", id }),
    whichChildren: ({ state }: Supervising) => whichChildren(state),
    countChildren: ({ state }: Supervising) => countChildren(state),
    childSpec: ({ state }: Supervising, child: string | Pid) => childSpecOf(state, child),
  },
  *info(supervising: Supervising, message: unknown) {
    yield* supervising.message(message);
    return supervising.ended === null ? Server.noReply() : Server.stop(supervising.ended);
  },
  *terminate(supervising: Supervising, cause: Cause) {
    // In any other phase it has ended, or a bug of ours has left it in the middle of something: then the links end the children.
    if (supervising.state.phase === "running") yield* supervising.take({ type: "stop", cause });
  },
});
