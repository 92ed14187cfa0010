import { Node, type Node as RunningNode } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import type { Gauges } from "../../src/observing/gauges.ts";
import { Observer } from "../../src/observing/observer.ts";
import type { Overview } from "../../src/protocol/sheets.ts";

/** A node on a manual host, and an observer of it. */
export class Bench {
  readonly host: ManualHost;
  readonly node: RunningNode;
  readonly observer: Observer;
  /** What the observer is told of the event loop. */
  loop: Overview["loop"] = null;

  static async start(): Promise<Bench> {
    const host = new ManualHost();
    return new Bench(host, await host.wait(Node.start({ host })));
  }

  constructor(host: ManualHost, node: RunningNode) {
    this.host = host;
    this.node = node;
    const gauges: Gauges = {
      program: { pid: 1, title: "test", runtime: "none" },
      loop: () => this.loop,
      memory: () => null,
      costMsPerSecond: () => 0,
    };
    this.observer = new Observer(node, gauges);
  }

  /** Runs a body as far as it comes without time passing. Its end is not waited for. */
  async begin(body: Parameters<RunningNode["run"]>[0]): Promise<void> {
    this.node.run(body).catch(() => {});
    await this.host.settle();
  }

  /** Lets time pass, and takes a sample every second. */
  async watch(seconds: number, eachSecond: () => Promise<void> = async () => {}): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await eachSecond();
      this.host.advance(1000);
      await this.host.settle();
      this.observer.sample();
    }
  }
}
