import { conform } from "./conform.ts";
import { registries } from "./rules/registries.ts";

conform(registries);
