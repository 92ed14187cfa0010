import { conform } from "./conform.ts";
import { statechartTimeouts } from "./rules/statechart-timeouts.ts";

conform(statechartTimeouts);
