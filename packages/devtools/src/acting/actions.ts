import type { Node } from "@espalier/runtime";
import type { ShownValue } from "../protocol/value.ts";
import { show } from "../showing/show.ts";

/** What somebody who may manage does to processes of a node. Each is done or refused when its promise settles, and is an event of the node. */
export class Actions {
  readonly #node: Node;
  readonly #by: string;

  /** @param by who acts, for the events. */
  constructor(node: Node, by: string) {
    this.#node = node;
    this.#by = by;
  }

  suspend(pid: string): Promise<void> {
    return this.#refuse(pid);
  }

  resume(pid: string): Promise<void> {
    return this.#refuse(pid);
  }

  restart(pid: string): Promise<void> {
    return this.#refuse(pid);
  }

  exit(pid: string, _reason?: string): Promise<void> {
    return this.#refuse(pid);
  }

  kill(pid: string): Promise<void> {
    return this.#refuse(pid);
  }

  send(pid: string, _message: unknown): Promise<void> {
    return this.#refuse(pid);
  }

  #refuse(pid: string): Promise<never> {
    return Promise.reject(new TypeError(`${pid}: refused to ${this.#by} on ${this.#node.ref.id}`));
  }
}

/** What a process holds, if it follows the protocol of `Sys`. */
export function stateOf(_node: Node, _pid: string): Promise<ShownValue> {
  return Promise.resolve(show(null));
}
