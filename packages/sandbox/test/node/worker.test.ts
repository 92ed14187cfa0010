import { workerLaunch } from "../../src/node/index.ts";
import { holds } from "./holds.ts";
import { hogs, sample } from "./hogs.ts";

// What every sandbox must hold (S175). Nothing here takes memory: then the engine may end the whole process, and this one runs the tests; see
// stop-all.ts.
holds("worker", workerLaunch, sample(hogs, "a loop without end"));
