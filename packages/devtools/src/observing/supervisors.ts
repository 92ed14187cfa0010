import type { Cell, Kernel, Pid } from "@espalier/runtime";
import type { SupervisorView } from "@espalier/supervisor";

/** How many supervisors' children are remembered between two looks. */
const rememberedMax = 1000;

/** What a supervisor said when it had done so many operations: it says the same until it has done more. */
interface Said {
  readonly reductions: number;
  readonly view: SupervisorView;
  /** Of a static supervisor: the ids of its children, by the pid's key. */
  readonly ids: ReadonlyMap<string, string>;
}

const noIds: ReadonlyMap<string, string> = new Map();

/** What supervisors say of themselves and their children. A dynamic one is never asked for its children: they have no ids, and may be many. */
export class Supervisors {
  readonly #kernel: Kernel;
  readonly #said: Map<Cell, Said> = new Map();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** A supervisor with its children in the order of their specifications; a dynamic one without; null: it is none. */
  view(cell: Cell): SupervisorView | null {
    return this.#ask(cell)?.view ?? null;
  }

  /** The id under which its supervisor has a process. */
  childId({ pid, parent }: Cell): string | null {
    const supervisor = this.#kernel.find(parent);
    if (supervisor === undefined) return null;
    return this.#ask(supervisor)?.ids.get(pid.key) ?? null;
  }

  #ask(cell: Cell): Said | null {
    const known = this.#said.get(cell);
    if (known !== undefined && known.reductions === cell.reductions) return known;
    const brief = this.#kernel.detailsOf(cell, true);
    if (brief?.type !== "supervisor") return null;
    let said: Said = { reductions: cell.reductions, view: { ...brief, children: [] }, ids: noIds };
    if (brief.kind === "static") {
      const full = this.#kernel.detailsOf(cell, false);
      if (full?.type !== "supervisor") return null;
      const ids = new Map<string, string>();
      for (const { id, pid } of full.children) if (id !== null && pid !== null) ids.set(pid.key, id);
      said = { reductions: cell.reductions, view: full, ids };
    }
    this.#said.delete(cell);
    if (this.#said.size === rememberedMax) this.#said.delete(this.#said.keys().next().value as Cell);
    this.#said.set(cell, said);
    return said;
  }
}

/** How a child is told from its siblings, whichever process it is at the moment. */
export function childKey(supervisor: Pid, id: string): string {
  return `${supervisor.key}:${id}`;
}
