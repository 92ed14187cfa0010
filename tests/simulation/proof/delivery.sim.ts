import * as delivery from "../scenarios/delivery.ts";
import { prove } from "./prove.ts";

prove(delivery, 8, " (S246)");
