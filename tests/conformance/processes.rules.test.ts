import { conform } from "./conform.ts";
import { processes } from "./rules/processes.ts";

conform(processes);
