import type { Node, NodeId, Pid } from "@espalier/runtime";
import { shortPidOf } from "./short-pid.ts";

/** What nodes and processes are called in a sentence. */
export interface EventVoice {
  /** A process as the subject of a sentence. `label`: what the event itself calls it. */
  subject(pid: Pid, label?: string): string;
  /** A process that is mentioned. */
  pid(pid: Pid): string;
  node(id: NodeId): string;
  /** What becomes of the whole sentence, in which others may have named nodes and processes. */
  said(text: string): string;
}

/** How much of a node's id people are shown. */
const idShown = 8;

/** Names nothing but by its key. */
export const plainVoice: EventVoice = {
  subject: (pid, label) => (label === undefined || label === "" ? pid.toString() : `${label} ${pid.toString()}`),
  pid: (pid) => pid.toString(),
  node: (id) => id.slice(0, idShown),
  said: (text) => text,
};

/** Names processes as a node knows them: by name or label, and the short form of their pid. */
export function voiceOf(node: Node): EventVoice {
  const pid = (pid: Pid): string => shortPidOf(pid, node);
  return {
    subject(of, label) {
      const cell = node.kernel.find(of);
      const called = cell?.name ?? label ?? cell?.label ?? "";
      return called === "" ? pid(of) : `${called} ${pid(of)}`;
    },
    pid,
    node: (id) => (id === node.ref.id ? "this node" : id.slice(0, idShown)),
    said: (text) => text,
  };
}
