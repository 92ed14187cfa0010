import { writeFileSync } from "node:fs";
import path from "node:path";
import {
  UnsupportedFaultError,
  type Applied,
  type Controls,
  type CrashOptions,
  type Direction,
  type Slowness,
  type Tally,
  type Tampering,
} from "../../fault/controls.ts";
import type { Fault } from "../../fault/fault.ts";
import type { MessageRule } from "../../messages/rule.ts";
import type { NodeProcess } from "./node-process.ts";
import type { NumberedRule } from "./protocol.ts";
import type { Proxies } from "./proxies.ts";

export interface ProcessControlsOptions {
  readonly node: (name: string) => NodeProcess<any>;
  readonly proxies: () => Proxies;
  /** Starts a process again. */
  readonly restart: (node: string) => void;
  readonly runDirectory: string;
}

/** A rule for messages of a node, in all its lives. */
interface Ruling extends NumberedRule {
  readonly node: string;
  readonly tally: Tally;
  /** What it did in lives that are over. */
  before: number;
}

const nothingToDo: Applied = { tally: { effective: 0 }, end: () => {} };

/** What needs signals that Windows does not have. */
const stopping: readonly Fault["type"][] = ["pause", "suspend"];

const diskReason =
  "its nodes have the disk of this machine, which others need; take crash with wipe, or a simulated world";

/**
 * Refuses by name what processes of this machine cannot be made to do.
 *
 * @throws UnsupportedFaultError
 */
export function checkSupported(faults: readonly Fault[], platform: NodeJS.Platform = process.platform): void {
  if (faults.some(({ type }) => type === "disk")) throw new UnsupportedFaultError("process", "disk", diskReason);
  const fault = faults.find(({ type }) => platform === "win32" && stopping.includes(type));
  if (fault !== undefined) {
    throw new UnsupportedFaultError(
      "process",
      fault.type,
      "Windows cannot stop a process; take block, or run it elsewhere",
    );
  }
}

/** What can be done to nodes that are processes of this machine. Of a node that was halted, whatever waited counts as one thing. */
export class ProcessControls implements Controls {
  readonly #options: ProcessControlsOptions;
  readonly #rulings = new Map<number, Ruling>();
  /** The faults that make a clock drift, the last one last. */
  readonly #drifts = new Map<string, Map<Tally, number>>();
  readonly #wallAheadMs = new Map<string, number>();
  #serial = 0;

  constructor(options: ProcessControlsOptions) {
    this.#options = options;
  }

