import { conform } from "./conform.ts";
import { names } from "./rules/names.ts";

conform(names);
