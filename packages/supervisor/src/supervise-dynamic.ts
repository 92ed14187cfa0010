import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import { Pid, Process, Server, type Self, type ServerDefinition } from "@espalier/runtime";
import {
  DynamicChildren,
  type DynamicAction,
  type DynamicEvent,
  type DynamicStepResult,
  type StartDynamicReply,
  type TerminateDynamicReply,
} from "./dynamic-children.ts";
import { publish } from "./events.ts";
import type { Intensity } from "./intensity.ts";
import type { ChildCounts, ChildInfo } from "./inventory.ts";
import { checkSpec, type ChildSpec } from "./spec.ts";
import { startChild } from "./start-child.ts";
import { stopChildren } from "./stop-children.ts";
import { Supervising } from "./supervising.ts";
import { viewDynamic, type SupervisorView } from "./view.ts";

/** What a dynamic supervisor is made of, checked and with every default filled in. */
export interface DynamicPlan {
  /** What is started with a list of arguments, and how it is treated. Its id names the kind of child; null: every child has a specification. */
  readonly template: ChildSpec | null;
  /** What comes before every child's own arguments (R-1001). */
  readonly extraArguments: readonly unknown[];
  /** `Infinity` for no limit. */
  readonly childrenMax: number;
  readonly intensity: Intensity;
}

/** What a dynamic supervisor can be called for; the first parameter is the server's. */
export interface DynamicCalls {
  readonly startChild: (
    state: any,
    child: readonly unknown[] | ChildSpec,
  ) => LocalGenerator<StartDynamicReply<Pid<any>>>;
  readonly terminateChild: (
    state: any,
    child: Pid,
  ) => LocalGenerator<TerminateDynamicReply | { readonly type: "dynamic" }>;
  readonly restartChild: (state: any, child: unknown) => { readonly type: "dynamic" };
  readonly deleteChild: (state: any, child: unknown) => { readonly type: "dynamic" };
  readonly whichChildren: (state: any) => readonly ChildInfo<Pid<any>>[];
  readonly whichChild: (state: any, child: unknown) => null;
  readonly countChildren: (state: any) => ChildCounts;
  readonly getChildspec: (state: any, child: unknown) => ChildSpec | null;
}

/** What the process is started with. */
interface Beginning {
  readonly self: Self<unknown>;
  readonly plan: DynamicPlan;
}

/** One running dynamic supervisor: performs what its {@link DynamicChildren} decide. */
class SupervisingDynamic extends Supervising<
  DynamicEvent<Pid>,
  DynamicAction<Pid>,
  StartDynamicReply<Pid> | TerminateDynamicReply
> {
  readonly #plan: DynamicPlan;
  readonly children: DynamicChildren<Pid>;

  constructor(self: Self<unknown>, plan: DynamicPlan) {
    super(self);
    this.#plan = plan;
    const { address } = self.pid;
    // All children have their home here, so their serials are enough; no other pid is one of them.
    const keyOf = (pid: Pid): number => (pid.address.equals(address) ? pid.serial : 0);
    this.children = new DynamicChildren(plan, keyOf);
  }

  view(brief: boolean = false): SupervisorView {
    return viewDynamic(this.children, this.#plan.intensity, brief);
  }

  /** Starts a child from the template with these arguments, or from a specification of its own (R-1002). */
  *startChild(child: unknown): LocalGenerator<StartDynamicReply<Pid>> {
    const { template, extraArguments } = this.#plan;
    if (!Array.isArray(child)) {
      const problem = problemOf(child);
      if (problem !== null) return { type: "invalid", problem };
      const spec = child as ChildSpec;
      return yield* this.ask({ type: "start-child", spec, args: [...extraArguments, ...spec.args] });
    }
    if (template !== null) {
      return yield* this.ask({ type: "start-child", spec: template, args: child as readonly unknown[] });
    }
    return { type: "invalid", problem: "child: expected a specification, because there is no template, got arguments" };
  }

  protected override decide(event: DynamicEvent<Pid>, nowMs: number): readonly DynamicAction<Pid>[] {
    return this.children.take(event, nowMs);
  }

  protected override *perform(action: DynamicAction<Pid>): LocalGenerator<DynamicStepResult<Pid> | null> {
    const self = this.self;
    switch (action.type) {
      case "start":
        return yield* startChild(action.spec, action.args);
      case "stop":
        return { type: "stopped", causes: yield* stopChildren(self, action.stops) };
      case "retry":
        yield* this.retry({ type: "retry", pid: action.pid }, action.wait);
        return null;
      case "reply":
        this.reply = action.reply;
        return null;
      case "report":
        yield* publish(self.pid, action.report);
        return null;
      case "end":
        this.ended = action.cause;
        return null;
    }
  }
}

/** A dynamic supervisor as a server: an ordinary process. */
export const dynamicServer: ServerDefinition<any, Beginning, DynamicCalls, Server.NoMessages> = Server.define({
  label: "dynamic supervisor",
  *init({ self, plan }: Beginning) {
    yield* self.trapExit();
    const supervising = new SupervisingDynamic(self, plan);
    yield* Process.expose((brief) => supervising.view(brief));
    return supervising;
  },
  call: {
    startChild: (supervising: SupervisingDynamic, child: readonly unknown[] | ChildSpec) =>
      supervising.startChild(child),
    *terminateChild(supervising: SupervisingDynamic, pid: Pid) {
      if (pid instanceof Pid) return yield* supervising.ask({ type: "terminate-child", pid });
      // Its children have no ids.
      return { type: "dynamic" } as const;
    },
    restartChild: (_: SupervisingDynamic, _child: unknown) => ({ type: "dynamic" }) as const,
    deleteChild: (_: SupervisingDynamic, _child: unknown) => ({ type: "dynamic" }) as const,
    whichChild: (_: SupervisingDynamic, _child: unknown) => null,
    whichChildren: ({ children }: SupervisingDynamic): readonly ChildInfo<Pid>[] =>
      Array.from(children, ({ child, spec: { type } }) => ({ id: null, child, type })),
    countChildren: ({ children }: SupervisingDynamic): ChildCounts => {
      const { count, activeCount } = children;
      let supervisors = 0;
      for (const { spec } of children) if (spec.type === "supervisor") supervisors += 1;
      return { specs: count, active: activeCount, supervisors, workers: count - supervisors };
    },
    getChildspec: ({ children }: SupervisingDynamic, pid: unknown): ChildSpec | null => {
      if (!(pid instanceof Pid)) return null;
      for (const { child, spec, args } of children) {
        if (child !== "restarting" && child.equals(pid)) return { ...spec, args };
      }
      return null;
    },
  },
  *info(supervising: SupervisingDynamic, message: unknown) {
    yield* supervising.message(message);
    return supervising.ended === null ? Server.noReply() : Server.stop(supervising.ended);
  },
  formatStatus: (supervising: SupervisingDynamic) => supervising.view(),
  *terminate(supervising: SupervisingDynamic, cause: Cause) {
    if (supervising.ended === null && !supervising.children.busy) yield* supervising.take({ type: "stop", cause });
  },
});

function problemOf(child: unknown): string | null {
  const problem = checkSpec(child as ChildSpec);
  if (problem !== null) return problem;
  const { id, significant } = child as ChildSpec;
  if (!significant) return null;
  return `significant of child "${id}": expected false, because a dynamic supervisor does not end with its children, got true`;
}
