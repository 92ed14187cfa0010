import type { LocalGenerator } from "@espalier/heartbeat";
import { Node, Process, type Node as RunningNode, type Pid, type Report, type Self } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import type { SupervisorDefinition } from "../src/definition.ts";
import type { SupervisorReport } from "../src/state.ts";

/**
 * A node on a manual host, and children that write down what happens to them: `+a` they run, `-a` they end in good order, having been told.
 */
export class Bench {
  readonly host: ManualHost;
  readonly node: RunningNode;
  readonly trace: string[] = [];
  /** What supervisors did, from the introspection stream. */
  readonly reports: SupervisorReport<Pid>[] = [];
  /** What the logger was told. */
  readonly logged: Report[] = [];

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

  /** A child that traps exits and ends when it is told to; a message is the cause to end with. */
  readonly child = (name: string): ((self: Self<any>) => LocalGenerator<void>) => {
    const { trace } = this;
    return function* child(self) {
      yield* self.trapExit();
      trace.push(`+${name}`);
      const message = yield* self.receive();
      if (message.type === "EXIT") trace.push(`-${name}`);
      yield* Process.exit(message.type === "EXIT" ? message.cause : message);
    };
  };

  /** What was written down since the last call. */
  news(): string {
    return this.trace.splice(0).join(" ");
  }
}

/** Starts a supervisor from a process that goes on; the pid of the supervisor. */
export function* startTree(definition: SupervisorDefinition<readonly []>): LocalGenerator<Pid> {
  const result = yield* Process.start(definition.body, []);
  if (result.type !== "started") throw new Error(`the tree did not start: ${JSON.stringify(result)}`);
  return result.pid;
}
