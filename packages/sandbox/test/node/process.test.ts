import { processLaunch } from "../../src/node/index.ts";
import { holds } from "./holds.ts";
import { fatal, hogs, sample } from "./hogs.ts";

const some = ["a loop without end", "objects on the heap", "texts that grow"];
holds("process", processLaunch, sample({ ...hogs, ...fatal }, ...some));
