import { Process, type Node, type NodeRef, type NodeView, type Pid } from "espalier";
import type { Host } from "@espalier/runtime";
import type { NodeState } from "../scenario/observation.ts";
import type { Residence } from "../simulation/residence.ts";

/** A node of a {@link Sim}, in whichever life it is. Promises of it are settled only while the cluster runs: see `Sim.until`. */
export class SimNode {
  readonly #residence: Residence<Node, null>;

  constructor(residence: Residence<Node, null>) {
    this.#residence = residence;
  }

  get name(): string {
    return this.#residence.name;
  }

  get state(): NodeState {
    return this.#residence.state;
  }

  /** How often its process has been started, from 1. */
  get life(): number {
    return this.#residence.life;
  }

  /** Its key and its address, the same in all its lives. */
  get ref(): NodeRef {
    return this.#residence.ref;
  }

  /** Everything impure that its process has: its clock, its disk, its network. */
  get host(): Host {
    return this.#residence.machine.host;
  }

  /** The node of Espalier. @throws while it has crashed or boots. */
  get node(): Node {
    const { app } = this.#residence;
    if (app === null) throw new Error(`${this.name}: expected a node that runs, it is ${this.state}`);
    return app;
  }

  /** How everything on it stands; null while it has crashed or boots. */
  get view(): NodeView | null {
    return this.#residence.app === null ? null : this.#residence.view;
  }

  /** As `Node.run`. */
  get run(): Node["run"] {
    const { node } = this;
    return (what: any, ...parameters: readonly unknown[]): Promise<any> => node.run(what, ...parameters);
  }

  /** Starts a process that nobody awaits. */
  spawn<A extends readonly unknown[], M>(body: (self: any, ...parameters: A) => unknown, ...parameters: A): Pid<M> {
    const { kernel } = this.node;
    return kernel.spawn(kernel.root, body as never, parameters).pid as Pid<M>;
  }

  /** Kills a process of any node, from here. */
  kill(pid: Pid): void {
    if (this.#residence.app !== null) this.spawn(() => killing(pid));
  }
}

function* killing(pid: Pid) {
  yield* Process.exit(pid, { type: "kill" });
}
