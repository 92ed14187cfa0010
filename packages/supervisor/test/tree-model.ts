import type { Restart } from "../src/restart.ts";
import type { Strategy } from "../src/strategy.ts";
import type { AutoShutdown } from "../src/flags.ts";

/** A child of a tree. Ids are those of {@link TreeModel}: unique in the whole tree. */
export interface Plant {
  readonly id: string;
  readonly restart: Restart;
  readonly significant: boolean;
  /** Null: a leaf. */
  readonly branch: Branch | null;
}

export interface Branch {
  readonly strategy: Strategy;
  readonly restartsMax: number;
  readonly autoShutdown: AutoShutdown;
  readonly children: readonly Plant[];
}

interface Node {
  readonly plant: Plant;
  readonly parent: Supervisor | null;
  runs: boolean;
  /** What it supervises, while it runs. */
  inside: Supervisor | null;
}

interface Supervisor {
  readonly node: Node;
  readonly branch: Branch;
  children: Node[];
  attempts: number;
}

/**
 * OTP's rules for a whole tree, once more: calls that block, in a tree where only one thing happens at a time, and all within one window of
 * restarts. It shares nothing with the code that it is compared with.
 */
export class TreeModel {
  readonly trace: string[] = [];
  readonly root: Node;
  /** How many of a leaf's coming starts fail. */
  readonly failing = new Map<string, number>();

  constructor(root: Plant) {
    this.root = { plant: root, parent: null, runs: false, inside: null };
    this.#start(this.root);
  }

  news(): string {
    return this.trace.splice(0).join(" ");
  }

  /** Every supervisor that runs, with its children, `+` for those that run. */
  shape(): string {
    return [...this.#running(this.root)]
      .filter(({ inside }) => inside !== null)
      .map(({ plant, inside }) => {
        const children = inside!.children.map((child) => `${child.runs ? "+" : "-"}${child.plant.id}`);
        return `${plant.id}(${children.join(" ")})`;
      })
      .join(" ");
  }

  find(id: string): Node | undefined {
    return [...this.#running(this.root)].find(({ plant }) => plant.id === id);
  }

  *#running(node: Node): Generator<Node> {
    if (!node.runs) return;
    yield node;
    for (const child of node.inside?.children ?? []) yield* this.#running(child);
  }

  /** A leaf ends by itself. */
  crash(id: string, clean: boolean): void {
    const leaf = this.find(id);
    if (leaf === undefined || leaf.inside !== null) return;
    leaf.runs = false;
    this.#ended(leaf, clean);
  }

  startChild(supervisor: string, plant: Plant): string {
    const into = this.find(supervisor)!.inside!;
    const present = into.children.find((child) => child.plant.id === plant.id);
    if (present !== undefined) return present.runs ? "already-started" : "already-present";
    if (plant.significant && into.branch.autoShutdown === "never") return "invalid";
    const node: Node = { plant, parent: into, runs: false, inside: null };
    into.children.push(node);
    if (this.#start(node)) return "started";
    into.children.pop();
    return "failed";
  }

  terminateChild(supervisor: string, id: string): string {
    const child = this.#childOf(supervisor, id);
    if (child === undefined) return "not-found";
    this.#stop(child);
    if (child.plant.restart === "temporary") this.#remove(child);
    return "ok";
  }

  restartChild(supervisor: string, id: string): string {
    const child = this.#childOf(supervisor, id);
    if (child === undefined) return "not-found";
    if (child.runs) return "running";
    return this.#start(child) ? "started" : "failed";
  }

  deleteChild(supervisor: string, id: string): string {
    const child = this.#childOf(supervisor, id);
    if (child === undefined) return "not-found";
    if (child.runs) return "running";
    this.#remove(child);
    return "ok";
  }

  #childOf(supervisor: string, id: string): Node | undefined {
    return this.find(supervisor)!.inside!.children.find((child) => child.plant.id === id);
  }

  #start(node: Node): boolean {
    const { plant } = node;
    if (plant.branch === null) {
      const failing = this.failing.get(plant.id) ?? 0;
      this.trace.push(`${failing > 0 ? "!" : "+"}${plant.id}`);
      if (failing > 0) this.failing.set(plant.id, failing - 1);
      node.runs = failing === 0;
      return node.runs;
    }
    const inside: Supervisor = { node, branch: plant.branch, children: [], attempts: 0 };
    inside.children = plant.branch.children.map((child) => ({
      plant: child,
      parent: inside,
      runs: false,
      inside: null,
    }));
    node.runs = true;
    node.inside = inside;
    for (const child of inside.children) {
      if (this.#start(child)) continue;
      this.#stop(node);
      return false;
    }
    return true;
  }

  #stop(node: Node): void {
    if (!node.runs) return;
    for (const child of [...(node.inside?.children ?? [])].reverse()) this.#stop(child);
    if (node.inside === null) this.trace.push(`-${node.plant.id}`);
    node.runs = false;
    node.inside = null;
  }

  #remove(node: Node): void {
    const parent = node.parent!;
    parent.children = parent.children.filter((other) => other !== node);
  }

  #ended(node: Node, clean: boolean): void {
    const { parent, plant } = node;
    if (parent === null) return;
    if (plant.restart === "permanent" || (plant.restart === "transient" && !clean)) return this.#restart(parent, node);
    if (plant.restart === "temporary") this.#remove(node);
    const { autoShutdown } = parent.branch;
    const others = parent.children.some((child) => child.plant.significant && child.runs);
    if (!plant.significant || autoShutdown === "never" || (autoShutdown === "all-significant" && others)) return;
    this.#end(parent);
  }

  #restart(supervisor: Supervisor, first: Node): void {
    for (let failed: Node | undefined = first; failed !== undefined;) {
      supervisor.attempts += 1;
      if (supervisor.attempts > supervisor.branch.restartsMax) return this.#end(supervisor);
      const { strategy } = supervisor.branch;
      const at = supervisor.children.indexOf(failed);
      const group: Node[] = supervisor.children.slice(strategy === "one-for-all" ? 0 : at);
      if (strategy === "one-for-one") group.length = 1;
      for (const node of [...group].reverse()) {
        this.#stop(node);
        if (node.plant.restart === "temporary") this.#remove(node);
      }
      failed = group.filter(({ plant }) => plant.restart !== "temporary").find((node) => !this.#start(node));
    }
  }

  /** It stops what it has, ends with shutdown, and its own supervisor sees that. */
  #end({ node }: Supervisor): void {
    this.#stop(node);
    this.#ended(node, true);
  }
}
