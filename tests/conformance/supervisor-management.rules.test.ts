import { conform } from "./conform.ts";
import { supervisorManagement } from "./rules/supervisor-management.ts";

conform(supervisorManagement);
