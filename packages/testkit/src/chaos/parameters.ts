import { durationMs, type Duration } from "@espalier/heartbeat";
import { NodeAddress, NodeRef, Pid, type Cell, type Node, type NodeId } from "@espalier/runtime";
import type { ChaosAction } from "@espalier/devtools";

/** What an action was given, read by what it ought to be. */
export class Parameters {
  readonly #node: Node;
  readonly #action: ChaosAction;
  readonly #given: Readonly<Record<string, string>>;

  constructor(node: Node, action: ChaosAction, given: Readonly<Record<string, string>>) {
    this.#node = node;
    this.#action = action;
    this.#given = given;
    const known = action.parameters.map(({ name }) => name);
    const other = Object.keys(given).find((name) => !known.includes(name));
    if (other !== undefined) {
      throw new TypeError(`${action.name}: expected only ${known.join(", ")}, got ${JSON.stringify(other)}`);
    }
  }

  /** A process that is here, by its key. */
  process(name: string): Cell {
    const text = this.#text(name);
    const [, id, incarnation, serial] = /^([^/]+)\/([^/]+)\/([1-9]\d{0,15})$/.exec(text) ?? [];
    if (id === undefined || incarnation === undefined) throw this.#error(name, "a process's key", text);
    const pid = new Pid(new NodeAddress(id, incarnation), Number(serial));
    const { kernel } = this.#node;
    const cell = kernel.find(pid) ?? kernel.guests.get(text);
    if (cell === undefined || !cell.alive) throw this.#error(name, "a process that lives here", text);
    return cell;
  }

  /** A node that this one is connected with, by its id. */
  peer(name: string): NodeRef {
    const text: NodeId = this.#text(name);
    const peers = this.#node.kernel.distribution?.peers ?? [];
    if (!peers.includes(text)) {
      throw this.#error(name, `a node that this one is connected with (${peers.join(", ") || "there is none"})`, text);
    }
    return new NodeRef(text, null);
  }

  count(name: string, min: number, max: number): number {
    const text = this.#text(name);
    const count = Number(text);
    if (/^\d{1,16}$/.test(text) && count >= min && count <= max) return count;
    throw this.#error(name, `a whole number from ${min} to ${max}`, text);
  }

  /** How long, in milliseconds. */
  durationMs(name: string, maxMs: number): number {
    const text = this.#text(name);
    const ms = durationMs(text as Duration, name);
    if (ms > 0 && ms <= maxMs) return ms;
    throw this.#error(name, `more than 0 ms and at most ${maxMs} ms`, text);
  }

  #text(name: string): string {
    const text = Object.hasOwn(this.#given, name) ? this.#given[name] : undefined;
    if (typeof text === "string" && text !== "") return text;
    throw this.#error(name, "some text", text);
  }

  #error(name: string, expected: string, found: string | undefined): TypeError {
    const shown = found === undefined ? "nothing" : JSON.stringify(found.slice(0, 200));
    return new TypeError(`${this.#action.name}: ${name}: expected ${expected}, got ${shown}`);
  }
}
