import * as moves from "../scenarios/moving-code.ts";
import { prove } from "./prove.ts";

const { movingCode, ...others } = moves;

// S207, S208. What it must show takes as many seeds to show itself.
prove({ movingCode }, 8);
prove(others, 2);
