import { conform } from "./conform.ts";
import { pools } from "./rules/pools.ts";

conform(pools);
