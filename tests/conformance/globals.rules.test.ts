import { conform } from "./conform.ts";
import { globals } from "./rules/globals.ts";

conform(globals);