  /** How the machine of a node is set, which outlives its process. */
  settingsOf(node: string): {
    readonly rate: number;
    readonly wallAheadMs: number;
    readonly rules: readonly NumberedRule[];
  } {
    const rulings = [...this.#rulings.values()].filter((ruling) => ruling.node === node);
    for (const ruling of rulings) ruling.before = ruling.tally.effective;
    const rules = rulings.map(({ id, to, rule, label }) => ({ id, to, rule, label }));
    return { rate: this.#rateOf(node), wallAheadMs: this.#wallAheadMs.get(node) ?? 0, rules };
  }

  /** A node said what its rules did in this life. */
  counted(tallies: readonly (readonly [id: number, effective: number])[]): void {
    for (const [id, effective] of tallies) {
      const ruling = this.#rulings.get(id);
      if (ruling !== undefined) ruling.tally.effective = ruling.before + effective;
    }
  }

  crash(name: string, { wipe, forGood }: CrashOptions): Applied {
    const node = this.#options.node(name);
    if (!node.kill()) return nothingToDo;
    const tally: Tally = { effective: 1 };
    if (forGood) {
      node.isGone = true;
      return { tally, end: () => {} };
    }
    return {
      tally,
      end: () => {
        if (wipe) node.wipe();
        this.#options.restart(name);
      },
    };
  }

  pause(name: string): Applied {
    const node = this.#options.node(name);
    const { life } = node;
    if (!node.stop()) return nothingToDo;
    return {
      tally: { effective: 1 },
      end: () => {
        if (node.life === life && node.isHalted) node.resume();
      },
    };
  }

  suspend(name: string): Applied {
    const node = this.#options.node(name);
    if (node.pid === null || node.isHalted) return nothingToDo;
    const { life } = node;
    let isOver = false;
    // First its clock stands still, then the process does.
    void node.hears("frozen").then((isFrozen) => {
      if (isFrozen && !isOver && node.life === life) node.stop();
    });
    node.tell({ type: "freeze" });
    return {
      tally: { effective: 1 },
      end: () => {
        isOver = true;
        if (node.life !== life || node.pid === null) return;
        if (node.isHalted) node.resume();
        node.tell({ type: "thaw" });
      },
    };
  }

  block(name: string, first: "timers" | "input"): Applied {
    const node = this.#options.node(name);
    if (node.pid === null || node.isHalted) return nothingToDo;
    const { life } = node;
    const release = path.join(this.#options.runDirectory, `release-${++this.#serial}`);
    node.tell({ type: "block", path: release, first });
    node.isHalted = true;
    return {
      tally: { effective: 1 },
      end: () => {
        if (node.life !== life || node.pid === null) return;
        writeFileSync(release, "");
        node.isHalted = false;
      },
    };
  }

  drift(name: string, rate: number): Applied {
    const drifts = this.#drifts.get(name) ?? new Map<Tally, number>();
    this.#drifts.set(name, drifts);
    const tally: Tally = { effective: 1 };
    const set = (): void => this.#options.node(name).tell({ type: "rate", rate: this.#rateOf(name) });
    drifts.set(tally, rate);
    set();
    return {
      tally,
      end: () => {
        drifts.delete(tally);
        set();
      },
    };
  }

  step(name: string, byMs: number): Applied {
    const aheadMs = (this.#wallAheadMs.get(name) ?? 0) + byMs;
    this.#wallAheadMs.set(name, aheadMs);
    this.#options.node(name).tell({ type: "wall", aheadMs });
    return { tally: { effective: 1 }, end: () => {} };
  }

  disk(): never {
    throw new UnsupportedFaultError("process", "disk", diskReason);
  }

  partition(directions: readonly Direction[]): Applied {
    return this.#options.proxies().links.block(directions);
  }

  stall(direction: Direction): Applied {
    return this.#options.proxies().stall(direction);
  }

  cut(a: string, b: string): Applied {
    return { tally: this.#options.proxies().cut(a, b), end: () => {} };
  }

  loseTail(direction: Direction, frames: number): Applied {
    return this.#options.proxies().loseTail(direction, frames);
  }

  halfOpen(direction: Direction): Applied {
    return this.#options.proxies().halfOpen(direction);
  }

  refuse(node: string): Applied {
    return this.#options.proxies().links.refuse(node);
  }

  slow(direction: Direction, slowness: Slowness): Applied {
    return this.#options.proxies().links.slow(direction, slowness);
  }

  throttle(direction: Direction, bytesPerSecond: number): Applied {
    return this.#options.proxies().links.throttle(direction, bytesPerSecond);
  }

  readSlowly(node: string, bytesPerSecond: number): Applied {
    return this.#options.proxies().links.readSlowly(node, bytesPerSecond);
  }

  tamper(direction: Direction, tampering: Tampering): Applied {
    return this.#options.proxies().links.tamper(direction, tampering);
  }

  messages([from, to]: Direction, rule: MessageRule): Applied {
    const node = this.#options.node(from);
    const id = ++this.#serial;
    const label = `messages:${from}>${to}:${rule.action.type}:${rule.kinds.join()}`;
    const ruling: Ruling = { id, node: from, to, rule, label, tally: { effective: 0 }, before: 0 };
    this.#rulings.set(id, ruling);
    node.tell({ type: "rule", rule: { id, to, rule, label } });
    return {
      tally: ruling.tally,
      end: () => {
        node.tell({ type: "lift", id });
        // It still says what this one did; but no later life is told of it.
        this.#rulings.set(id, { ...ruling, node: "" });
      },
    };
  }

  #rateOf(node: string): number {
    return [...(this.#drifts.get(node)?.values() ?? [])].at(-1) ?? 1;
  }
}
