import { conform } from "./conform.ts";
import { starting } from "./rules/starting.ts";

conform(starting);
