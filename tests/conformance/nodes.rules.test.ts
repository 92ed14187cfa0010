import { conform } from "./conform.ts";
import { nodes } from "./rules/nodes.ts";

conform(nodes);
