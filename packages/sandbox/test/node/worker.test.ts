import { workerLaunch } from "../../src/node/index.ts";
import { holds } from "./holds.ts";
import { hogs } from "./hogs.ts";

// What every sandbox must hold (S175).
holds("worker", workerLaunch, hogs);
