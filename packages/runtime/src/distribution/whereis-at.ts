import { Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import { performWhereIs, WhereIs } from "../names.ts";
import type { NodeRef } from "../node-ref.ts";
import type { Pid } from "../pid.ts";
import { ask } from "./asking.ts";

/** See `Process.whereisAt`. */
export class WhereIsAt<M> extends Operation<Pid<M> | undefined> {
  readonly node: NodeRef;
  readonly name: string;

  constructor(node: NodeRef, name: string) {
    super();
    this.node = node;
    this.name = name;
  }

  override get type(): "process.whereisAt" {
    return "process.whereisAt";
  }
}

export function performWhereIsAt(kernel: Kernel, cell: Cell, { node, name }: WhereIsAt<unknown>): unknown {
  const question = new WhereIs<unknown>(name);
  return node.id === kernel.address.id ? performWhereIs(kernel, cell, question) : ask(kernel, cell, node.id, question);
}
