import type { NodeEvent, Pid } from "@espalier/runtime";

/** What people call the nodes and processes of a run: `a` and `a.7` instead of keys. */
export class Names {
  readonly #nodes: ReadonlyMap<string, string>;
  /** Which life of its node an incarnation is. */
  readonly #lives = new Map<string, number>();
  readonly #labels = new Map<string, string>();

  /** @param nodes names by ids. */
  constructor(nodes: ReadonlyMap<string, string>) {
    this.#nodes = nodes;
  }

  /** Takes note of who is spawned, and by which life of a node. */
  learn(life: number, event: NodeEvent): void {
    if (event.type !== "spawn") return;
    this.#lives.set(event.pid.address.incarnation, life);
    this.#labels.set(this.pid(event.pid), event.label);
  }

  node(id: string): string {
    return this.#nodes.get(id) ?? id.slice(0, 8);
  }

  /** Such as `a.7`, and `a.7'2` of the node's second life. */
  pid(pid: Pid): string {
    const { address, serial } = pid;
    return this.process(address.id, address.incarnation, serial);
  }

  process(id: string, incarnation: string, serial: number | string): string {
    const life = this.#lives.get(incarnation) ?? 1;
    return `${this.node(id)}.${serial}${life === 1 ? "" : `'${life}`}`;
  }

  /** What the process was called when it was spawned; its pid when nobody saw that. */
  label(pid: string): string {
    return this.#labels.get(pid) ?? pid;
  }

  /** A process as a sentence names it: `travel a.7`. */
  subject(pid: string): string {
    const label = this.#labels.get(pid);
    return label === undefined || label === "" ? pid : `${label} ${pid}`;
  }

  /**
   * The same text with names for keys, and for the beginnings of keys that pids show. They do not show the life of their node: what `place`
   * says in its life `life` is taken to be about processes of that life, as far as they are its own.
   */
  named(text: string, place: string = "", life: number = 1): string {
    let named = text;
    for (const [id, name] of this.#nodes) named = named.replaceAll(id, name).replaceAll(id.slice(0, 8), name);
    return named.replaceAll(/(?:Pid|Heartbeat)\((([a-z][a-z0-9-]*)\.\d+)\)/g, (_, pid: string, node: string) =>
      node === place && life > 1 ? `${pid}'${life}` : pid,
    );
  }
}
