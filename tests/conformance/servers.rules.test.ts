import { conform } from "./conform.ts";
import { servers } from "./rules/servers.ts";

conform(servers);
