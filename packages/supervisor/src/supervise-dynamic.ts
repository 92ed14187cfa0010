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
import type { ChildSpec } from "./spec.ts";
import { startChild } from "./start-child.ts";
import { stopChildren } from "./stop-children.ts";
import { Retry, Supervising } from "./supervising.ts";
import { viewDynamic } from "./view.ts";

/** What a dynamic supervisor is made of, checked and with every default filled in. */
export interface DynamicPlan {
  /** How every child is treated. Its id names the kind of child; it has no arguments of its own. */
  readonly template: ChildSpec;
  /** `Infinity` for no limit. */
  readonly childrenMax: number;
  readonly intensity: Intensity;
}

/** What a dynamic supervisor can be called for; the first parameter is the server's. */
export interface DynamicCalls {
  readonly startChild: (state: any, args: readonly unknown[]) => LocalGenerator<StartDynamicReply<Pid<any>>>;
  readonly terminateChild: (state: any, child: Pid) => LocalGenerator<TerminateDynamicReply>;
  readonly whichChildren: (state: any) => readonly ChildInfo<Pid<any>>[];
  readonly countChildren: (state: any) => ChildCounts;
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
  readonly #template: ChildSpec;
  readonly children: DynamicChildren<Pid>;

  constructor(self: Self<unknown>, { template, childrenMax, intensity }: DynamicPlan) {
    super(self);
    this.#template = template;
    const { address } = self.pid;
    // All children have their home here, so their serials are enough; no other pid is one of them.
    const keyOf = (pid: Pid): number => (pid.address.equals(address) ? pid.serial : 0);
    this.children = new DynamicChildren({ ...template, childrenMax, intensity }, keyOf);
  }

  get type(): ChildSpec["type"] {
    return this.#template.type;
  }

  protected override decide(event: DynamicEvent<Pid>, nowMs: number): readonly DynamicAction<Pid>[] {
    return this.children.take(event, nowMs);
  }

  protected override *perform(action: DynamicAction<Pid>): LocalGenerator<DynamicStepResult<Pid> | null> {
    const self = this.self;
    switch (action.type) {
      case "start":
        return yield* startChild(this.#template, action.args);
      case "stop":
        return { type: "stopped", causes: yield* stopChildren(self, action.pids, this.#template.shutdown) };
      case "retry":
        yield* Process.send(self.pid, new Retry({ type: "retry", pid: action.pid }));
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
    yield* Process.expose(() => viewDynamic(supervising.children, plan.template, plan.intensity));
    return supervising;
  },
  call: {
    *startChild(supervising: SupervisingDynamic, args: readonly unknown[]) {
      if (Array.isArray(args)) return yield* supervising.ask({ type: "start-child", args });
      return { type: "invalid", problem: "a dynamic supervisor's child: expected a list of its arguments" };
    },
    *terminateChild(supervising: SupervisingDynamic, pid: Pid) {
      if (pid instanceof Pid) return yield* supervising.ask({ type: "terminate-child", pid });
      return { type: "not-found" };
    },
    whichChildren: ({ children, type }: SupervisingDynamic): readonly ChildInfo<Pid>[] =>
      Array.from(children, (child) => ({ id: null, child, type })),
    countChildren: ({ children, type }: SupervisingDynamic): ChildCounts => {
      const { count, activeCount } = children;
      return {
        specs: count,
        active: activeCount,
        supervisors: type === "supervisor" ? count : 0,
        workers: type === "worker" ? count : 0,
      };
    },
  },
  *info(supervising: SupervisingDynamic, message: unknown) {
    yield* supervising.message(message);
    return supervising.ended === null ? Server.noReply() : Server.stop(supervising.ended);
  },
  *terminate(supervising: SupervisingDynamic, cause: Cause) {
    if (supervising.ended === null && !supervising.children.busy) yield* supervising.take({ type: "stop", cause });
  },
});
