import { Operation } from "@espalier/heartbeat";
import { checkNode, type NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";

/** See `Process.whereisAt`. */
export class WhereIsAt<M> extends Operation<Pid<M> | undefined> {
  readonly node: NodeRef;
  readonly name: string;

  constructor(node: NodeRef, name: string) {
    super();
    this.node = checkNode(node, "Process.whereisAt");
    this.name = name;
  }

  override get type(): "process.whereisAt" {
    return "process.whereisAt";
  }
}
