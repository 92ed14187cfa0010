import * as blobs from "../scenarios/blobs.ts";
import { prove } from "./prove.ts";

prove(blobs, 2, " (R-409)");
