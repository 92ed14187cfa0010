import type { Section } from "./rule.ts";
import { groups } from "./rules/groups.ts";
import { links } from "./rules/links.ts";
import { processes } from "./rules/processes.ts";
import { registries } from "./rules/registries.ts";
import { requests } from "./rules/requests.ts";
import { servers } from "./rules/servers.ts";
import { tasks } from "./rules/tasks.ts";

/** In the order of docs/numbers.md. */
export const sections: readonly Section[] = [processes, links, servers, requests, tasks, registries, groups];
