import { describeCause, type Cause, type Node, type NodeEvent, type Pid, type ProcessView } from "espalier";
import type { Machines } from "./machine.ts";
import type { Screen } from "./screen.ts";
import { findTree, treeLines } from "./tree.ts";
import type { Counts } from "./words.ts";

/** Tells on the screen how the job goes: what is counted, what fails and why, what is done about it. */
export class JobView {
  readonly #node: Node;
  readonly #files: number;
  readonly #machines: Machines;
  readonly #screen: Screen;
  readonly #startedMs = performance.now();
  /** Workers by the ids of their nodes, those that are gone included. */
  readonly #names = new Map<string, string>();
  #entered = 0;

  constructor(node: Node, files: number, machines: Machines, screen: Screen) {
    this.#node = node;
    this.#files = files;
    this.#machines = machines;
    this.#screen = screen;
  }

  /** Says something that stays. */
  say(text: string): void {
    const seconds = ((performance.now() - this.#startedMs) / 1000).toFixed(2);
    this.#screen.line(`${seconds.padStart(6)} s  ${text}`, this.#tree());
  }

  /** The tree as it is now, to stay. */
  showTree(title: string): void {
    for (const line of [title, ...this.#tree()]) this.#screen.line(line);
  }

  began(file: string, incarnation: number): void {
    if (incarnation > 1) this.say(`recovered  ${file} is counted again, by incarnation ${incarnation} of its counter`);
  }

  entered(file: string, counts: Counts): void {
    this.#entered += 1;
    const words = [...counts.values()].reduce((sum, times) => sum + times, 0);
    this.say(`counted    ${file}: ${words} words (${this.#entered} of ${this.#files} files)`);
  }

  ignored(file: string, incarnation: number, entered: number): void {
    this.say(
      `ignored    ${file} was counted by incarnation ${entered} already; what incarnation ${incarnation} found does not count`,
    );
  }

  /** Shows what supervisors do, and what becomes of the workers' nodes. */
  happened(event: NodeEvent): void {
    if (event.type !== "supervisor") return;
    const { report } = event;
    switch (report.type) {
      case "child-ended":
        if (report.decision === "restart")
          this.say(`failed     ${report.id}: ${this.#why(report.cause)}; it is started again`);
        break;
      case "start-failed":
        this.say(`failed     ${report.id} could not be started: ${this.#why(report.cause)}`);
        break;
      case "child-started":
        if (this.#machines.has(report.id)) this.say(`up         ${report.id}: ${this.#describe(report.pid)}`);
        break;
      case "gave-up":
        this.say(`gave up    after ${report.attempts} restarts, the last of ${report.id}`);
        break;
      case "restarting":
      case "backing-off":
      case "child-stopping":
      case "shutdown-error":
      case "auto-shutdown":
        break;
    }
  }

  #tree(): string[] {
    const tree = findTree(this.#node.inspect().tree, "word-count");
    if (tree === undefined) return [];
    return treeLines(tree, (process) => this.#describeProcess(process)).map((line) => `  ${line}`);
  }

  #describe(pid: Pid): string {
    const process = this.#node.inspect().processes.find((candidate) => candidate.pid.key === pid.key);
    return process === undefined ? "gone" : this.#describeProcess(process);
  }

  #describeProcess({ label, place, host, waitingFor, status }: ProcessView): string {
    const machine = this.#machines.get(label);
    if (machine !== undefined) return `OS process ${machine.child.pid}`;
    if (place === "away" && host !== null) return `on ${this.#machineOf(host)}`;
    return waitingFor === null ? status : `waits: ${waitingFor}`;
  }

  #machineOf(node: string): string {
    for (const [name, machine] of this.#machines) this.#names.set(machine.node.id, name);
    return this.#names.get(node) ?? node;
  }

  /** Why something ended, with the worker's name instead of its key. */
  #why(cause: Cause): string {
    return cause.type === "unresponsive" ? `unresponsive: ${this.#machineOf(cause.node)}` : describeCause(cause);
  }
}
