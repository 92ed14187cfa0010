import { workerLaunch } from "../../src/node/index.ts";
import { holds } from "./holds.ts";
import { hogs, sample } from "./hogs.ts";

// What code reaches, and what it changes: S175, as in a process. None that takes memory: the engine may end the whole process, and this one runs the tests. See stop-all.ts.
holds("worker", workerLaunch, sample(hogs, "a loop without end"));
