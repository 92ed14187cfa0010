import { conform } from "./conform.ts";
import { watching } from "./rules/watching.ts";

conform(watching);
