import * as limits from "../scenarios/limits.ts";
import { prove } from "./prove.ts";

prove(limits, 2, " (S286)");
