import { conform } from "./conform.ts";
import { dynamicSupervisors } from "./rules/dynamic-supervisors.ts";

conform(dynamicSupervisors);
