import type { LocalGenerator } from "@espalier/heartbeat";
import { Attributed, isDown, Process, type Down, type Pid, type Ref } from "@espalier/runtime";
import { isGroupUpdate, parseGroupUpdate, type GroupUpdate } from "./group-messages.ts";
import { GroupSet, type Membership } from "./group-set.ts";
import { openTable, type GroupTable } from "./group-table.ts";
import { limitsHere } from "./limits-here.ts";
import { isDiscover, Overlay, takeName, type Peer } from "./overlay.ts";

/** Processes have joined a group, or left it: each as often as it did. For whoever monitors the group or its scope (R-1111). */
export interface GroupEvent {
  readonly type: "join" | "leave";
  /** Of the monitor. */
  readonly ref: Ref;
  readonly group: string;
  readonly pids: readonly Pid<any>[];
}

/** A process of this node that has joined. */
interface Joined {
  readonly pid: Pid<any>;
  readonly ref: Ref;
  readonly groups: Set<string>;
}

interface Subscriber {
  readonly pid: Pid<any>;
  /** Of the subscription. */
  readonly ref: Ref;
  /** Of the process that has it. */
  readonly monitor: Ref;
  /** Null: all groups. */
  readonly group: string | null;
}

/** The name of a scope's process. */
export function processNameOf(scope: string): string {
  return `group:${scope}`;
}

/**
 * The process of one scope on one node: OTP's `pg`. It knows the members of its own node, tells the scope's processes on other nodes of them,
 * and keeps what these tell of theirs for as long as they live and there is a link to them.
 */
export class GroupScope {
  readonly #table: GroupTable;
  readonly #overlay: Overlay<GroupSet>;
  readonly #joined = new Map<string, Joined>();
  /** The keys of {@link Joined}, by the key of the monitor. */
  readonly #monitored = new Map<string, string>();
  readonly #subscribers = new Map<string, Subscriber>();

  readonly #membersMax: number;

  private constructor(table: GroupTable, overlay: Overlay<GroupSet>, membersMax: number) {
    this.#membersMax = membersMax;
    this.#table = table;
    this.#overlay = overlay;
  }

  /** What the process that performs this is from now on. */
  static *open(scope: string): LocalGenerator<GroupScope> {
    const name = processNameOf(scope);
    const self = yield* takeName(name);
    const { groupMembersPerNode } = yield* limitsHere;
    const opened = new GroupScope(yield* openTable(scope), new Overlay(name, self), groupMembersPerNode);
    yield* opened.#overlay.open();
    return opened;
  }

