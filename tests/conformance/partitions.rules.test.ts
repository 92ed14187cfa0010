import { conform } from "./conform.ts";
import { partitions } from "./rules/partitions.ts";

conform(partitions);
