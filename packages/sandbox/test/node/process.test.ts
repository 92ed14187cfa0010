import { processLaunch } from "../../src/node/index.ts";
import { holds } from "./holds.ts";
import { fatal, hogs } from "./hogs.ts";

holds("process", processLaunch, { ...hogs, ...fatal });
