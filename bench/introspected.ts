// What is measured with level 0 and without it: loaded once each way.

export { Node } from "@espalier/runtime";
export { nodeHost } from "@espalier/runtime/node";
export { calls, endAll, fanIn, pingPong, spawnAll, spawns } from "./processes.ts";
