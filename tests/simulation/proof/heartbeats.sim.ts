import * as heartbeats from "../scenarios/heartbeats.ts";
import { prove } from "./prove.ts";

prove(heartbeats, 8);
