import { workerLaunch } from "../../src/node/index.ts";
import { holds } from "./holds.ts";
import { hogs } from "./hogs.ts";

holds("worker", workerLaunch, hogs);
