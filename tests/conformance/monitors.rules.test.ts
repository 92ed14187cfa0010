import { conform } from "./conform.ts";
import { monitors } from "./rules/monitors.ts";

conform(monitors);
