import type { Section } from "./rule.ts";
import { applications } from "./rules/applications.ts";
import { delivery } from "./rules/delivery.ts";
import { dynamicSupervisors } from "./rules/dynamic-supervisors.ts";
import { aliases } from "./rules/aliases.ts";
import { entities } from "./rules/entities.ts";
import { failing } from "./rules/failing.ts";
import { globals } from "./rules/globals.ts";
import { groups } from "./rules/groups.ts";
import { links } from "./rules/links.ts";
import { nodes } from "./rules/nodes.ts";
import { partitions } from "./rules/partitions.ts";
import { monitors } from "./rules/monitors.ts";
import { names } from "./rules/names.ts";
import { pools } from "./rules/pools.ts";
import { processes } from "./rules/processes.ts";
import { registries } from "./rules/registries.ts";
import { remoteChildren } from "./rules/remote-children.ts";
import { requests } from "./rules/requests.ts";
import { serverLoops } from "./rules/server-loops.ts";
import { servers } from "./rules/servers.ts";
import { signals } from "./rules/signals.ts";
import { starting } from "./rules/starting.ts";
import { stopping } from "./rules/stopping.ts";
import { statechartTimeouts } from "./rules/statechart-timeouts.ts";
import { statecharts } from "./rules/statecharts.ts";
import { supervisedGroups } from "./rules/supervised-groups.ts";
import { supervisorManagement } from "./rules/supervisor-management.ts";
import { supervisors } from "./rules/supervisors.ts";
import { tasks } from "./rules/tasks.ts";
import { watching } from "./rules/watching.ts";

/** In the order of docs/numbers.md. */
export const sections: readonly Section[] = [
  processes,
  links,
  monitors,
  aliases,
  names,
  signals,
  starting,
  servers,
  serverLoops,
  requests,
  statecharts,
  statechartTimeouts,
  supervisors,
  supervisedGroups,
  supervisorManagement,
  remoteChildren,
  dynamicSupervisors,
  partitions,
  tasks,
  registries,
  groups,
  applications,
  nodes,
  globals,
  delivery,
  failing,
  watching,
  stopping,
  entities,
  pools,
];
