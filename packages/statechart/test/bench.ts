import type { LocalGenerator } from "@espalier/heartbeat";
import { Node, type Node as RunningNode, type Report, type Self } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";

/** A node on a manual host, where time passes when nothing else can happen. */
export class Bench {
  readonly host: ManualHost;
  readonly node: RunningNode;
  /** What the logger was told. */
  readonly logged: Report[];

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
  }

  /** Runs a body to its end. */
  run<R>(body: (self: Self<any>) => LocalGenerator<R>): Promise<R> {
    return this.host.wait(this.node.run(body));
  }
}
