import { describe } from "@espalier/heartbeat";
import { Alias } from "./alias.ts";
import type { Cell } from "../cell.ts";
import { NodeRequest } from "../distribution/node-request.ts";
import type { Kernel } from "../kernel.ts";
import { NodeRef } from "../cluster/node-ref.ts";
import { NodeAddress, Pid } from "./pid.ts";
import { ViaName } from "./via-name.ts";
import type { Watch } from "../exits/watch.ts";

/** A name on a node: OTP's `{Name, Node}`. Who has it is known there alone, so what is sent to it is never an error. */
export interface RemoteName {
  readonly name: string;
  readonly node: NodeRef;
}

/** Whom something can be asked of, or monitored: a process, a name on this node, on another one, or in a registry. */
export type Addressee<M = never> = Pid<M> | string | RemoteName | ViaName<M>;

/** Where a message can be sent. */
export type Destination<M = never> = Addressee<M> | Alias<M>;

/** @throws TypeError when it is none. */
export function checkAddressee(to: Addressee, what: string): Addressee<any> {
  if (to instanceof Pid || to instanceof ViaName || isRemoteName(to)) return to as Addressee<any>;
  if (typeof to === "string") {
    if (to === "") throw new TypeError(`${what}: expected a name that is not empty, got ""`);
    return to;
  }
  throw new TypeError(`${what}: expected a pid, a name, { name, node } or a via name, got ${describe(to)}`);
}

/** @throws TypeError when it is none. */
export function checkDestination(to: Destination, what: string): Destination<any> {
  return to instanceof Alias ? (to as Alias<any>) : checkAddressee(to, what);
}

export function isRemoteName(value: unknown): value is RemoteName {
  if (typeof value !== "object" || value === null) return false;
  const { name, node } = value as Partial<RemoteName>;
  return typeof name === "string" && name !== "" && node instanceof NodeRef;
}

/** For people. A pid stays one, since dev tools know processes by it. */
export function shownAs(to: Destination): Pid | string {
  if (to instanceof Pid) return to;
  if (to instanceof Alias) return to.owner;
  return textOf(to);
}

/** For people. */
export function textOf(to: Destination): string {
  return isRemoteName(to) ? `${to.name} on ${to.node.id.slice(0, 8)}` : to.toString();
}

/** The same name where it means this node: looked up here. */
function localName(kernel: Kernel, to: Addressee): Addressee {
  return isRemoteName(to) && to.node.id === kernel.address.id ? to.name : to;
}

/**
 * The process that is meant, as this node knows it: undefined when nobody has the name. For a name on another node it is that node itself,
 * which knows more.
 */
export function resolve(kernel: Kernel, to: Addressee): Pid<any> | undefined {
  const target = localName(kernel, to);
  if (target instanceof Pid) return target as Pid<any>;
  if (typeof target === "string") return kernel.whereis(target)?.pid;
  if (target instanceof ViaName) return target.whereis(kernel);
  kernel.distribution?.learn(target.node);
  return nodeItself(target.node);
}

/** Names a node's process 0 whatever life the node is in. */
export const anyIncarnation = "any";

/** What is asked of a node itself goes to its process 0. */
export function nodeItself({ id }: NodeRef): Pid<any> {
  return new Pid<any>(new NodeAddress(id, anyIncarnation), 0);
}

/**
 * Sends `message` in the name of `cell`. False when it is a name of this node, or in a registry, that nobody has: nothing was sent.
 */
export function sendTo(
  kernel: Kernel,
  cell: Cell,
  to: Destination,
  message: unknown,
  priority: boolean = false,
): boolean {
  if (to instanceof Alias) {
    kernel.effect(cell, to.owner, { type: "alias", ref: to, message, priority });
    return true;
  }
  const target = resolve(kernel, to);
  if (target === undefined) {
    // The node that it says is asked, and that is this one: it never errors.
    if (isRemoteName(to)) kernel.deadLetter(textOf(to), message);
    return isRemoteName(to);
  }
  const named = nameAt(to, target);
  const wrapped = named === null ? message : new NodeRequest(kernel.newRef(cell), "send", [named, message]);
  kernel.effect(cell, target, { type: "message", message: wrapped });
  return true;
}

/** For {@link tell}: there is no message. */
export const nothing: unique symbol = Symbol("nothing");

/**
 * Gives `message` to whoever `to` names, and `watch` waits for: its target is what {@link resolve} says, and it was started. A name on another
 * node is resolved there once, for both; not when the process is known to be dead by now.
 */
export function tell(kernel: Kernel, watch: Watch, to: Addressee, message: unknown): void {
  const { owner, ref, open, watched: receiver } = watch;
  const target = watch.target as Pid<any>;
  if (!open) return;
  const named = nameAt(to, target);
  if (named !== null) {
    const parameters = message === nothing ? [named] : [named, message];
    kernel.effect(owner, target, { type: "message", message: new NodeRequest(ref, "monitor", parameters) });
  } else if (message !== nothing) {
    if (receiver !== null && receiver.place === null) kernel.deliver(receiver, message);
    else kernel.effect(owner, target, { type: "message", message });
  }
}

/** The name that the node `target` is to look up; null when `target` is the process itself. */
function nameAt(to: Destination, target: Pid<any>): string | null {
  return target.serial === 0 && isRemoteName(to) ? to.name : null;
}
