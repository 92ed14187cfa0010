import { conform } from "./conform.ts";
import { aliases } from "./rules/aliases.ts";

conform(aliases);
