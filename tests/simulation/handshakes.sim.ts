import { prove } from "./proof/prove.ts";
import * as handshakes from "./scenarios/handshakes.ts";

prove(handshakes, 3);