  /** False when there would be too many. */
  *join(group: string, pids: readonly Pid<any>[]): LocalGenerator<boolean> {
    if (this.#table.local.size + pids.length > this.#membersMax) return false;
    for (const pid of pids) (yield* this.#joinedOf(pid)).groups.add(group);
    this.#table.local.add(group, pids);
    this.#table.all.add(group, pids);
    yield* this.#tell("group.join", [[group, pids]]);
    yield* this.#changed("join", group, pids);
    return true;
  }

  *leave(group: string, pids: readonly Pid<any>[]): LocalGenerator<boolean> {
    const left = this.#table.local.remove(group, pids);
    if (left.length === 0) return false;
    for (const pid of left) yield* this.#leftOne(group, pid);
    this.#table.all.remove(group, left);
    yield* this.#tell("group.leave", [[group, left]]);
    yield* this.#changed("leave", group, left);
    return true;
  }

  /** From the answer on the subscriber hears of every change (R-1111). */
  *subscribe(ref: Ref, group: string | null): LocalGenerator<readonly Membership[]> {
    const pid = ref.owner as Pid<any>;
    this.#subscribers.set(ref.key, { pid, ref, monitor: yield* Process.monitor(pid), group });
    return group === null ? this.#table.all.entries : [[group, this.#table.all.members(group)]];
  }

  *unsubscribe({ key }: Ref): LocalGenerator<boolean> {
    const subscriber = this.#subscribers.get(key);
    if (subscriber === undefined) return false;
    this.#subscribers.delete(key);
    yield* Process.demonitor(subscriber.monitor, { flush: true });
    return true;
  }

  *receive(message: unknown): LocalGenerator<void> {
    if (isDown(message)) return yield* this.#ended(message);
    if (yield* this.#overlay.reached(message)) return;
    if (!(message instanceof Attributed)) return;
    const { from, message: said } = message;
    const former = this.#overlay.tooMany(from);
    if (former !== null) yield* this.#forget(former);
    if (isDiscover(said)) {
      // The answer first: what is said before it is not believed.
      yield* this.#overlay.tell(from, { type: "group.sync", members: this.#table.local.entries });
      yield* this.#overlay.discovered(from);
    } else if (isGroupUpdate(said)) {
      yield* this.#updated(from, said);
    }
  }

  /** Another node's members have changed. */
  *#updated(from: Pid<any>, said: { readonly type: GroupUpdate["type"] }): LocalGenerator<void> {
    // Whoever has not said everything has not been asked, and may be anybody (R-1108).
    const known = this.#overlay.find(from);
    if (said.type !== "group.sync" && (known === null || known.state === null)) return;
    let update: GroupUpdate;
    try {
      update = parseGroupUpdate(said, from);
    } catch {
      if (known !== null) yield* this.#forget(known);
      return;
    }
    const peer = yield* this.#overlay.synced(from);
    if (update.type === "group.sync") return yield* this.#replace(peer, update.members);
    const state = peer.state as GroupSet;
    for (const [group, pids] of update.members) {
      if (update.type === "group.join") {
        if (state.size + pids.length > this.#membersMax) return yield* this.#forget(peer);
        state.add(group, pids);
        yield* this.#came(group, pids);
      } else {
        yield* this.#went(group, state.remove(group, pids));
      }
    }
  }

  /** What the peer says now is all there is on its node (R-1108). */
  *#replace(peer: Peer<GroupSet>, members: readonly Membership[]): LocalGenerator<void> {
    const before = peer.state ?? new GroupSet();
    const after = new GroupSet();
    for (const [group, pids] of members) after.add(group, pids);
    if (after.size > this.#membersMax) return yield* this.#forget(peer);
    peer.state = after;
    for (const [group, pids] of after.lacking(before)) yield* this.#went(group, pids);
    for (const [group, pids] of before.lacking(after)) yield* this.#came(group, pids);
  }

  *#ended(down: Down): LocalGenerator<void> {
    const key = this.#monitored.get(down.ref.key);
    if (key !== undefined) return yield* this.#memberEnded(key);
    const peer = this.#overlay.lost(down);
    if (peer !== null) return yield* this.#dropped(peer);
    for (const [subscription, { monitor }] of this.#subscribers) {
      if (monitor.equals(down.ref)) this.#subscribers.delete(subscription);
    }
  }

  /** A process of this node has ended: it leaves every group, as often as it has joined (R-1104). */
  *#memberEnded(key: string): LocalGenerator<void> {
    const { pid, ref, groups } = this.#joined.get(key) as Joined;
    this.#joined.delete(key);
    this.#monitored.delete(ref.key);
    const { local, all } = this.#table;
    const left: Membership[] = [];
    for (const group of groups) {
      const pids = Array.from({ length: local.countOf(group, pid) }, () => pid);
      left.push([group, pids]);
      local.remove(group, pids);
      all.remove(group, pids);
    }
    yield* this.#tell("group.leave", left);
    for (const [group, pids] of left) yield* this.#changed("leave", group, pids);
  }

  *#forget(peer: Peer<GroupSet>): LocalGenerator<void> {
    yield* this.#overlay.forget(peer);
    yield* this.#dropped(peer);
  }

  /** A node is lost, or its process of this scope: what was known of it goes from every group at once (R-1107). */
  *#dropped({ state }: Peer<GroupSet>): LocalGenerator<void> {
    const entries = state?.entries ?? [];
    for (const [group, pids] of entries) this.#table.all.remove(group, pids);
    for (const [group, pids] of entries) yield* this.#changed("leave", group, pids);
  }

  *#came(group: string, pids: readonly Pid<any>[]): LocalGenerator<void> {
    this.#table.all.add(group, pids);
    yield* this.#changed("join", group, pids);
  }

  *#went(group: string, pids: readonly Pid<any>[]): LocalGenerator<void> {
    this.#table.all.remove(group, pids);
    yield* this.#changed("leave", group, pids);
  }

  *#joinedOf(pid: Pid<any>): LocalGenerator<Joined> {
    const known = this.#joined.get(pid.key);
    if (known !== undefined) return known;
    const joined: Joined = { pid, ref: yield* Process.monitor(pid), groups: new Set() };
    this.#joined.set(pid.key, joined);
    this.#monitored.set(joined.ref.key, pid.key);
    return joined;
  }

  /** It has left a group once; it is watched for as long as it is in one. */
  *#leftOne(group: string, pid: Pid<any>): LocalGenerator<void> {
    const joined = this.#joined.get(pid.key);
    if (joined === undefined || this.#table.local.countOf(group, pid) > 0) return;
    joined.groups.delete(group);
    if (joined.groups.size > 0) return;
    this.#joined.delete(pid.key);
    this.#monitored.delete(joined.ref.key);
    yield* Process.demonitor(joined.ref, { flush: true });
  }

  *#tell(type: GroupUpdate["type"], members: readonly Membership[]): LocalGenerator<void> {
    yield* this.#overlay.broadcast({ type, members });
  }

  *#changed(type: GroupEvent["type"], group: string, pids: readonly Pid<any>[]): LocalGenerator<void> {
    if (pids.length === 0) return;
    for (const subscriber of this.#subscribers.values()) {
      if (subscriber.group !== null && subscriber.group !== group) continue;
      yield* Process.send(subscriber.pid, { type, ref: subscriber.ref, group, pids } satisfies GroupEvent);
    }
  }
}
