import { conform } from "./conform.ts";
import { entities } from "./rules/entities.ts";

conform(entities);
