import type { Dependent, Lifetime } from "@espalier/channels";
import {
  CauseError,
  HeartbeatForgottenError,
  Heartbeats,
  isEnded,
  type Cause,
  type Heartbeat,
  type HeartbeatStatus,
  type LeafHeartbeat,
  type Outcome,
  type Tell,
} from "@espalier/heartbeat";
import type { Alarm, Ringable } from "../timers/alarms.ts";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import { ScopeMarker } from "./scope-marker.ts";
import { isMarker } from "../stack.ts";

/** Somebody on this node who is told of the end of a heartbeat. */
export interface Registrant {
  /** Called once. What is not an end is that the end was forgotten before anybody here asked (P14). */
  told(status: HeartbeatStatus): void;
}

/**
 * What the other nodes have to do with heartbeats: the distribution layer's. Without it nothing is known of heartbeats elsewhere.
 */
export interface HeartbeatsElsewhere {
  /** Tell another node what it registered for; again until it acknowledges with `Heartbeats.acknowledge`. */
  tell(tell: Tell): void;
  /** This node wants to know of the end of a heartbeat that is decided elsewhere: what is heard goes to `Lifetimes.learn`. */
  watch(heartbeat: Heartbeat): void;
  unwatch(heartbeat: Heartbeat): void;
  /** A computation here that was linked to `heartbeat`, which is decided elsewhere, has failed. */
  fail(heartbeat: Heartbeat, cause: Cause): void;
}

/**
 * The heartbeats of a node at work: gives `Heartbeats`, which decides, its time and its deadlines, and carries what it says to the scopes,
 * channels and processes that live by them.
 */
