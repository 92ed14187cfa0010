import { conform } from "./conform.ts";
import { failing } from "./rules/failing.ts";

conform(failing);
