import {
  Process,
  Supervisor,
  type Cause,
  type ChildOptions,
  type ChildSpec,
  type LocalGenerator,
  type Pid,
  type Self,
  type SupervisorReport,
} from "espalier";
import type { Stage } from "./rule.ts";

/** What a start of a child turns out as; `late` is to fail after a millisecond, so that others have their turn whatever the order. */
export type Outcome = "ok" | "fail" | "late" | "ignore";

export interface ChildHabits {
  /** How long it takes to end when it is told to. */
  readonly cleanupMs?: number;
  /** Takes no notice of being told to end. */
  readonly deaf?: boolean;
  /** Does not trap exits. */
  readonly plain?: boolean;
  /** What it ends with when it is told to, if not as told. */
  readonly lastWords?: Cause;
}

/**
 * Children of supervisors that write down what happens to them: `+a` it runs, `-a` it ends because it was told to, `!a` it does not start, `~a` it
 * declines to. Each has its name registered while it runs.
 */
export class Children {
  readonly trace: string[] = [];
  /** What supervisors reported. */
  readonly reports: SupervisorReport<Pid>[] = [];
  /** What the coming starts of a child turn out as; the others succeed. */
  readonly outcomes: Record<string, Outcome[]> = {};
  /** What each start of a child was called with. */
  readonly calls: (readonly unknown[])[] = [];

  constructor(stage: Stage) {
    stage.node.events.subscribe((event) => {
      if (event.type === "supervisor") this.reports.push(event.report);
    });
  }

  body(name: string, { cleanupMs = 0, deaf = false, plain = false, lastWords }: ChildHabits = {}) {
    const children = this;
    return function* child(self: Self<any>, ...args: readonly unknown[]): LocalGenerator<void> {
      if (!plain) yield* self.trapExit();
      children.calls.push(args);
      const outcome = children.outcomes[name]?.shift() ?? "ok";
      if (outcome === "late") yield* Process.sleep(1);
      if (outcome === "fail" || outcome === "late") {
        children.trace.push(`!${name}`);
        throw new Error(`${name} does not start`);
      }
      if (outcome === "ignore") {
        children.trace.push(`~${name}`);
        yield* self.ignore();
      }
      yield* Process.register(name);
      children.trace.push(`+${name}`);
      yield* self.ready();
      for (;;) {
        const message = yield* self.receive();
        if (message.type === "end") yield* Process.exit(message.cause);
        else if (message.type === "unlink") yield* Process.unlink(yield* Process.parent());
        else if (message.type === "EXIT" && !deaf) {
          if (cleanupMs > 0) yield* Process.sleep(cleanupMs);
          children.trace.push(`-${name}`);
          yield* Process.exit(lastWords ?? message.cause);
        }
      }
    };
  }

  /** A specification of such a child, called like it. */
  worker(name: string, options: ChildOptions = {}, habits: ChildHabits = {}): ChildSpec {
    return Supervisor.worker(name, this.body(name, habits), [], { ready: true, ...options });
  }

  /** Specifications of several, in that order. */
  workers(names: string, options: ChildOptions = {}): ChildSpec[] {
    return names.split(" ").map((name) => this.worker(name, options));
  }

  /** What was written down since the last call. */
  news(): string {
    return this.trace.splice(0).join(" ");
  }

  /** The reports of a type. */
  reported<T extends SupervisorReport<Pid>["type"]>(type: T): Extract<SupervisorReport<Pid>, { type: T }>[] {
    return this.reports.filter((report) => report.type === type) as never;
  }
}

export const boom: Cause = { type: "exit", reason: "boom" };
export const normal: Cause = { type: "normal" };

/** Many restarts are allowed. */
export const patient = { restarts: 20, within: "5s" } as const;

/** Lets everything happen that can without time passing. */
export function* settle(): LocalGenerator<void> {
  yield* Process.sleep(1);
}

/** Lets a child end by itself, and everybody react. */
export function* crash(name: string, cause: Cause = boom): LocalGenerator<void> {
  yield* Process.send(name, { type: "end", cause });
  yield* settle();
}

export function* pidOf(name: string): LocalGenerator<Pid<any>> {
  const pid = yield* Process.whereis<any>(name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
}

/** Waits for the end of a process: its cause. */
export function* endOf(self: Self<any>, pid: Pid): LocalGenerator<Cause> {
  const ref = yield* Process.monitor(pid);
  const down = yield* self.receive({ match: (message: any) => message.type === "DOWN" && message.ref === ref });
  return down.cause;
}

/** What a generator throws; null: nothing. */
export function* thrown(work: Iterable<any> & { next: any }): LocalGenerator<any> {
  try {
    yield* work as any;
    return null;
  } catch (error) {
    return error;
  }
}

/** `a:pid b:undefined c:restarting`, in start order. */
export function* shape(supervisor: Parameters<typeof Supervisor.whichChildren>[0]): LocalGenerator<string> {
  const children = yield* Supervisor.whichChildren(supervisor);
  return children
    .map(({ id, child }) => `${id}:${child === null ? "undefined" : child === "restarting" ? child : "pid"}`)
    .reverse()
    .join(" ");
}
