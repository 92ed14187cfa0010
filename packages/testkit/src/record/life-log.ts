import type { NodeEvent } from "@espalier/runtime";
import { describeCause, isClean } from "espalier";
import type { Names } from "./names.ts";
import type { RecordedHeartbeat, RecordedLife, RecordedTraveller } from "./run-record.ts";

type Stay = { -readonly [Key in keyof RecordedTraveller["stays"][number]]: RecordedTraveller["stays"][number][Key] };

interface Traveller {
  readonly home: string;
  readonly stays: Stay[];
  readonly moves: RecordedTraveller["moves"][number][];
  readonly acts: RecordedTraveller["acts"][number][];
  verdict: RecordedTraveller["verdict"];
}

interface Pulse {
  home: string;
  createdMs: number;
  durationMs: number | null;
  readonly resets: RecordedHeartbeat["resets"][number][];
  ended: RecordedHeartbeat["ended"];
  readonly told: RecordedHeartbeat["told"][number][];
}

type Life = { -readonly [Key in keyof RecordedLife]: RecordedLife[Key] };

/** When there are more, those that have ended are let go, the oldest first, but for half of that. */
const livesMax = 20_000;

/** What the events of all nodes say of heartbeats, and of processes that move: who was where, as which epoch, and what came of it. */
export class LifeLog {
  readonly #names: Names;
  readonly #travellers = new Map<string, Traveller>();
  readonly #heartbeats = new Map<string, Pulse>();
  readonly #lives = new Map<string, Life>();
  #left = 0;
  #trimAt = livesMax;

  constructor(names: Names) {
    this.#names = names;
  }