export class Lifetimes implements Ringable {
  readonly heartbeats: Heartbeats;
  elsewhere: HeartbeatsElsewhere | null = null;
  readonly #kernel: Kernel;
  readonly #registrants: Map<string, Registrant> = new Map();
  #registrations = 0;
  #alarm: Alarm | null = null;
  #judging = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    const { id: node, incarnation } = kernel.address;
    const { limits } = kernel;
    this.heartbeats = new Heartbeats(
      { node, incarnation },
      {
        heartbeatsMax: limits.heartbeats,
        rememberedMax: limits.heartbeatsRemembered,
        registrationsPerNodeMax: limits.heartbeatsPerPeer,
      },
    );
    this.heartbeats.observer = (heartbeat, status, decidedHere) => {
      kernel.note({ type: "heartbeat.ended", heartbeat, cause: causeIn(status), decidedHere });
    };
  }

  create(durationMs: number): LeafHeartbeat {
    const { events } = this.#kernel;
    const heartbeat = this.heartbeats.create(durationMs, this.#now());
    if (events.active) events.emit({ type: "heartbeat.created", heartbeat, durationMs });
    this.settle();
    return heartbeat;
  }

  /** Ends a heartbeat that this node decides about. */
  end(heartbeat: Heartbeat, cause: Cause): Outcome {
    const outcome = cause.type === "stopped" ? this.heartbeats.stop(heartbeat) : this.heartbeats.fail(heartbeat, cause);
    this.settle();
    return outcome;
  }

  reset(heartbeat: LeafHeartbeat, durationMs: number): Outcome {
    const { events } = this.#kernel;
    const outcome = this.heartbeats.reset(heartbeat, durationMs, this.#now());
    if (events.active) events.emit({ type: "heartbeat.reset", heartbeat, durationMs, outcome });
    this.settle();
    return outcome;
  }

  status(heartbeat: Heartbeat): HeartbeatStatus {
    return this.heartbeats.status(heartbeat, this.#now());
  }

  /** News of a heartbeat that is decided elsewhere, `ageMs` old when it was sent. */
  learn(heartbeat: Heartbeat, status: HeartbeatStatus, ageMs: number): void {
    this.heartbeats.learn(heartbeat, status, ageMs, this.#now());
    this.settle();
  }

  /** How many wait here for the end of some heartbeat. */
  get waiting(): number {
    return this.#registrants.size;
  }

  /** Registers for the end of `heartbeat`. It stands when this returns, and the registrant may have been told already. */
  register(heartbeat: Heartbeat, registrant: Registrant): string {
    this.#registrations += 1;
    const id = `${this.#registrations}`;
    this.#registrants.set(id, registrant);
    this.heartbeats.register(heartbeat, this.#kernel.address.id, id);
    this.settle();
    return id;
  }

  /** Who is registered as `id`, unless that is over. */
  registrant(id: string): Registrant | undefined {
    return this.#registrants.get(id);
  }

  unregister(id: string): void {
    if (!this.#registrants.delete(id)) return;
    this.heartbeats.unregister(this.#kernel.address.id, id);
    this.settle();
  }

  /** A computation that was linked to `heartbeat` has failed with `cause`, and so the heartbeat has. */
  failed(heartbeat: Heartbeat, cause: Cause): void {
    if (this.heartbeats.decides(heartbeat)) this.end(heartbeat, cause);
    else this.elsewhere?.fail(heartbeat, cause);
  }

  /** Opens the scopes of `parent` for a process that it forks, which has not begun (H20). */
  inherit(parent: Cell, child: Cell): void {
    for (const entry of parent.stack ?? []) {
      if (!isMarker(entry) || !(entry instanceof ScopeMarker)) continue;
      const marker = new ScopeMarker(entry.heartbeat);
      (child.stack ??= []).push(marker);
      marker.entered(this.#kernel, child);
    }
  }

  /** The heartbeat as what a channel's listener lives by. */
  lifetime(heartbeat: Heartbeat): Lifetime {
    return new HeartbeatLifetime(this, heartbeat);
  }

  /** Does what the heartbeats ask for, and sees to the next deadline. Call it after everything that was done with `heartbeats` directly. */
  settle(): void {
    for (let actions = this.heartbeats.takeActions(); actions.length > 0; actions = this.heartbeats.takeActions()) {
      for (const action of actions) {
        if (action.type === "watch") this.elsewhere?.watch(action.heartbeat);
        else if (action.type === "unwatch") this.elsewhere?.unwatch(action.heartbeat);
        else if (action.node === this.#kernel.address.id) this.#tell(action);
        else this.elsewhere?.tell(action);
      }
    }
    this.#setAlarm();
  }

  /** A deadline has come. That alone decides nothing: a reset may lie unread in a socket (H19). */
  get what(): string {
    return "heartbeats";
  }

  ring(): void {
    this.#alarm = null;
    if (this.heartbeats.due(this.#now())) this.#judgeAfterInput();
    this.settle();
  }

  #judgeAfterInput(): void {
    if (this.#judging) return;
    this.#judging = true;
    const { loop } = this.#kernel.host;
    // Twice: what was read may ask for a reset, which a process performs in its turn.
    loop.afterInput(() => {
      loop.afterInput(() => {
        this.#judging = false;
        const again = this.heartbeats.judge(this.#now());
        this.settle();
        if (again) this.#judgeAfterInput();
      });
    });
  }

  #tell({ id, status, heartbeat }: Tell): void {
    const { events } = this.#kernel;
    if (events.active) events.emit({ type: "heartbeat.told", heartbeat, registration: id, cause: causeIn(status) });
    const registrant = this.#registrants.get(id);
    this.#registrants.delete(id);
    this.heartbeats.acknowledge(this.#kernel.address.id, id);
    registrant?.told(status);
  }

  #setAlarm(): void {
    const { alarms } = this.#kernel;
    const deadlineMs = this.heartbeats.nextDeadline();
    if (this.#alarm !== null) {
      if (this.#alarm.isSet && this.#alarm.deadlineMs <= deadlineMs && deadlineMs !== Infinity) return;
      alarms.cancel(this.#alarm);
      this.#alarm = null;
    }
    if (deadlineMs !== Infinity) this.#alarm = alarms.set(Math.max(0, deadlineMs - this.#now()), this);
  }

  #now(): number {
    return this.#kernel.host.clock.monotonic();
  }
}

function causeIn(status: HeartbeatStatus): Cause | null {
  return isEnded(status) ? status.cause : null;
}

/** The error with which something ends that lived by a heartbeat. */
export function endError(heartbeat: Heartbeat, status: HeartbeatStatus): Error {
  return isEnded(status) ? new CauseError(status.cause) : new HeartbeatForgottenError(heartbeat);
}

/** Why, as a channel's listener takes it. */
function endCause(heartbeat: Heartbeat, status: HeartbeatStatus): Cause {
  return isEnded(status) ? status.cause : { type: "noproc", what: heartbeat.toString() };
}

class HeartbeatLifetime implements Lifetime {
  readonly #lifetimes: Lifetimes;
  readonly #heartbeat: Heartbeat;
  readonly #ids: Map<Dependent, string> = new Map();

  constructor(lifetimes: Lifetimes, heartbeat: Heartbeat) {
    this.#lifetimes = lifetimes;
    this.#heartbeat = heartbeat;
  }

  watch(dependent: Dependent): void {
    let ended = false;
    const id = this.#lifetimes.register(this.#heartbeat, {
      told: (status) => {
        ended = true;
        this.#ids.delete(dependent);
        dependent.end(endCause(this.#heartbeat, status));
      },
    });
    if (!ended) this.#ids.set(dependent, id);
  }

  unwatch(dependent: Dependent): void {
    const id = this.#ids.get(dependent);
    this.#ids.delete(dependent);
    if (id !== undefined) this.#lifetimes.unregister(id);
  }
}
