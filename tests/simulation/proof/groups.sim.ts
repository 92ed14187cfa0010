import * as groups from "../scenarios/groups.ts";
import { prove } from "./prove.ts";

prove(groups, 8, " (S242)");
