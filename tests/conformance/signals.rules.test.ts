import { conform } from "./conform.ts";
import { signals } from "./rules/signals.ts";

conform(signals);
