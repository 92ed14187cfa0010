import { killed, shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { decide, type Decided } from "../src/decide.ts";
import type { SupervisorFlags } from "../src/flags.ts";
import type { ChildSpec } from "../src/spec.ts";
import { initialState } from "../src/state.ts";
import type { Reply, SupervisorEvent, SupervisorReport, SupervisorState } from "../src/state.ts";

/** How one start turns out. */
export type Outcome = "ok" | "fail" | "ignore";

export const crash: Cause = { type: "error", error: { name: "Error", message: "boom" } };
export const broken: Cause = { type: "error", error: { name: "Error", message: "does not start" } };

function* idle(): LocalGenerator<void> {}

export function spec(id: string, fields: Partial<ChildSpec> = {}): ChildSpec {
  return {
    id,
    type: "worker",
    what: idle,
    args: [],
    restart: "permanent",
    shutdown: 5_000,
    significant: false,
    name: null,
    ready: false,
    on: null,
    backoff: null,
    ...fields,
  };
}

export function flags(fields: Partial<SupervisorFlags> = {}): SupervisorFlags {
  return {
    strategy: "one-for-one",
    intensity: { restarts: 1, withinSeconds: 5 },
    autoShutdown: "never",
    ...fields,
  };
}

/**
 * Performs a supervisor's actions in a world made of a script: the pid of a child's third process is `"a3"`, a start turns out
 * as the script says, a stop as its plan says. What the supervisor does is written down in {@link trace}.
 */
export class Drive {
  state: SupervisorState<string>;
  nowMs = 0;
  /** `+a1` started, `!a` failed to start, `~a` ignored, `-a1` stopped, `ready`, `end:shutdown`. */
  readonly trace: string[] = [];
  readonly reports: SupervisorReport<string>[] = [];
  readonly replies: Reply<string>[] = [];
  readonly mailbox: SupervisorEvent<string>[] = [];
  /** What the coming starts of a child do; when its list is empty they succeed. */
  readonly script: Record<string, Outcome[]> = {};
  /** With what a child ends when it is stopped, if not as told. */
  readonly lastWords: Record<string, Cause> = {};
  ended: Cause | null = null;
  readonly #incarnations: Record<string, number> = {};

  constructor(supervisorFlags: SupervisorFlags, specs: readonly ChildSpec[]) {
    this.state = initialState(supervisorFlags, specs);
  }

  boot(): this {
    this.take({ type: "boot" });
    return this;
  }

  /** One event and all its consequences, but not what it put into the mailbox. */
  take(event: SupervisorEvent<string>): void {
    let next: SupervisorEvent<string> | null = event;
    while (next !== null) {
      const decided: Decided<string> = decide(this.state, next, this.nowMs);
      this.state = decided.state;
      next = null;
      for (const action of decided.actions) {
        if (next !== null) throw new Error("an action after one whose result is awaited");
        switch (action.type) {
          case "start":
            next = this.#start(action.spec);
            break;
          case "stop":
            this.trace.push(`-${action.pid}`);
            next = { type: "stopped", cause: this.lastWords[action.spec.id] ?? asTold(action.spec) };
            break;
          case "retry":
            this.mailbox.push(action);
            break;
          case "reply":
            this.replies.push(action.reply);
            break;
          case "report":
            this.reports.push(action.report);
            break;
          case "ready":
            this.trace.push("ready");
            break;
          case "end":
            this.trace.push(`end:${action.cause.type}`);
            this.ended = action.cause;
            break;
        }
      }
    }
  }

  /** Takes everything from the mailbox until it is empty or the supervisor has ended. */
  settle(): this {
    while (this.mailbox.length > 0 && this.ended === null) this.take(this.mailbox.shift()!);
    return this;
  }

  crash(id: string, cause: Cause = crash): this {
    this.take({ type: "exited", pid: this.pid(id), cause });
    return this;
  }

  ask(event: SupervisorEvent<string>): Reply<string> | undefined {
    this.take(event);
    return this.replies.at(-1);
  }

  pid(id: string): string {
    return `${id}${this.#incarnations[id] ?? 0}`;
  }

  /** What was written down since the last call. */
  news(): string {
    return this.trace.splice(0).join(" ");
  }

  /** `a:running b:absent …`, in start order. */
  shape(): string {
    return this.state.children.map(({ spec, state }) => `${spec.id}:${state}`).join(" ");
  }

  #start({ id }: ChildSpec): SupervisorEvent<string> {
    switch (this.script[id]?.shift() ?? "ok") {
      case "ok":
        this.#incarnations[id] = (this.#incarnations[id] ?? 0) + 1;
        this.trace.push(`+${this.pid(id)}`);
        return { type: "started", pid: this.pid(id) };
      case "ignore":
        this.trace.push(`~${id}`);
        return { type: "ignored" };
      case "fail":
        this.trace.push(`!${id}`);
        return { type: "failed", cause: broken };
    }
  }
}

function asTold({ shutdown: how }: ChildSpec): Cause {
  return how === "brutal-kill" ? killed : shutdown;
}
