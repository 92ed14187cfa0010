import type { Applied, Controls, Direction } from "../fault/controls.ts";
import type { World } from "../world/world.ts";

const nothingToDo: Applied = { tally: { effective: 0 }, end: () => {} };

/** What can be done to a simulated world. */
export class SimulatedControls implements Controls {
  readonly #world: World;
  readonly #restarted: (node: string) => void;

  /** @param restarted called when a process has been started again: somebody has to boot it. */
  constructor(world: World, restarted: (node: string) => void) {
    this.#world = world;
    this.#restarted = restarted;
  }

  crash(node: string, { wipe }: { readonly wipe: boolean }): Applied {
    const machine = this.#world.machine(node);
    if (!machine.crash()) return nothingToDo;
    return {
      tally: { effective: 1 },
      end: () => {
        machine.restart({ wipe });
        this.#restarted(node);
      },
    };
  }

  pause(node: string): Applied {
    const machine = this.#world.machine(node);
    const { life } = machine;
    if (!machine.pause()) return nothingToDo;
    const tally = { effective: 0 };
    return {
      tally,
      end: () => {
        // It may have crashed meanwhile, and been paused again since.
        if (life.isAlive) tally.effective = machine.resume();
      },
    };
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
}
