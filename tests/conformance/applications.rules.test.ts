import { conform } from "./conform.ts";
import { applications } from "./rules/applications.ts";

conform(applications);
