import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import { Node, Process, type Node as RunningNode, type Pid, type Report, type Self } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import type { SupervisorReport } from "@espalier/supervisor";

/** What a {@link Bench.child} does when it is sent one of these. */
export type Order = { readonly end: Cause } | { readonly unlink: true };

/** A child's body. */
export type ChildBody = (self: Self<any>) => LocalGenerator<void>;

/**
 * A node on a manual host, and children that write down what happens to them: `+a` it runs, `-a` it ends in good order because it was told to,
 * `!a` it does not start.
 */
export class Bench {
  readonly host: ManualHost;
  readonly node: RunningNode;
  readonly trace: string[] = [];
  /** What supervisors did, from the introspection stream. */
  readonly reports: SupervisorReport<Pid>[] = [];
  /** What the logger was told. */
  readonly logged: Report[];
  /** How many of a child's coming starts fail. */
  readonly failures: Record<string, number> = {};

  static async start(): Promise<Bench> {
    const host = new ManualHost();
    const logged: Report[] = [];
    const logger = { report: (report: Report) => void logged.push(report) };
    return new Bench(host, await host.wait(Node.start({ host, logger })), logged);
  }

  constructor(host: ManualHost, node: RunningNode, logged: Report[]) {
    this.host = host;
    this.node = node;
    this.logged = logged;
    node.events.subscribe((event) => {
      if (event.type === "supervisor") this.reports.push(event.report);
    });
  }

  /** Runs a body to its end; virtual time passes as needed. */
  run<R>(body: (self: Self<any>) => LocalGenerator<R>): Promise<R> {
    return this.host.wait(this.node.run(body));
  }

  /**
   * A child that traps exits, says that it is ready, and ends when it is told to.
   *
   * @param cleanupMs how long that takes.
   */
  child(name: string, cleanupMs = 0): ChildBody {
    const { trace, failures } = this;
    return function* child(self) {
      yield* self.trapExit();
      if ((failures[name] ?? 0) > 0) {
        failures[name]! -= 1;
        trace.push(`!${name}`);
        throw new Error(`${name} does not start`);
      }
      trace.push(`+${name}`);
      yield* Process.register(name);
      yield* self.ready();
      for (;;) {
        const message = yield* self.receive();
        if ("unlink" in message) yield* Process.unlink(yield* Process.parent());
        else if ("end" in message) yield* Process.exit(message.end);
        else {
          if (cleanupMs > 0) yield* Process.sleep(cleanupMs);
          trace.push(`-${name}`);
          yield* Process.exit(message.cause);
        }
      }
    };
  }

  /** A child that traps exits and takes no notice of them. */
  stubborn(name: string): ChildBody {
    const { trace } = this;
    return function* stubborn(self) {
      yield* self.trapExit();
      trace.push(`+${name}`);
      yield* self.ready();
      for (;;) yield* self.receive();
    };
  }

  /** What was written down since the last call. */
  news(): string {
    return this.trace.splice(0).join(" ");
  }

  /** The reports of these types. */
  reported<T extends SupervisorReport<Pid>["type"]>(type: T): readonly Extract<SupervisorReport<Pid>, { type: T }>[] {
    return this.reports.filter((report) => report.type === type) as never;
  }
}

export const boom: Cause = { type: "exit", reason: "boom" };

/** Ends a registered child, by itself, and lets everybody react. */
export function* crash(name: string, cause: Cause = boom): LocalGenerator<void> {
  yield* Process.send(name, { end: cause });
  yield* settle();
}

/** Lets everything that can happen without time passing happen. */
export function* settle(): LocalGenerator<void> {
  yield* Process.sleep(1);
}

/** Monitors a process and waits for its end. */
export function* endOf(self: Self<any>, pid: Pid): LocalGenerator<Cause> {
  const ref = yield* Process.monitor(pid);
  const down = yield* self.receive({ match: (message: any) => message.type === "DOWN" && message.ref === ref });
  return down.cause;
}
