import { isClean, type Cause } from "@espalier/heartbeat";
import { causeText, type NodeEvent, type Pid } from "@espalier/runtime";
import type { RecordedProcess } from "../protocol/recording.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What is known of a process so far. */
export interface RecordedLife extends Writable<Omit<RecordedProcess, "pid" | "shortPid" | "parent" | "stays">> {
  readonly pid: Pid;
  /** Who spawned it; the node itself for the first ones. Null: nobody has said. */
  parent: Pid | null;
  readonly stays: Writable<RecordedProcess["stays"][number]>[];
}

/** The lives of processes, as the events of one node tell them. */
export class RecordedLives {
  readonly byPid: Map<string, RecordedLife> = new Map();
  readonly #node: string;
  readonly #fromMs: number;

  /**
   * @param node the id of the node whose events these are.
   * @param fromMs when they begin.
   */
  constructor(node: string, fromMs: number) {
    this.#node = node;
    this.#fromMs = fromMs;
  }

  /** The process, which an event, or somebody else, mentions. */
  of(pid: Pid): RecordedLife {
    const { key } = pid;
    let life = this.byPid.get(key);
    if (life === undefined) {
      life = {
        ...{ pid, node: pid.address.id, label: "", name: null, parent: null },
        ...{ fromMs: null, toMs: null, cause: null, crashed: false, stays: [] },
      };
      this.byPid.set(key, life);
    }
    return life;
  }

  /** What comes next. */
  note(atMs: number, event: NodeEvent): void {
    switch (event.type) {
      case "spawn": {
        const life = this.of(event.pid);
        life.label = event.label;
        life.parent = event.parent;
        life.fromMs = atMs;
        return;
      }
      case "exit": {
        const life = this.of(event.pid);
        life.label = event.label;
        this.#ended(life, atMs);
        life.cause = causeText(event.cause);
        life.crashed = isCrash(event.cause);
        return;
      }
      case "register":
        this.of(event.pid).name = event.name;
        return;
      case "transfer.started":
        this.#leaves(this.of(event.pid), atMs, this.#node);
        return;
      case "transfer.departed":
        this.#comes(this.of(event.pid), atMs, event.to);
        return;
      case "transfer.failed":
      case "transfer.arrived":
      case "transfer.granted":
        this.#comes(this.of(event.pid), atMs, this.#node);
        return;
      case "transfer.dropped":
      case "transfer.lost":
        this.#leaves(this.of(event.pid), atMs, "node" in event ? event.node : this.#node);
        return;
      case "guest.finished":
        // Its home will say why; here nobody does.
        this.#ended(this.of(event.pid), atMs);
        return;
      default:
    }
  }

  /** A process that lives is at `node` now: if nothing was said of how it came there, it has been there all the time. */
  isAt(life: RecordedLife, node: string): void {
    const last = life.stays.at(-1);
    const known = last === undefined ? life.node : last.toMs === null ? last.node : null;
    if (known !== node) this.#comes(life, last?.toMs ?? this.#fromMs, node);
  }

  #ended(life: RecordedLife, atMs: number): void {
    life.toMs ??= atMs;
    const last = life.stays.at(-1);
    if (last !== undefined) last.toMs ??= life.toMs;
  }

  #comes(life: RecordedLife, atMs: number, node: string): void {
    const last = life.stays.at(-1);
    if (last !== undefined && last.toMs === null) {
      if (last.node === node) return;
      last.toMs = atMs;
    }
    life.stays.push({ node, fromMs: atMs, toMs: null });
  }

  /** Until now it was at `node`, as is known only now when it has never moved before. */
  #leaves(life: RecordedLife, atMs: number, node: string): void {
    const last = life.stays.at(-1);
    if (last === undefined) life.stays.push({ node, fromMs: Math.min(life.fromMs ?? this.#fromMs, atMs), toMs: atMs });
    else if (last.node === node) last.toMs ??= atMs;
  }
}

/** As a node sees it, which reports these. */
export function isCrash(cause: Cause): boolean {
  return !isClean(cause) && cause.type !== "stopped" && cause.type !== "expired";
}
