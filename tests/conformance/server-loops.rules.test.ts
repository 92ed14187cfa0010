import { conform } from "./conform.ts";
import { serverLoops } from "./rules/server-loops.ts";

conform(serverLoops);
