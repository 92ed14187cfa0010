import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Pid } from "@espalier/runtime";

/**
 * Decides who keeps a name that two processes have once two parts of the cluster have met (R-1321): one of the two, or null for neither. It runs once
 * for each conflict, on the one of the two nodes whose id is the smaller. If it throws, neither keeps the name.
 */
export type Resolve = (name: string, one: Pid<any>, other: Pid<any>) => LocalGenerator<Pid<any> | null>;

/** To a process that has lost a name to another one, or, by {@link notifyAll}, together with it. */
export interface GlobalNameConflict {
  readonly type: "global_name_conflict";
  readonly name: string;
  /** The other process, where neither keeps the name. */
  readonly other?: Pid<any>;
}

/** Kills the process on the node whose id is the larger; the other one keeps the name. */
export function* randomExit(_name: string, one: Pid<any>, other: Pid<any>): LocalGenerator<Pid<any>> {
  const [kept, lost] = inOrder(one, other);
  yield* Process.exit(lost, { type: "kill" });
  return kept;
}

/** The process on the node whose id is the larger gets a {@link GlobalNameConflict}; the other one keeps the name. */
export function* randomNotify(name: string, one: Pid<any>, other: Pid<any>): LocalGenerator<Pid<any>> {
  const [kept, lost] = inOrder(one, other);
  yield* Process.send(lost, { type: "global_name_conflict", name } satisfies GlobalNameConflict);
  return kept;
}

/** Both get a {@link GlobalNameConflict}, and neither keeps the name. */
export function* notifyAll(name: string, one: Pid<any>, other: Pid<any>): LocalGenerator<null> {
  const conflict = { type: "global_name_conflict", name } as const;
  yield* Process.send(one, { ...conflict, other } satisfies GlobalNameConflict);
  yield* Process.send(other, { ...conflict, other: one } satisfies GlobalNameConflict);
  return null;
}

/** Those that every node has, by the names under which they are asked for there. */
const resolvers: Readonly<Record<string, Resolve>> = { randomExit, randomNotify, notifyAll };

/** The one of this name; what is unknown here is resolved as it is where nothing is said. */
export function resolverOf(name: string): Resolve {
  return (Object.hasOwn(resolvers, name) ? resolvers[name] : undefined) ?? randomExit;
}

export function resolverName(resolve: Resolve): string | null {
  return Object.keys(resolvers).find((name) => resolvers[name] === resolve) ?? null;
}

function inOrder(one: Pid<any>, other: Pid<any>): readonly [kept: Pid<any>, lost: Pid<any>] {
  return one.address.id < other.address.id ? [one, other] : [other, one];
}
