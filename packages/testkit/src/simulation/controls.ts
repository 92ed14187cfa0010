import type { Clock, NodeId, Transport } from "@espalier/runtime";
import type {
  Applied,
  Controls,
  CrashOptions,
  Direction,
  DiskTrouble,
  Slowness,
  Tally,
  Tampering,
} from "../fault/controls.ts";
import { MessageFaults } from "../messages/message-faults.ts";
import type { MessageRule } from "../messages/rule.ts";
import type { Machine } from "../world/machine.ts";
import type { World } from "../world/world.ts";

/** Who is told what becomes of processes. */
export interface ControlsOwner {
  /** It has been started again: somebody has to boot it. */
  restarted(node: string): void;
  /** It will never be started again. */
  gone(node: string): void;
}

const nothingToDo: Applied = { tally: { effective: 0 }, end: () => {} };

/** What can be done to a simulated world: everything. */
export class SimulatedControls implements Controls {
  readonly #world: World;
  readonly #owner: ControlsOwner;
  readonly #messages = new Map<string, MessageFaults>();
  /** The faults that make a clock drift, the last one last. */
  readonly #drifts = new Map<string, Map<Tally, number>>();
  #names: ReadonlyMap<NodeId, string> | null = null;

  constructor(world: World, owner: ControlsOwner) {
    this.#world = world;
    this.#owner = owner;
  }

  /** What the node on `machine` has to put before its sessions. */
  intercept(machine: string, sessions: Transport, clock: Clock): Transport {
    return this.#messagesOf(machine).intercept(sessions, clock);
  }

  crash(node: string, { wipe, forGood }: CrashOptions): Applied {
    const machine = this.#world.machine(node);
    if (!machine.crash()) return nothingToDo;
    const tally: Tally = { effective: 1 };
    if (forGood) {
      this.#owner.gone(node);
      return { tally, end: () => {} };
    }
    return {
      tally,
      end: () => {
        machine.restart({ wipe });
        this.#owner.restarted(node);
      },
    };
  }

  pause(node: string): Applied {
    return this.#halt(node, (machine) => machine.pause());
  }

  suspend(node: string): Applied {
    return this.#halt(node, (machine) => machine.suspend(), 1);
  }

  block(node: string, first: "timers" | "input"): Applied {
    return this.#halt(node, (machine) => machine.block({ first }));
  }

  drift(node: string, rate: number): Applied {
    const machine = this.#world.machine(node);
    const drifts = this.#drifts.get(node) ?? new Map<Tally, number>();
    this.#drifts.set(node, drifts);
    const tally: Tally = { effective: 1 };
    drifts.set(tally, rate);
    machine.setClock({ rate });
    return {
      tally,
      end: () => {
        drifts.delete(tally);
        machine.setClock({ rate: [...drifts.values()].at(-1) ?? 1 });
      },
    };
  }

  step(node: string, byMs: number): Applied {
    this.#world.machine(node).stepWall(byMs);
    return { tally: { effective: 1 }, end: () => {} };
  }

  disk(node: string, trouble: DiskTrouble): Applied {
    const { diskTroubles } = this.#world.machine(node);
    const tally: Tally = { effective: 0 };
    diskTroubles.set(tally, trouble);
    return { tally, end: () => void diskTroubles.delete(tally) };
  }

  partition(directions: readonly Direction[]): Applied {
    return this.#world.network.block(directions);
  }

  stall([from, to]: Direction): Applied {
    return this.#world.network.stall(from, to);
  }

  cut(a: string, b: string): Applied {
    return { tally: this.#world.network.cut(a, b), end: () => {} };
  }

  loseTail([from, to]: Direction, frames: number): Applied {
    return this.#world.network.loseTail(from, to, frames);
  }

  halfOpen([kept, gone]: Direction): Applied {
    return this.#world.network.halfOpen(kept, gone);
  }

  refuse(node: string): Applied {
    return this.#world.network.refuse(node);
  }

  slow([from, to]: Direction, slowness: Slowness): Applied {
    return this.#world.network.slow(from, to, slowness);
  }

  throttle([from, to]: Direction, bytesPerSecond: number): Applied {
    return this.#world.network.throttle(from, to, bytesPerSecond);
  }

  readSlowly(node: string, bytesPerSecond: number): Applied {
    return this.#world.network.readSlowly(node, bytesPerSecond);
  }

  tamper([from, to]: Direction, tampering: Tampering): Applied {
    return this.#world.network.tamper(from, to, tampering);
  }

  messages([from, to]: Direction, rule: MessageRule): Applied {
    const { type } = rule.action;
    const random = this.#world.random.stream(`messages:${from}>${to}:${type}:${rule.kinds.join()}`);
    return this.#messagesOf(from).apply(to, rule, random);
  }

  /** @param already what it has done as soon as it began. */
  #halt(node: string, halt: (machine: Machine) => boolean, already: number = 0): Applied {
    const machine = this.#world.machine(node);
    const { life } = machine;
    if (!halt(machine)) return nothingToDo;
    const tally: Tally = { effective: already };
    return {
      tally,
      end: () => {
        // It may have crashed meanwhile, and been halted again since.
        if (life.isAlive) tally.effective += machine.resume();
      },
    };
  }

  #messagesOf(machine: string): MessageFaults {
    let faults = this.#messages.get(machine);
    if (faults === undefined) {
      faults = new MessageFaults({
        nameOf: (node) => this.#nameOf(node),
        tell: (line) => this.#world.tell(machine, line),
      });
      this.#messages.set(machine, faults);
    }
    return faults;
  }

  #nameOf(node: NodeId): string | null {
    this.#names ??= new Map(this.#world.machines.map(({ identity, name }) => [identity.id, name]));
    return this.#names.get(node) ?? null;
  }
}
