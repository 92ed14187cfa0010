/** Processes that share a purpose, wherever in the cluster they run: OTP's `pg`. */
export {
  defaultScope,
  demonitor,
  groups,
  join,
  leave,
  localMembers,
  members,
  monitor,
  monitorScope,
  Scope,
  start,
  startLink,
} from "./group.ts";
