import { describe, type LocalGenerator } from "@espalier/heartbeat";
import { Pid, Ref, Server, type ServerDefinition } from "@espalier/runtime";
import { checked } from "./checked.ts";
import { checkGroup } from "./group-messages.ts";
import { GroupScope } from "./group-scope.ts";
import type { Membership } from "./group-set.ts";

/** What the process of a scope can be called for. */
export interface GroupCalls {
  readonly join: (state: GroupScope, group: string, pids: readonly Pid<any>[]) => LocalGenerator<boolean>;
  readonly leave: (state: GroupScope, group: string, pids: readonly Pid<any>[]) => LocalGenerator<boolean>;
  readonly subscribe: (state: GroupScope, ref: Ref, group: string | null) => LocalGenerator<readonly Membership[]>;
  readonly unsubscribe: (state: GroupScope, ref: Ref) => LocalGenerator<boolean>;
}

const group = checked(checkGroup);
const ref = checked(checkRef);
const pids = checked((value) => {
  if (Array.isArray(value) && value.every((pid) => pid instanceof Pid)) return value as readonly Pid<any>[];
  throw new TypeError(`pids: expected a list of pids, got ${describe(value)}`);
});

/** The process of a scope. Its argument is the scope's name. */
export const groupServer: ServerDefinition<GroupScope, string, GroupCalls, Server.NoMessages> = Server.define({
  label: "group scope",
  init: (scope: string) => GroupScope.open(scope),
  call: {
    join: (state: GroupScope, name: string, members: readonly Pid<any>[]) => state.join(name, members),
    leave: (state: GroupScope, name: string, members: readonly Pid<any>[]) => state.leave(name, members),
    subscribe: (state: GroupScope, under: Ref, name: string | null) => state.subscribe(under, name),
    unsubscribe: (state: GroupScope, under: Ref) => state.unsubscribe(under),
  },
  info: (state, message) => state.receive(message),
  validate: {
    call: {
      join: [group, pids],
      leave: [group, pids],
      subscribe: [ref, checked((value) => (value === null ? null : checkGroup(value)))],
      unsubscribe: [ref],
    },
  },
});

function checkRef(value: unknown): Ref {
  if (value instanceof Ref) return value;
  throw new TypeError(`ref: expected a ref, got ${describe(value)}`);
}
