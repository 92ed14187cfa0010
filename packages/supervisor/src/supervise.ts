import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import { Process, Server, type Pid, type Self, type ServerDefinition } from "@espalier/runtime";
import { decide } from "./decide.ts";
import { publish } from "./events.ts";
import type { SupervisorFlags } from "./flags.ts";
import {
  childSpecOf,
  countChildren,
  whichChild,
  whichChildren,
  type ChildCounts,
  type ChildInfo,
} from "./inventory.ts";
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
import { Supervising } from "./supervising.ts";
import { viewStatic } from "./view.ts";

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
  readonly whichChild: (state: any, id: string) => ChildInfo<Pid<any>> | null;
  readonly getChildspec: (state: any, child: string | Pid) => ChildSpec | null;
}

/** What the process is started with. */
interface Beginning {
  readonly self: Self<unknown>;
  /** Null: there is nothing to supervise. */
  readonly plan: SupervisorPlan | null;
}

/** One running static supervisor: performs what {@link decide} decides. */
export class SupervisingStatic extends Supervising<SupervisorEvent<Pid>, SupervisorAction<Pid>, Reply<Pid>> {
  #state: SupervisorState<Pid>;

  constructor(self: Self<unknown>, { flags, children }: SupervisorPlan) {
    super(self);
    this.#state = initialState(flags, children);
  }

  get state(): SupervisorState<Pid> {
    return this.#state;
  }

  protected override decide(event: SupervisorEvent<Pid>, nowMs: number): readonly SupervisorAction<Pid>[] {
    const { state, actions } = decide(this.#state, event, nowMs);
    this.#state = state;
    return actions;
  }

  protected override *perform(action: SupervisorAction<Pid>): LocalGenerator<StepResult<Pid> | null> {
    const self = this.self;
    switch (action.type) {
      case "start":
        return yield* startChild(action.spec, action.spec.args);
      case "stop": {
        const [cause] = yield* stopChildren(self, [{ pid: action.pid, shutdown: action.spec.shutdown }]);
        return { type: "stopped", cause: cause as Cause };
      }
      case "retry":
        yield* this.retry({ type: "retry", id: action.id, turn: action.turn }, action.wait);
        return null;
      case "reply":
        this.reply = action.reply;
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
    const supervising = new SupervisingStatic(self, plan);
    yield* Process.expose((brief) => viewStatic(supervising.state, brief));
    yield* supervising.take({ type: "boot" });
    return supervising.ended === null ? supervising : Server.stop(supervising.ended);
  },
  call: {
    *startChild(supervising: SupervisingStatic, spec: ChildSpec) {
      const problem = checkSpec(spec);
      return problem === null ? yield* supervising.ask({ type: "start-child", spec }) : { type: "invalid", problem };
    },
    terminateChild: (supervising: SupervisingStatic, id: string) => supervising.ask({ type: "terminate-child", id }),
    restartChild: (supervising: SupervisingStatic, id: string) => supervising.ask({ type: "restart-child", id }),
    deleteChild: (supervising: SupervisingStatic, id: string) => supervising.ask({ type: "delete-child", id }),
    whichChildren: ({ state }: SupervisingStatic) => whichChildren(state),
    countChildren: ({ state }: SupervisingStatic) => countChildren(state),
    whichChild: ({ state }: SupervisingStatic, id: string) => whichChild(state, id),
    getChildspec: ({ state }: SupervisingStatic, child: string | Pid) => childSpecOf(state, child),
  },
  *info(supervising: SupervisingStatic, message: unknown) {
    yield* supervising.message(message);
    return supervising.ended === null ? Server.noReply() : Server.stop(supervising.ended);
  },
  formatStatus: ({ state }: SupervisingStatic) => viewStatic(state),
  *terminate(supervising: SupervisingStatic, cause: Cause) {
    // In any other phase it has ended, or a bug of ours has left it in the middle of something: then the links end the children.
    if (supervising.state.phase === "running") yield* supervising.take({ type: "stop", cause });
  },
});
