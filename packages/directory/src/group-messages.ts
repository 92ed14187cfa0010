import { describe } from "@espalier/heartbeat";
import { Pid } from "@espalier/runtime";
import type { Membership } from "./group-set.ts";

/**
 * What the processes of a scope say to each other about the members of their own nodes: all of them, those that have joined, those that have left.
 */
export interface GroupUpdate {
  readonly type: "group.sync" | "group.join" | "group.leave";
  readonly members: readonly Membership[];
}

const types: ReadonlySet<unknown> = new Set(["group.sync", "group.join", "group.leave"]);

/** How long the name of a group may be, in UTF-16 units. */
export const groupNameMax = 1_024;

export function isGroupUpdate(message: unknown): message is { readonly type: GroupUpdate["type"] } {
  return typeof message === "object" && message !== null && types.has((message as Partial<GroupUpdate>).type);
}

/**
 * Reads what the scope's process `peer` says.
 *
 * @throws TypeError when it makes no sense, or speaks of processes of other nodes.
 */
export function parseGroupUpdate(message: { readonly type: GroupUpdate["type"] }, peer: Pid<any>): GroupUpdate {
  const { type, members } = message as Partial<GroupUpdate>;
  if (!Array.isArray(members)) throw new TypeError(`members: expected a list, got ${describe(members)}`);
  const parsed = members.map((entry: unknown): Membership => {
    if (!Array.isArray(entry) || entry.length !== 2) {
      throw new TypeError(`members: expected a group and its members, got ${describe(entry)}`);
    }
    const [group, pids] = entry as [unknown, unknown];
    return [checkGroup(group), checkMembers(pids, peer)];
  });
  return { type: type as GroupUpdate["type"], members: parsed };
}

/** @throws TypeError when it cannot be the name of a group. */
export function checkGroup(group: unknown): string {
  if (typeof group === "string" && group !== "" && group.length <= groupNameMax) return group;
  throw new TypeError(`group: expected a string of 1 to ${groupNameMax} characters, got ${describe(group)}`);
}

function checkMembers(pids: unknown, peer: Pid<any>): readonly Pid<any>[] {
  if (!Array.isArray(pids)) throw new TypeError(`members: expected a list of pids, got ${describe(pids)}`);
  for (const pid of pids as readonly unknown[]) {
    if (!(pid instanceof Pid) || !pid.address.equals(peer.address)) {
      throw new TypeError(`members: expected processes of the node of ${peer.toString()}, got ${describe(pid)}`);
    }
  }
  return pids as readonly Pid<any>[];
}
