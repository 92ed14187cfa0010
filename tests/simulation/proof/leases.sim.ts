import * as fencing from "../scenarios/fencing.ts";
import * as leases from "../scenarios/leases.ts";
import { prove } from "./prove.ts";

prove(leases, 8, " (S144)");
prove(fencing, 8, " (S144)");
