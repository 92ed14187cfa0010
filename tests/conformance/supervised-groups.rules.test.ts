import { conform } from "./conform.ts";
import { supervisedGroups } from "./rules/supervised-groups.ts";

conform(supervisedGroups);
