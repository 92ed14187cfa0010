import { conform } from "./conform.ts";
import { tasks } from "./rules/tasks.ts";

conform(tasks);
