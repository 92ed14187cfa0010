import { conform } from "./conform.ts";
import { statecharts } from "./rules/statecharts.ts";

conform(statecharts);
