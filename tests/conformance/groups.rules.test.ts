import { conform } from "./conform.ts";
import { groups } from "./rules/groups.ts";

conform(groups);