  get travellers(): readonly RecordedTraveller[] {
    return [...this.#travellers].map(([pid, traveller]) => ({ pid, label: this.#names.label(pid), ...traveller }));
  }

  get heartbeats(): readonly RecordedHeartbeat[] {
    return [...this.#heartbeats].map(([id, heartbeat]) => ({ id, ...heartbeat }));
  }

  get lives(): readonly RecordedLife[] {
    return [...this.#lives.values()];
  }

  /** How many processes were let go. */
  get left(): number {
    return this.#left;
  }

  event(atMs: number, node: string, event: NodeEvent): void {
    switch (event.type) {
      case "spawn":
        this.#begins(atMs, node, event);
        return;
      case "register": {
        const life = this.#lives.get(this.#names.pid(event.pid));
        if (life !== undefined) life.name = event.name;
        return;
      }
      case "home.adopted": {
        const life = this.#lives.get(this.#names.pid(event.pid));
        if (life !== undefined) life.home = node;
        return;
      }
      case "transfer.started": {
        const traveller = this.#traveller(event.pid, atMs, node);
        // It was at home until now, or wherever it was granted.
        this.#stay(traveller, node, event.epoch, atMs);
        traveller.moves.push({ atMs, from: node, to: this.#names.node(event.to) });
        this.#leave(traveller, node, event.epoch, atMs, `left for ${this.#names.node(event.to)}`);
        return;
      }
      case "transfer.failed":
        this.#stay(this.#traveller(event.pid, atMs, node), node, event.epoch, atMs);
        return;
      case "transfer.granted":
        this.#stay(this.#traveller(event.pid, atMs, node), node, event.epoch, atMs);
        return;
      case "transfer.dropped":
        this.#leave(this.#traveller(event.pid, atMs, node), node, event.epoch, atMs, "dropped");
        return;
      case "guest.finished":
        this.#leave(this.#traveller(event.pid, atMs, node), node, event.epoch, atMs, "ended");
        return;
      case "guest.acting":
        this.#traveller(event.pid, atMs, node).acts.push({ atMs, node, epoch: event.epoch });
        return;
      case "transfer.lost":
        this.#traveller(event.pid, atMs, node).verdict ??= {
          atMs,
          epoch: event.epoch,
          text: `lost with ${this.#names.node(event.node)}`,
        };
        return;
      case "exit": {
        const pid = this.#names.pid(event.pid);
        const life = this.#lives.get(pid);
        if (life !== undefined) {
          life.toMs ??= atMs;
          life.cause ??= this.#names.named(describeCause(event.cause));
          life.crashed = !isClean(event.cause) && event.cause.type !== "stopped" && event.cause.type !== "expired";
        }
        const traveller = this.#travellers.get(pid);
        // Away from home nothing is an exit: there it is finished, or dropped.
        for (const stay of traveller?.stays ?? []) {
          if (stay.toMs !== null || stay.node !== node) continue;
          stay.toMs = atMs;
          stay.end = "ended";
        }
        return;
      }
      case "heartbeat.created":
        Object.assign(this.#pulse(event.heartbeat, atMs, node), {
          home: node,
          createdMs: atMs,
          durationMs: event.durationMs,
        });
        return;
      case "heartbeat.reset": {
        const { durationMs, outcome } = event;
        this.#pulse(event.heartbeat, atMs, node).resets.push({ atMs, durationMs, outcome });
        return;
      }
      case "heartbeat.ended": {
        const pulse = this.#pulse(event.heartbeat, atMs, node);
        const cause = event.cause === null ? "forgotten" : this.#names.named(describeCause(event.cause));
        if (event.decidedHere) pulse.ended ??= { atMs, cause };
        else pulse.told.push({ atMs, node, cause });
        return;
      }
      default:
    }
  }

  /** The process of a node died, and with it whatever was there. */
  died(atMs: number, node: string): void {
    for (const life of this.#lives.values()) {
      if (life.home !== node || life.toMs !== null) continue;
      life.toMs = atMs;
      life.cause = "the node crashed";
    }
    for (const { stays } of this.#travellers.values()) {
      for (const stay of stays) {
        if (stay.node !== node || stay.toMs !== null) continue;
        stay.toMs = atMs;
        stay.end = "the node crashed";
      }
    }
  }

  #begins(atMs: number, node: string, { pid, parent, label }: Extract<NodeEvent, { readonly type: "spawn" }>): void {
    const name = this.#names.pid(pid);
    this.#lives.set(name, {
      ...{ pid: name, label, name: null, home: node, parent: parent.serial === 0 ? null : this.#names.pid(parent) },
      ...{ fromMs: atMs, toMs: null, cause: null, crashed: false },
    });
    if (this.#lives.size <= this.#trimAt) return;
    for (const [old, { toMs }] of this.#lives) {
      if (this.#lives.size <= livesMax / 2) break;
      if (toMs === null) continue;
      this.#lives.delete(old);
      this.#left += 1;
    }
    this.#trimAt = this.#lives.size + livesMax / 2;
  }

  #traveller(pid: Parameters<Names["pid"]>[0], atMs: number, node: string): Traveller {
    const name = this.#names.pid(pid);
    let traveller = this.#travellers.get(name);
    if (traveller === undefined) {
      traveller = { home: this.#names.node(pid.address.id), stays: [], moves: [], acts: [], verdict: null };
      this.#travellers.set(name, traveller);
      // Until now it was where it was spawned.
      const life = this.#lives.get(name);
      if (life?.toMs === null) this.#stay(traveller, traveller.home, 0, life.fromMs);
      else if (traveller.home === node) this.#stay(traveller, node, 0, atMs);
    }
    return traveller;
  }

  #stay({ stays }: Traveller, node: string, epoch: number, fromMs: number): void {
    const last = stays.findLast((stay) => stay.node === node && stay.toMs === null);
    if (last === undefined) stays.push({ node, epoch, fromMs, toMs: null, end: null });
    else if (last.epoch < epoch) last.epoch = epoch;
  }

  #leave({ stays }: Traveller, node: string, epoch: number, toMs: number, end: string): void {
    const stay = stays.findLast((stay) => stay.node === node && stay.epoch <= epoch && stay.toMs === null);
    if (stay === undefined) return;
    stay.toMs = toMs;
    stay.end = end;
  }

  #pulse(heartbeat: { toString(): string }, atMs: number, home: string): Pulse {
    const id = this.#names.named(heartbeat.toString());
    let pulse = this.#heartbeats.get(id);
    if (pulse === undefined) {
      pulse = { home, createdMs: atMs, durationMs: null, resets: [], ended: null, told: [] };
      this.#heartbeats.set(id, pulse);
    }
    return pulse;
  }
}
